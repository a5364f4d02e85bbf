import type { NodeWorld } from '../../world/node.ts'
import type { World } from '../../world/world.ts'
import type { Step, TetherDecision } from '../decision.ts'
import { earliest, NOTHING, type Policy, type Verdict } from '../policy.ts'
import { healthEvidence, wakingOf } from '../phone-now.ts'
import { LEND, nextTether, type TetherMove } from '../tether-move.ts'
import { tetherSeen } from '../tether-now.ts'
import type { TetherPlan } from '../tether-plan.ts'
import { pathEvidence } from '../wan-now.ts'
import type { WanPlan } from '../wan-plan.ts'

/**
 * Has a phone lend its network while it may be needed, and put it away when nobody needs it or the phone has given enough. What becomes of one
 * phone is a matter of all of them: the next is called when the first does not come.
 */
export const tether: Policy = {
  name: 'tether',
  scope: 'node',
  decide({ world, node, now, params: { wan: plan } }) {
    const tethers = plan?.tethers ?? []
    if (!plan || (plan.node !== node.name && !tethers.some(({ phone }) => phone === node.name)))
      return NOTHING
    const verdicts = tethers.map((one): Verdict => {
      const seen = tetherSeen(world, plan, one, now)
      const { move, nextAt } = nextTether(world.wan.tethers[one.uplink] ?? null, seen, now.mono)
      const { until } = wakingOf(world, one, now.mono)
      return {
        decisions: move ? [toDecision(world, plan, one, move)] : [],
        nextAt: earliest(nextAt, until),
      }
    })
    return {
      decisions: verdicts.flatMap(({ decisions }) => decisions),
      nextAt: earliest(...verdicts.map(({ nextAt }) => nextAt)),
    }
  },
}

const toDecision = (world: World, plan: WanPlan, tether: TetherPlan, move: TetherMove): TetherDecision => {
  const { uplink, phone } = tether
  const { reason, stage } = move
  const fact = world.wan.tethers[uplink]
  const goesOn = fact && (fact.stage === 'lent' || fact.stage === 'spare')
  const node = world.nodes[phone]
  return {
    policy: 'tether',
    reason,
    node: phone,
    uplink,
    stage,
    evidence: evidenceFor(world, plan, tether, move),
    follows: goesOn ? fact.begun : null,
    steps: node ? stepsFor(node, tether, move) : [],
  }
}

const stepsFor = (phone: NodeWorld, tether: TetherPlan, { order }: TetherMove): Step[] => {
  if (order === null || phone.boot === null) return []
  const { minBatteryPercent, maxTemperatureC } = tether
  return [
    {
      kind: 'order-tether',
      node: phone.name,
      boot: phone.boot,
      generation: (phone.generations.tether ?? 0) + 1,
      order: {
        forSeconds: order === 'put-away' ? 0 : LEND / 1000,
        afresh: order === 'afresh',
        minBatteryPercent,
        maxTemperatureC,
      },
    },
  ]
}

/** What is said of the path in use, of the phone's own, or of its battery. */
const evidenceFor = (
  world: World,
  { node }: WanPlan,
  { uplink, phone: name }: TetherPlan,
  { reason }: TetherMove,
): string[] => {
  const { wan, nodes } = world
  const [router, phone] = [nodes[node], nodes[name]]
  switch (reason) {
    case 'prepare':
    case 'spare':
    case 'not-needed':
      return pathEvidence(router, wan.state.active)
    case 'in-use':
    case 'again':
      return pathEvidence(router, uplink)
    case 'battery-low':
    case 'too-hot':
      return healthEvidence(world, name)
    case 'phone-lost':
      return phone?.lastBy ? [phone.lastBy] : []
    case 'wished':
    case 'renew':
      return []
  }
}
