import type { Instant } from '@infra-home/shared/clock.ts'
import type { Switch } from '@infra-home/shared/wan/state.ts'
import { wasHeld } from '../../world/last-hold.ts'
import type { NodeWorld } from '../../world/node.ts'
import { isGone } from '../../world/presence.ts'
import type { WanWorld } from '../../world/wan.ts'
import type { World } from '../../world/world.ts'
import type { WanDecisionMade } from '../decision.ts'
import { NOTHING, type Policy } from '../policy.ts'
import { healthEvidence } from '../phone-now.ts'
import { decideWanNow, pathEvidence, routerNow } from '../wan-now.ts'
import type { WanPlan } from '../wan-plan.ts'

/** Moves the house's traffic to another uplink, while the router takes orders; what a phone says may be a reason, too. */
export const wan: Policy = {
  name: 'wan',
  scope: 'node',
  decide({ world, node: about, now, params }) {
    const plan = params.wan
    const isOurs = plan?.node === about.name || plan?.tethers.some(({ phone }) => phone === about.name)
    const node = plan && isOurs ? world.nodes[plan.node] : undefined
    const router = node && routerNow(node, world.listeningSince)
    if (!node || !plan || isGone(node) || node.boot === null || router?.holder !== 'coordinator')
      return NOTHING
    const { switch: move, nextAt } = decideWanNow(world, plan, now)
    if (!move) return { decisions: [], nextAt }
    const { from, to, reason } = move
    const evidence = reason === 'override' ? [] : evidenceFor({ world, plan, router: node, now }, move)
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

type Known = {
  readonly world: World
  readonly plan: WanPlan
  readonly router: NodeWorld
  readonly now: Instant
}

/** What is said of both paths; of the phone that is left for its limits; that the other was woken for this; and who held traffic on what could not serve. */
const evidenceFor = ({ world, plan, router, now }: Known, move: Switch): string[] => {
  const { from, to, reason } = move
  const left = plan.tethers.find(({ uplink }) => uplink === from)
  const isPast = reason === 'battery-low' || reason === 'too-hot'
  const lent = world.wan.tethers[to]
  return [
    ...[from, to].flatMap((id) => pathEvidence(router, id)),
    ...(left && isPast ? healthEvidence(world, left.phone) : []),
    ...(lent?.stage === 'lent' ? [lent.begun] : []),
    ...heldEvidence(world.wan, move, now),
  ]
}

/** Reasons to leave a path that are as old as its state is. */
const OF_STATE: ReadonlySet<Switch['reason']> = new Set(['path-down', 'path-unknown', 'asleep'])

/** Who held traffic on a path that was already what it is left for, while the other was already what it is taken for. */
const heldEvidence = (
  { lastHold, state }: Pick<WanWorld, 'lastHold' | 'state'>,
  { from, to, reason }: Switch,
  now: Instant,
): string[] => {
  if (lastHold === null || from === null || !OF_STATE.has(reason)) return []
  const both = [state.uplinks[from], state.uplinks[to]]
  return both.every((one) => one && wasHeld(lastHold, one.since, now)) ? [lastHold.by] : []
}
