import { hasRadio } from '../../parse/in-ranges.ts'
import type { MmModem } from '../../parse/mmcli-modem.ts'
import type { MmRadio } from '../../parse/mmcli-signal.ts'
import type { Measured } from './measure.ts'

/** What can be said of the radio from all evidence together. */
export type Belief =
  /** These values are of now. */
  | { readonly kind: 'heard'; readonly radio: MmRadio }
  /** No signal can be measured, whatever else ModemManager shows. */
  | { readonly kind: 'lost' }
  /** ModemManager shows values, and nothing vouches for them. */
  | { readonly kind: 'stale' }
  /** Nothing is told, and this modem may be one that never tells. */
  | { readonly kind: 'untold' }

export type Circumstances = {
  readonly quality: MmModem['quality']
  /** What was shown last of the same modem; null when nothing was. */
  readonly before: MmRadio | null
  /** It was carrying out an order of ours meanwhile. */
  readonly isBusy: boolean
}

/**
 * What may be believed. Values measured since we asked are true, and their absence is a loss in a modem that gave some before: seen at the next read,
 * and thresholds do not change that, for they keep old values and make none vanish.
 * It is none while an order of ours keeps the modem from answering: sending a message takes an AT port for seconds.
 * Where we may not have it measured (no rights, or thresholds that somebody set keep old values alive) a value is believed only while something
 * vouches for it: it changed since the last read, or the quality, which ModemManager asks for by itself, is above 0 and recent. A
 * loss is then seen when the quality falls to 0 (within 30 s) or is not recent (within 60 s).
 */
export const believe = (measured: Measured, { quality, before, isBusy }: Circumstances): Belief => {
  const { fresh, why } = measured
  const radio = hasValues(measured.radio) ? measured.radio : null
  const { percent, recent } = quality
  if (radio && (fresh || differs(radio, before) || ((percent ?? 0) > 0 && recent)))
    return { kind: 'heard', radio }
  if (percent === 0 && recent) return { kind: 'lost' }
  if (why === null && !radio && before && !isBusy) return { kind: 'lost' }
  return radio ? { kind: 'stale' } : { kind: 'untold' }
}

/** Words that are no values tell nothing of the radio. */
export const hasValues = (radio: MmRadio | null): radio is MmRadio => radio !== null && hasRadio(radio)

/** The first values ever seen may be as old as any. */
const differs = (radio: MmRadio, before: MmRadio | null): boolean =>
  before !== null &&
  (radio.rsrpDbm !== before.rsrpDbm ||
    radio.rsrqDb !== before.rsrqDb ||
    radio.sinrDb !== before.sinrDb ||
    radio.rssiDbm !== before.rssiDbm)
