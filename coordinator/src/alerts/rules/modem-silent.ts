import { later, milliseconds, seconds } from '@infra-home/shared/clock.ts'
import type { ModemCondition } from '@infra-home/shared/messages/modem.ts'
import { stateOf, statesOf } from '../../world/node.ts'
import { alertKey, type Rule, type RuleParams } from '../rule.ts'

export type ModemSilentParams = RuleParams & {
  /** A reading older than this is no knowledge, milliseconds. */
  readonly staleAfterMs: number
  /** A modem is busy now and then, and for so long it is not, milliseconds. */
  readonly busyAfterMs: number
}

/** Nothing is known of a modem: it does not answer, or nobody reads it any more. Not knowing is not the same as fine. */
export const modemSilent: Rule<ModemSilentParams> = {
  code: 'modem-silent',
  severity: 'warning',
  advice: 'Is the modem switched on and its address right? GET /api/v1/modems shows the cause.',
  defaults: { fireAfter: seconds(180), clearAfter: seconds(0), staleAfterMs: 90_000, busyAfterMs: 600_000 },
  paramsSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      fireAfter: { type: 'integer', minimum: 0, description: 'milliseconds of no knowledge before it fires' },
      clearAfter: { type: 'integer', minimum: 0, description: 'milliseconds of knowledge before it clears' },
      staleAfterMs: { type: 'integer', minimum: 1000, description: 'milliseconds' },
      busyAfterMs: { type: 'integer', minimum: 0, description: 'milliseconds of being busy before it fires' },
    },
  },
  subjects: (node) => statesOf(node, 'modem').map(([id]) => id),
  dependsOn: ({ node, subject, plan }) =>
    (plan.wan?.uplinks ?? [])
      .filter(({ modem }) => modem === subject)
      .map(({ id }) => alertKey('uplink-down', node.name, id)),
  judge({ node, subject, now, params }) {
    const state = stateOf(node, 'modem', subject)
    const numbers = node.numbers[`modem/${subject}`]
    const evidence = [state?.by, numbers?.by].filter((id): id is string => id !== undefined)
    const newest = numbers?.seen ?? state?.seen
    if (!state || !newest)
      return {
        level: 'bad',
        cause: 'no-reading',
        text: `${subject} has not been read`,
        evidence,
        nextAt: null,
      }
    const staleAt = later(newest.mono, milliseconds(params.staleAfterMs))
    const { state: condition, cause } = state.body
    if (now.mono >= staleAt)
      return {
        level: 'bad',
        cause: 'stale',
        text: `nobody has read ${subject} since ${new Date(newest.wall).toISOString()}`,
        evidence,
        nextAt: null,
      }
    const silent = SILENT.has(condition)
    return {
      level: silent ? 'bad' : 'good',
      cause: silent ? condition : 'fine',
      text: silent ? `${subject} tells nothing: ${cause ?? condition}` : `${subject} can be read again`,
      evidence,
      nextAt: staleAt,
      ...(condition === 'busy' && { fireAfter: milliseconds(params.busyAfterMs) }),
    }
  },
}

const SILENT: ReadonlySet<ModemCondition> = new Set(['unreachable', 'unknown', 'auth-failed', 'busy'])
