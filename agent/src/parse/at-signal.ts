import type { Rat } from '@infra-home/shared/messages/modem.ts'
import { fieldsAfter, wholeOf } from './at-answer.ts'
import { ratOfMode } from './at-rat.ts'
import { inRanges, type Radio } from './in-ranges.ts'

/** Radio values; null is unknown. */
export type AtRadio = Radio
/** Those of one question, with what only 3G has. */
export type AtSignal = AtRadio & {
  readonly rscpDbm: number | null
  readonly ecioDb: number | null
  /** The modem said of everything that it does not know it: it hears nothing. */
  readonly deaf: boolean
  readonly rat: Rat | null
}

/** Nothing was said. */
export const NO_SIGNAL: AtSignal = {
  rsrpDbm: null,
  rsrqDb: null,
  sinrDb: null,
  rssiDbm: null,
  rscpDbm: null,
  ecioDb: null,
  deaf: false,
  rat: null,
}

/** A step as its value: `low` is that of step 0. To two decimals, for binary fractions are none of the modem's words. */
const scaled = (step: number | null, most: number, low: number, width: number): number | null =>
  step === null || step > most ? null : Math.round((low + step * width) * 100) / 100

/**
 * +CSQ: steps of 2 dB from −113 dBm, 99 unknown (TS 27.007 §8.5); 100…191 are steps of 1 dB from −116 dBm on Quectel's TD-SCDMA, 199 unknown
 * (EC25 manual).
 */
export const parseCsq = (lines: readonly string[]): AtSignal => {
  const [rssi, quality] = fieldsAfter(lines, '+CSQ').findLast((fields) => fields.length === 2) ?? []
  const step = wholeOf(rssi)
  if (step === null || wholeOf(quality) === null) return NO_SIGNAL
  const rssiDbm = step < 100 ? scaled(step, 31, -113, 2) : scaled(step - 100, 91, -116, 1)
  return { ...NO_SIGNAL, ...inRanges({ ...NO_SIGNAL, rssiDbm }), deaf: step === 99 || step === 199 }
}

/**
 * +CESQ (TS 27.007 §8.69): RXLEV −111+n ≤ 63, RSCP −121+n ≤ 96, Ec/No −24.5+n/2 ≤ 49, RSRQ −20+n/2 ≤ 34, RSRP −141+n ≤ 97; since release 15
 * SS-RSRQ −43.5+n/2 ≤ 126, SS-RSRP −157+n ≤ 126, SS-SINR −23.5+n/2 ≤ 127 behind them (TS 38.133 §10.1). Unknown is 99 or 255.
 */
export const parseCesq = (lines: readonly string[]): AtSignal => {
  const fields = fieldsAfter(lines, '+CESQ').findLast(({ length }) => length === 6 || length === 9) ?? []
  const [rxlev = null, , rscp = null, ecno = null, rsrq = null, rsrp = null, ssRsrq, ssRsrp, ssSinr] =
    fields.map(wholeOf)
  const lte = { rsrpDbm: scaled(rsrp, 97, -141, 1), rsrqDb: scaled(rsrq, 34, -20, 0.5), sinrDb: null }
  const nr = {
    rsrpDbm: scaled(ssRsrp ?? null, 126, -157, 1),
    rsrqDb: scaled(ssRsrq ?? null, 126, -43.5, 0.5),
    sinrDb: scaled(ssSinr ?? null, 127, -23.5, 0.5),
  }
  const radio = lte.rsrpDbm === null && nr.rsrpDbm !== null ? nr : lte
  return {
    ...NO_SIGNAL,
    ...inRanges({ ...radio, rssiDbm: scaled(rxlev, 63, -111, 1) }),
    rscpDbm: scaled(rscp, 96, -121, 1),
    ecioDb: scaled(ecno, 49, -24.5, 0.5),
    deaf: fields.length > 0 && fields.every((field) => field === '99' || field === '255'),
  }
}

/**
 * ^HCSQ, Huawei's: RSSI −121+n ≤ 96; LTE: RSRP −141+n ≤ 97, SINR −20.2+n/5 ≤ 251, RSRQ −20+n/2 ≤ 34; WCDMA: RSCP −121+n ≤ 96, Ec/Io −32.5+n/2
 * ≤ 65; 255 unknown (ModemManager: plugins/huawei).
 */
export const parseHcsq = (lines: readonly string[]): AtSignal => {
  const [mode = '', ...fields] = fieldsAfter(lines, '^HCSQ').at(-1) ?? []
  const steps = fields.map(wholeOf)
  const rssiDbm = scaled(steps[0] ?? null, 96, -121, 1)
  const rat = ratOfMode(mode)
  const known = { ...NO_SIGNAL, rat, ...inRanges({ ...NO_SIGNAL, rssiDbm }), deaf: mode === 'NOSERVICE' }
  const [, second = null, third = null, fourth = null] = steps
  if (rat === 'umts')
    return { ...known, rscpDbm: scaled(second, 96, -121, 1), ecioDb: scaled(third, 65, -32.5, 0.5) }
  if (rat !== 'lte') return known
  const lte = {
    rssiDbm,
    rsrpDbm: scaled(second, 97, -141, 1),
    sinrDb: scaled(third, 251, -20.2, 0.2),
    rsrqDb: scaled(fourth, 34, -20, 0.5),
  }
  return { ...known, ...inRanges(lte) }
}

/** Whether any radio value is known. */
export const hearsAnything = (signal: AtSignal): boolean =>
  [signal.rsrpDbm, signal.rsrqDb, signal.sinrDb, signal.rssiDbm, signal.rscpDbm].some(
    (value) => value !== null,
  )
