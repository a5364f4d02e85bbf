import { seconds } from '@infra-home/shared/clock.ts'
import { stateOf, statesOf } from '../../world/node.ts'
import { paramsSchema } from '../params-schema.ts'
import { alertKey, type Rule } from '../rule.ts'

/** One way out of the house is dead; whether traffic goes by another is `wan-down`'s business. */
export const uplinkDown: Rule = {
  code: 'uplink-down',
  severity: 'warning',
  advice:
    'GET /api/v1/wan says what is wrong and whether another carries traffic; docs/wan-failover.md has the causes.',
  defaults: { fireAfter: seconds(20), clearAfter: seconds(60) },
  paramsSchema: paramsSchema(),
  subjects: (node) => statesOf(node, 'path').map(([id]) => id),
  dependsOn: ({ node, subject, plan }) => {
    const modem = plan.wan?.uplinks.find(({ id }) => id === subject)?.modem
    return modem ? [alertKey('modem-signal-lost', node.name, modem)] : []
  },
  judge({ node, subject }) {
    const path = stateOf(node, 'path', subject)
    const { state = 'unknown', cause = null } = path?.body ?? {}
    return {
      level: state === 'down' ? 'bad' : state === 'unknown' ? 'unknown' : 'good',
      cause: state === 'down' ? (cause ?? 'down') : 'fine',
      text:
        state === 'down'
          ? `${subject} leads nowhere (${cause ?? 'unknown'})`
          : `${subject} leads to the internet again`,
      evidence: path ? [path.by] : [],
      nextAt: null,
    }
  },
}
