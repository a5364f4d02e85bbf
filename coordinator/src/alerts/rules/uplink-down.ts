import { seconds } from '@infra-home/shared/clock.ts'
import { stateOf, statesOf } from '../../world/node.ts'
import { paramsSchema } from '../params-schema.ts'
import { alertKey, type Rule } from '../rule.ts'

/** Longer than traffic waits at the least before it goes back: what went by another meanwhile is explained for so long. */
const CLEAR_AFTER = seconds(90)

/** One way out of the house is dead; whether traffic goes by another is `wan-down`'s business. A phone may sleep, until it is needed. */
export const uplinkDown: Rule = {
  code: 'uplink-down',
  severity: 'warning',
  advice:
    'GET /api/v1/wan says what is wrong and whether another carries traffic; docs/wan-failover.md has the causes.',
  defaults: { fireAfter: seconds(20), clearAfter: CLEAR_AFTER },
  paramsSchema: paramsSchema(),
  subjects: (node) => statesOf(node, 'path').map(([id]) => id),
  dependsOn: ({ node, subject, plan }) => {
    const modem = plan.wan?.uplinks.find(({ id }) => id === subject)?.modem
    const line = alertKey('wan-down', node.name, 'wan')
    return modem ? [line, alertKey('modem-signal-lost', node.name, modem)] : [line]
  },
  judge({ world, node, subject }) {
    const path = stateOf(node, 'path', subject)
    const { state = 'unknown', cause = null } = path?.body ?? {}
    const isAsleep = cause === 'asleep'
    const isMissed = isAsleep && world.wan.tethers[subject]?.stage === 'lent'
    const isBad = state === 'down' || isMissed
    return {
      level: isBad ? 'bad' : state === 'unknown' && !isAsleep ? 'unknown' : 'good',
      cause: isBad ? (cause ?? 'down') : 'fine',
      text: isBad
        ? `${subject} leads nowhere (${isMissed ? 'it was woken, and is not there' : (cause ?? 'unknown')})`
        : `${subject} ${isAsleep ? 'sleeps' : 'leads to the internet again'}`,
      evidence: path ? [path.by] : [],
      nextAt: null,
    }
  },
}
