import { days, hours, later, milliseconds, seconds } from '@infra-home/shared/clock.ts'
import { stateOf } from '../../world/node.ts'
import { type Levels, levelOf } from '../levels.ts'
import { levelSchema, paramsSchema } from '../params-schema.ts'
import type { Rule, RuleParams } from '../rule.ts'

/** A device renews its certificate long before it ends; one that still has not is cut off when it does. */
export const certificateEnding: Rule<RuleParams & Levels> = {
  code: 'certificate-ending',
  severity: 'warning',
  advice:
    'Why does it not renew? GET /api/v1/nodes/NODE shows its last error. `infra-home node add` and `infra-home-agent enrol` give it a new one.',
  defaults: { fireAfter: seconds(0), clearAfter: seconds(0), fire: 5, clear: 8 },
  paramsSchema: paramsSchema(levelSchema('days left', 0, 3650)),
  subjects: (node) => (stateOf(node, 'certificate', 'own') ? [node.name] : []),
  judge({ node, now, params }) {
    const state = stateOf(node, 'certificate', 'own')
    const leftMs = state ? Date.parse(state.body.notAfter) - now.wall : Number.NaN
    const left = Number.isFinite(leftMs) ? Math.floor(leftMs / hours(1)) / 24 : null
    const level = levelOf(left, params)
    const why = state?.body.error ? `: ${state.body.error}` : ''
    return {
      level,
      cause: level === 'bad' ? (left !== null && left <= 0 ? 'ended' : 'ending') : 'fine',
      text:
        left === null
          ? `${node.name} does not tell when its certificate ends`
          : `the certificate of ${node.name} ends ${state?.body.notAfter.slice(0, 10)}, ${Math.floor(left)} days from now${why}`,
      evidence: state ? [state.by] : [],
      nextAt:
        left !== null && left > params.fire
          ? later(now.mono, milliseconds(Math.min(days(1), leftMs - days(params.fire))))
          : null,
    }
  },
}
