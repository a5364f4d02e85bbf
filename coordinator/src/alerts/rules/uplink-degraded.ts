import { minutes } from '@infra-home/shared/clock.ts'
import { stateOf, statesOf } from '../../world/node.ts'
import { paramsSchema } from '../params-schema.ts'
import { alertKey, type Rule } from '../rule.ts'

/** One way out of the house works badly: packets get lost, answers take long, its resolver is dead, large packets do not pass. */
export const uplinkDegraded: Rule = {
  code: 'uplink-degraded',
  severity: 'info',
  advice: 'GET /api/v1/wan shows loss and round trip; docs/wan-failover.md has the causes.',
  defaults: { fireAfter: minutes(3), clearAfter: minutes(3) },
  paramsSchema: paramsSchema(),
  subjects: (node) => statesOf(node, 'path').map(([id]) => id),
  dependsOn: ({ node, subject }) => [
    alertKey('uplink-down', node.name, subject),
    alertKey('wan-down', node.name, 'wan'),
  ],
  judge({ node, subject }) {
    const path = stateOf(node, 'path', subject)
    const { state = 'unknown', cause = null } = path?.body ?? {}
    return {
      level: state === 'degraded' ? 'bad' : state === 'up' ? 'good' : 'unknown',
      cause: state === 'degraded' ? (cause ?? 'degraded') : 'fine',
      text:
        state === 'degraded'
          ? `${subject} works badly (${cause ?? 'unknown'})`
          : `${subject} works as it should`,
      evidence: path ? [path.by] : [],
      nextAt: null,
    }
  },
}
