import { later, milliseconds, minutes } from '@infra-home/shared/clock.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { QUALITIES, signalQuality } from '@infra-home/shared/signal-quality.ts'
import { statesOf } from '../../world/node.ts'
import { RECEPTION, trackName } from '../../world/watch.ts'
import { slope } from '../change.ts'
import { levelOf, type Levels, worstOf } from '../levels.ts'
import { levelSchema, paramsSchema } from '../params-schema.ts'
import { alertKey, type Rule, type RuleParams } from '../rule.ts'

export type DecliningParams = RuleParams &
  Levels & {
    /** RSRP that falls by so much in half an hour, dB, is bad; by half of it, it is not. */
    readonly fallDb: number
    /** Readings older than this say nothing, milliseconds. */
    readonly staleAfterMs: number
  }

/** 4G still works, and it gets worse or has been poor for long: somebody can turn the antenna before it is gone. */
export const modemSignalDeclining: Rule<DecliningParams> = {
  code: 'modem-signal-declining',
  severity: 'warning',
  advice:
    'Has the modem or its antenna been moved? GET /api/v1/modems/NODE/ID/history?metric=rsrpDbm shows since when.',
  defaults: {
    fireAfter: minutes(15),
    clearAfter: minutes(15),
    fire: QUALITIES.indexOf('poor'),
    clear: QUALITIES.indexOf('fair'),
    fallDb: 12,
    staleAfterMs: 90_000,
  },
  paramsSchema: paramsSchema({
    ...levelSchema('quality: 0 none, 1 poor, 2 fair, 3 good, 4 excellent', 0, 4),
    fallDb: { type: 'number', exclusiveMinimum: 0, maximum: 100, description: 'dB in half an hour' },
    staleAfterMs: { type: 'integer', minimum: 1000, description: 'milliseconds' },
  }),
  subjects: (node) => statesOf(node, 'modem').map(([id]) => id),
  dependsOn: ({ node, subject }) => [
    alertKey('modem-signal-lost', node.name, subject),
    alertKey('modem-silent', node.name, subject),
  ],
  judge({ node, subject, now, params }) {
    const numbers = node.numbers[`modem/${subject}`]
    const evidence = numbers ? [numbers.by] : []
    const staleAt = numbers ? later(numbers.seen.mono, milliseconds(params.staleAfterMs)) : now.mono
    const quality = numbers && now.mono < staleAt ? signalQuality(numbers.values) : null
    if (!numbers || quality === null)
      return {
        level: 'unknown',
        cause: 'no-reading',
        text: `${subject} tells no signal`,
        evidence,
        nextAt: null,
      }
    const ofQuality = levelOf(QUALITIES.indexOf(quality), params)
    const moves = slope(node.tracks[`modem/${subject}`]?.[trackName(RECEPTION)] ?? [], RECEPTION.window)
    const fall = moves === null ? null : -moves * RECEPTION.window
    const isLow = QUALITIES.indexOf(quality) <= params.clear // what has come back from a fall is not falling
    const ofFall =
      fall === null || !isLow ? 'good' : levelOf(fall, { fire: params.fallDb, clear: params.fallDb / 2 })
    const level = worstOf([ofQuality, ofFall])
    return {
      level,
      cause: level !== 'bad' ? 'fine' : ofFall === 'bad' ? 'falling' : quality,
      text: textOf(subject, quality, { values: numbers.values, fall: ofFall === 'bad' ? fall : null }),
      evidence,
      nextAt: staleAt,
    }
  },
}

const textOf = (
  id: string,
  quality: string,
  { values, fall }: { readonly values: Numbers; readonly fall: number | null },
): string => {
  const rsrp = typeof values.rsrpDbm === 'number' ? ` (RSRP ${values.rsrpDbm} dBm)` : ''
  const falls = fall === null ? '' : ` and falls by ${Math.round(fall)} dB in half an hour`
  return `the signal of ${id} is ${quality}${rsrp}${falls}`
}
