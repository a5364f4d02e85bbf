import { parseMmcli, saidAt } from './mmcli-answer.ts'
import { shaped } from './radio-words.ts'

/**
 * The cell of `mmcli -m … --location-get -J`, which prints it in hexadecimal, as a decimal number; null when it is not told. 28 bits in LTE, 36 in
 * NR (TS 23.003 §19.6, §19.6A).
 * @throws InfraError parse-failed
 */
export const parseMmCell = (text: string): string | null => {
  const hex = shaped(
    saidAt(parseMmcli(text, 'modem'), 'modem', 'location', '3gpp', 'cid'),
    /^[0-9a-f]{1,9}$/i,
  )
  if (hex === null || /^(0+|f{8})$/i.test(hex)) return null
  return String(Number.parseInt(hex, 16))
}
