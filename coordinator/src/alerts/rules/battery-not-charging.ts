import { minutes } from '@infra-home/shared/clock.ts'
import { stateOf } from '../../world/node.ts'
import { paramsSchema } from '../params-schema.ts'
import type { Rule } from '../rule.ts'

/** A phone that works for the house hangs on its charger; this one does not, or the charger gives nothing. */
export const batteryNotCharging: Rule = {
  code: 'battery-not-charging',
  severity: 'warning',
  advice:
    'Is its plug in, at both ends? Does the socket have power? Phones also stop charging when they are too hot.',
  defaults: { fireAfter: minutes(10), clearAfter: minutes(1) },
  paramsSchema: paramsSchema(),
  subjects: (node) =>
    typeof stateOf(node, 'battery', 'own')?.body.charging === 'boolean' ? [node.name] : [],
  judge({ node }) {
    const state = stateOf(node, 'battery', 'own')
    const { charging = null, plugged = null } = state?.body ?? {}
    const isBad = charging === false
    const cause = plugged === 'none' || plugged === null ? 'unplugged' : 'no-charge'
    return {
      level: charging === null ? 'unknown' : isBad ? 'bad' : 'good',
      cause: isBad ? cause : 'fine',
      text: isBad
        ? `${node.name} is not being charged (${plugged === null || plugged === 'none' ? 'nothing is plugged in' : `plugged in: ${plugged}`})`
        : `${node.name} is being charged`,
      evidence: state ? [state.by] : [],
      nextAt: null,
    }
  },
}
