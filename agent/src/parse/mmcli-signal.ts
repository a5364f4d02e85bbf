import { inRanges, type Radio } from './in-ranges.ts'
import { type MmcliAnswer, parseMmcli, saidAt } from './mmcli-answer.ts'
import { decimalIn } from './radio-words.ts'

export type MmRadio = Radio

export type MmSignal = {
  /** Values of the technology that has any; null when none has. A value that 3GPP does not allow is unknown. */
  readonly radio: MmRadio | null
  /** Somebody has asked ModemManager to tell of changes: then it does not forget its values when polling is switched off. */
  readonly hasThresholds: boolean
}

/**
 * Reads `mmcli -m … --signal-get -J`: dBm and dB, by technology. LTE is looked at first: non-standalone 5G hangs on it.
 * @throws InfraError parse-failed
 */
export const parseMmSignal = (text: string): MmSignal => {
  const answer = parseMmcli(text, 'modem')
  const threshold = (name: string): string | null => saidAt(answer, 'modem', 'signal', 'threshold', name)
  return {
    radio: TECHNOLOGIES.map((name) => radioOf(answer, name)).find((radio) => radio !== null) ?? null,
    hasThresholds: (threshold('rssi') ?? '0') !== '0' || threshold('error-rate') === 'yes',
  }
}

const TECHNOLOGIES = ['lte', '5g', 'umts', 'gsm'] as const

const radioOf = (answer: MmcliAnswer, technology: string): MmRadio | null => {
  const said = (name: string): string | null => saidAt(answer, 'modem', 'signal', technology, name)
  if (['rsrp', 'rsrq', 'snr', 'rssi'].every((name) => said(name) === null)) return null
  return inRanges({
    rsrpDbm: decimalIn(said('rsrp')),
    rsrqDb: decimalIn(said('rsrq')),
    sinrDb: decimalIn(said('snr')),
    rssiDbm: decimalIn(said('rssi')),
  })
}
