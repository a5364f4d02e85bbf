import { type NodeWorld, stateOf } from '../../world/node.ts'
import type { WanDecisionMade } from '../decision.ts'
import { NOTHING, type Policy } from '../policy.ts'
import { decideWanNow, routerNow } from '../wan-now.ts'

/** Moves the house's traffic to another uplink, while the router takes orders; what a phone says may be a reason, too. */
export const wan: Policy = {
  name: 'wan',
  scope: 'node',
  decide({ world, node: about, now, params }) {
    const plan = params.wan
    const isOurs = plan?.node === about.name || plan?.tethers.some(({ phone }) => phone === about.name)
    const node = plan && isOurs ? world.nodes[plan.node] : undefined
    const router = node && routerNow(node, world.listeningSince)
    if (!node || !plan || node.boot === null || router?.holder !== 'coordinator') return NOTHING
    const { switch: move, nextAt } = decideWanNow(world, plan, now)
    if (!move) return { decisions: [], nextAt }
    const { from, to, reason } = move
    const lent = world.wan.tethers[to]
    const woken = lent?.stage === 'lent' ? [lent.begun] : []
    const evidence = reason === 'override' ? [] : [...[from, to].flatMap((id) => said(node, id)), ...woken]
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
  },
}

const said = (router: NodeWorld, uplink: string | null): string[] => {
  const fact = uplink === null ? null : stateOf(router, 'path', uplink)
  return fact ? [fact.by] : []
}
