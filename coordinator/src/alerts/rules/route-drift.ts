import { seconds } from '@infra-home/shared/clock.ts'
import { stateOf } from '../../world/node.ts'
import { paramsSchema } from '../params-schema.ts'
import type { Rule } from '../rule.ts'

/** Somebody else changes the router's routes or rules, and they stay so: by wish, or because he insists. */
export const routeDrift: Rule = {
  code: 'route-drift',
  severity: 'warning',
  advice:
    'Find who changes them: NetworkManager, a VPN, a script. GET /api/v1/events?kind=message has each change; "drift": "repair" in the coordinator’s file has ours put back.',
  defaults: { fireAfter: seconds(30), clearAfter: seconds(60) },
  paramsSchema: paramsSchema(),
  subjects: (node) => (stateOf(node, 'wan', 'main') ? ['wan'] : []),
  judge({ node }) {
    const state = stateOf(node, 'wan', 'main')
    const fault = state?.body.fault
    const isDrift = fault?.code === 'drift'
    return {
      level: isDrift ? 'bad' : 'good',
      cause: isDrift ? 'drift' : 'fine',
      text: isDrift ? `${node.name}: ${fault.text}` : `nobody else changes the routes of ${node.name}`,
      evidence: state ? [state.by] : [],
      nextAt: null,
    }
  },
}
