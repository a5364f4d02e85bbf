import type { Instant } from '@infra-home/shared/clock.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import { phoneFault } from '@infra-home/shared/wan/choice.ts'
import { expired, isKept } from '@infra-home/shared/wan/remember.ts'
import type { WanState } from '@infra-home/shared/wan/state.ts'
import { stateOf } from '../world/node.ts'
import type { World } from '../world/world.ts'
import { limitsNow, phoneHealthOf, tetherStateOf } from './phone-now.ts'
import type { TetherNeed, TetherSeen } from './tether-move.ts'
import type { TetherPlan } from './tether-plan.ts'
import { decideWanNow, routerNow } from './wan-now.ts'
import type { WanPlan } from './wan-plan.ts'

/** What is seen of one phone's network, and who needs it. Pure. */
export const tetherSeen = (world: World, plan: WanPlan, tether: TetherPlan, now: Instant): TetherSeen => {
  const { uplink, phone, idle } = tether
  const router = world.nodes[plan.node]
  const hands = router ? routerNow(router, world.listeningSince) : null
  const path = router && stateOf(router, 'path', uplink)
  const health = phoneHealthOf(world, phone, now.mono)
  const said = tetherStateOf(world, phone)
  const { switch: to, prepare } = decideWanNow(world, plan, now)
  const state = expired(world.wan.state, now)
  return {
    need: hands && needOf(uplink, state, prepare),
    isCommandable: said !== null,
    fault: health && phoneFault({ ...health, ...limitsNow(world, tether) }),
    isLeaving: state.ordered?.from === uplink || (hands?.holder === 'coordinator' && to?.from === uplink),
    isOn: said?.on ?? false,
    isThere: !NOT_THERE.has(path?.body.cause ?? null),
    idle,
  }
}

/** A phone that lends a network which gives no address is no more there than one that sleeps. */
const NOT_THERE: ReadonlySet<UplinkPathState['cause']> = new Set(['asleep', 'address'])

const needOf = (uplink: string, state: WanState, prepare: string | null): TetherNeed | null => {
  const { active, ordered, hold, override } = state
  if (active === uplink || ordered?.to === uplink) return 'in-use'
  if (isKept(state)) return null // nothing will be moved to it
  if (override?.uplink === uplink) return 'wished'
  return hold === null && prepare === uplink ? 'prepare' : null
}
