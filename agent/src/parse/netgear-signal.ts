import { inRanges, type Radio } from './in-ranges.ts'
import { asInteger, asObject, asWord, type Loose } from './json.ts'
import { pciOf, shaped } from './radio-words.ts'

export type NetgearSignal = Radio & {
  readonly band: string | null
  readonly cellId: string | null
  readonly pci: number | null
}

/** Reads wwan.signalStrength and wwanadv. A value that 3GPP does not allow is unknown. */
export const parseNetgearSignal = (wwan: Loose, adv: Loose): NetgearSignal => {
  const strength = asObject(wwan['signalStrength'])
  return {
    ...inRanges({
      rsrpDbm: measured(strength['rsrp']),
      rsrqDb: measured(strength['rsrq']),
      sinrDb: measured(strength['sinr']),
      rssiDbm: measured(strength['rssi']),
    }),
    band: shaped(
      asWord(adv['curBand'])?.replace(/^(?:LTE|NR|WCDMA|GSM) +[Bn]?(?=\d)/i, ''),
      /^[\w .,+-]{1,32}$/,
    ),
    cellId: cellOf(asWord(adv['cellId'])),
    pci: pciOf(asInteger(adv['pci'])),
  }
}

/** Whether a signal holds any radio value. */
export const hasNetgearRadio = (signal: NetgearSignal): boolean =>
  [signal.rsrpDbm, signal.rsrqDb, signal.sinrDb, signal.rssiDbm].some((value) => value !== null)

/**
 * A number, or a text with its unit. These firmwares print 0 for what they did not measure, so a 0 is nothing: the true
 * 0 dB of an SINR is lost with it.
 */
const measured = (value: unknown): number | null => {
  const match = /^(-?\d{1,4}(?:\.\d{1,3})?) ?(?:dBm?)?$/i.exec(asWord(value) ?? '')
  const number = match ? Number(match[1]) : 0
  return number === 0 ? null : number
}

/** No cell is 0, and so is the last of 28 bits. */
const cellOf = (word: string | null): string | null =>
  word === '0' || word === '268435455' || word === '4294967295' ? null : shaped(word, /^[0-9a-f]{1,16}$/i)
