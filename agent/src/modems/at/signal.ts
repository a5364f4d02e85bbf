import type { Rat } from '@infra-home/shared/messages/modem.ts'
import {
  type AtRadio,
  type AtSignal,
  hearsAnything,
  parseCesq,
  parseCsq,
  parseHcsq,
} from '../../parse/at-signal.ts'
import { parseQeng, type QengCell, type SinrScale } from '../../parse/at-qeng.ts'
import { straying } from '../../parse/in-ranges.ts'
import { NO_RADIO } from '../judge.ts'
import { type AtPoll, QENG } from './poll.ts'

export type HeardSignal = {
  readonly radio: AtRadio
  readonly cell: QengCell
  /** As HCSQ names it, where nothing else does. */
  readonly rat: AtSignal['rat']
  /** What was asked says with one voice that nothing is heard. */
  readonly silent: boolean
}

/**
 * The radio values of one round, the finest first: +QENG and ^HCSQ are in steps of 1 dB or less, +CSQ of 2. A source alone is not believed against
 * the standard ones: where +CSQ knows nothing, and +CESQ neither, or the modem is in no network, what is left is of earlier. In 5G alone they never
 * know anything (Quectel RG50xQ), and nothing follows from it. Pure.
 */
export const heardSignal = (
  said: AtPoll['said'],
  options: { readonly sinr: SinrScale; readonly registered: boolean; readonly rat: Rat | null },
): HeardSignal => {
  const lines = (command: string): readonly string[] => said.get(command) ?? []
  const csq = parseCsq(lines('AT+CSQ'))
  const cesq = parseCesq(lines('AT+CESQ'))
  const hcsq = parseHcsq(lines('AT^HCSQ?'))
  const cell = parseQeng(lines(QENG), options.sinr)
  const sources = [cell, hcsq, csq, cesq]
  const deaf = csq.deaf && options.rat !== 'nr' && cell.rat !== 'nr'
  const agreed = sources.filter((source) => source.deaf).length > 1 && !sources.some(hearsAnything)
  return {
    radio: deaf && (cesq.deaf || !options.registered) ? NO_RADIO : firstOf(sources),
    cell,
    rat: hcsq.rat,
    silent: deaf && (cesq.deaf || agreed),
  }
}

const firstOf = (sources: readonly AtRadio[]): AtRadio => {
  const first = (metric: 'rsrpDbm' | 'rsrqDb' | 'sinrDb' | 'rssiDbm'): number | null =>
    sources.map((source) => source[metric]).find((value) => value !== null) ?? null
  return {
    rsrpDbm: first('rsrpDbm'),
    rsrqDb: first('rsrqDb'),
    sinrDb: first('sinrDb'),
    rssiDbm: first('rssiDbm'),
    ...straying(sources.reduce((sum, { strayValues = 0 }) => sum + strayValues, 0)),
  }
}
