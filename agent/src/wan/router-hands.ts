import type { Clock, MonoMs } from '@infra-home/shared/clock.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import type { SwitchedEvent, WanRouterState, WanWish } from '@infra-home/shared/messages/wan.ts'
import { portsOf } from '../router/plan.ts'
import { defaultBeforeOurs, precedenceText } from '../router/precedence.ts'
import type { PortRange } from '../sys/reach.ts'
import type { Sys } from '../sys/sys.ts'
import { turnstile } from '../turnstile.ts'
import { briefly } from './briefly.ts'
import { faultOf } from './fault-of.ts'
import { createFlowSweeper, type FlowSweeperOptions } from './flow-sweeper.ts'
import { kernelFault } from './kernel-fault.ts'
import { activeIn, leadsBy } from './look-at-network.ts'
import { meantUplink } from './meant-uplink.ts'
import { openNetworkView } from './network-view.ts'
import { keepNetworksLed } from './network-leader.ts'
import { routedUplinks, routerPlanOf } from './router-plan-of.ts'
import { keepRouting } from './routing-keeper.ts'
import { keepRuleset } from './ruleset-keeper.ts'
import { createSwitcher, type SwitchOrder } from './switcher.ts'
import { openTiedHands } from './tied-hands.ts'
import type { Facts } from './uplink-facts.ts'
import type { UplinkNumbers } from './uplink-numbers.ts'
import { isMeantForIpv6, type WaysOverIpv6, waysOverIpv6 } from './ways-over-ipv6.ts'

type Fault = WanRouterState['fault']

export type RouterHandsOptions = Pick<FlowSweeperOptions, 'isDead' | 'isAlive' | 'onSwept'> & {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec' | 'readText'>
  readonly wish: WanWish
  readonly numbers: UplinkNumbers
  readonly families: readonly ('ipv4' | 'ipv6')[]
  /** Whether nothing passes over the IPv6 of an uplink that has it. */
  readonly isDead6: (uplink: string) => boolean
  /** Why this process changes nothing; null when it may. */
  readonly inability: Fault
  /** What this machine lacks, with which it does less than it could; null for nothing. */
  readonly lack: Fault
  readonly onLooked: (facts: Facts) => void
  readonly onFailure: (why: string) => void
  readonly onDrift: (drift: EventBody['drift']) => void
}

/** What a router's agent sees of its kernel, and does to it: one thing at a time. */
export type RouterHands = {
  /** Looks, and puts right what is not as it should be. */
  look(): Promise<void>
  go(order: SwitchOrder): Promise<SwitchedEvent>
  /** Ends flows on paths that have died, where another lives: to be called when a path is something else than it was. */
  sweep(): Promise<void>
  /** Where new packets go. */
  active(): string | null
  /** Whether networks that may not use the uplink in use are led as the uplinks are by now; a look puts it right. */
  isLedRight(): boolean
  /** By whom IPv6 leads anywhere. */
  ipv6(): WaysOverIpv6
  /** Leads nobody over the IPv6 of an uplink where that is dead, and takes away the flows that were. */
  leaveIpv6(uplink: string): Promise<void>
  /** Whether what has the uplink's address leaves by it. */
  isBound(uplink: string): boolean
  /** Source ports of an uplink whose address another has, too. */
  ports(uplink: string): PortRange | null
  fault(): Fault
  /** Resolves when nothing is done any more: what comes next may do other things to the same kernel. */
  stop(): Promise<void>
}

export const openRouterHands = (options: RouterHandsOptions): RouterHands =>
  options.inability ? openTiedHands(options) : openFreeHands(options)

const openFreeHands = (options: RouterHandsOptions): RouterHands => {
  const { clock, sys, wish, numbers, lack, onLooked, onFailure } = options
  const parts = openParts(options)
  const { view, meant, routing, ruleset, switcher, flows, leader, plansFor, active } = parts
  const faults: { look: Fault; kernel: Fault } = { look: null, kernel: null }
  let isStopped = false
  const inTurn = turnstile()

  const look = async (): Promise<void> => {
    if (isStopped) return
    leader.see()
    try {
      await view.look()
      faults.look = null
    } catch (error) {
      faults.look = faultOf('routing', briefly(error))
      onFailure(faults.look.text)
      return
    }
    meant.see(activeIn(view.seen(), wish.uplinks, view.facts()))
    const plans = plansFor(meant.uplink())
    await routing.putRight(plans.routing, view.seen())
    if (routing.isApplied(plans.routing)) await leader.follow(plans.routing)
    await ruleset.putRight(plans.ruleset)
    faults.kernel = await kernelFault(sys, {
      devices: wish.uplinks.map((one) => one.interface),
      forwardsIpv6: isMeantForIpv6(wish, view.facts()),
    })
    onLooked(view.facts())
  }
  const precedenceFault = (): Fault => {
    const before = defaultBeforeOurs(view.seen())
    return before && faultOf('routing', precedenceText(before))
  }

  const go = async (order: SwitchOrder, orderedAt: MonoMs): Promise<SwitchedEvent> => {
    leader.see()
    const done = await switcher.go(order, orderedAt)
    if (done.ok) await leader.follow(plansFor(done.to).routing)
    return done
  }

  return {
    look: () => inTurn(look),
    go(order) {
      const orderedAt = clock.now().mono
      return inTurn(() => go(order, orderedAt))
    },
    sweep: () => inTurn(() => (isStopped ? Promise.resolve() : flows.follow())),
    active,
    isLedRight: () => leader.isRight(active()),
    ipv6: () => waysOverIpv6(active(), view.facts(), options),
    async leaveIpv6(uplink) {
      await inTurn(look)
      if (!isStopped) await inTurn(() => flows.end(uplink, ['ipv6']))
    },
    isBound: routing.isBound,
    ports: (uplink) => portsOf(routedUplinks(wish, numbers, view.facts()), uplink), // asked at every tick
    fault: () =>
      faults.look ??
      precedenceFault() ??
      routing.fault() ??
      ruleset.fault() ??
      flows.fault() ??
      faults.kernel ??
      lack,
    stop() {
      isStopped = true
      return inTurn(async () => flows.stop())
    },
  }
}

/** What the hands are made of, and how the parts know of each other. */
const openParts = (options: RouterHandsOptions) => {
  const { clock, sys, wish, numbers, families, onDrift } = options
  const repairs = wish.drift === 'repair'
  const view = openNetworkView(options)
  const meant = meantUplink(wish)
  const active = (): string | null => leadsBy(view.seen(), wish.uplinks, meant.uplink())
  const plansFor = (uplink: string | null): ReturnType<typeof routerPlanOf> => {
    const [facts, seen] = [view.facts(), view.seen()]
    const dead6 = new Set(wish.uplinks.map(({ id }) => id).filter(options.isDead6))
    const alive = leader.alive()
    const plans = routerPlanOf(wish, { numbers, facts, seen, active: uplink, alive, dead6 })
    return { ...plans, routing: { ...plans.routing, families } }
  }
  const routing = keepRouting({ clock, sys, repairs, onDrift })
  const ruleset = keepRuleset({
    clock,
    sys,
    repairs,
    onDrift: (change) => onDrift({ changes: [change], repaired: repairs }),
  })
  const flows = createFlowSweeper({ ...options, uplinks: routedUplinks(wish, numbers, new Map()), active })
  const leader = keepNetworksLed({ ...options, sweep: flows.end })
  const switcher = createSwitcher({
    clock,
    sys,
    planFor: (uplink) => plansFor(uplink).routing,
    active,
    flows,
    onTaken(plan, unroutable) {
      routing.took(plan, unroutable)
      if (plan.active !== null) meant.moved(plan.active)
    },
  })
  return { view, meant, active, plansFor, routing, ruleset, flows, leader, switcher }
}
