import { stateOf } from '../../world/node.ts'
import type { WanDecisionMade } from '../decision.ts'
import { NOTHING, type Policy } from '../policy.ts'
import { decideWanNow, routerNow } from '../wan-now.ts'

/** Moves the house's traffic to another uplink, while the router takes orders. */
export const wan: Policy = {
  name: 'wan',
  scope: 'node',
  decide({ world, node, now, params }) {
    const plan = params.wan
    const router = routerNow(node, world.listeningSince)
    if (plan?.node !== node.name || node.boot === null || router?.holder !== 'coordinator') return NOTHING
    const { switch: move, nextAt } = decideWanNow(world, plan, now)
    if (!move) return { decisions: [], nextAt }
    const { from, to, reason } = move
    const evidence = reason === 'override' ? [] : [from, to].flatMap((id) => said(id))
    const decision: WanDecisionMade = {
      policy: 'wan',
      reason,
      node: node.name,
      from,
      to,
      evidence,
      follows: null,
      steps: [
        {
          kind: 'switch-uplink',
          node: node.name,
          boot: node.boot,
          generation: (node.generations['switch-uplink'] ?? 0) + 1,
          uplink: to,
          reason,
          session: node.session,
          term: router.term,
        },
      ],
    }
    return { decisions: [decision], nextAt: null }

    function said(uplink: string | null): string[] {
      const fact = uplink === null ? null : stateOf(node, 'path', uplink)
      return fact ? [fact.by] : []
    }
  },
}
