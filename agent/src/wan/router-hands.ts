import type { Clock } from '@infra-home/shared/clock.ts'
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
import { type Facts, routedUplinks, routerPlanOf } from './router-plan-of.ts'
import { keepRouting } from './routing-keeper.ts'
import { keepRuleset } from './ruleset-keeper.ts'
import { createSwitcher, type SwitchOrder } from './switcher.ts'
import { openTiedHands } from './tied-hands.ts'
import type { UplinkNumbers } from './uplink-numbers.ts'

type Fault = WanRouterState['fault']

export type RouterHandsOptions = Pick<FlowSweeperOptions, 'isDead' | 'isAlive' | 'onSwept'> & {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec' | 'readText'>
  readonly wish: WanWish
  readonly numbers: UplinkNumbers
  readonly families: readonly ('ipv4' | 'ipv6')[]
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
  const { clock, sys, wish, lack, onLooked, onFailure } = options
  const parts = openParts(options)
  const { view, meant, routing, ruleset, switcher, flows, plansFor, active } = parts
  const faults: { look: Fault; kernel: Fault } = { look: null, kernel: null }
  let isStopped = false
  const inTurn = turnstile()

  const look = async (): Promise<void> => {
    if (isStopped) return
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
    await ruleset.putRight(plans.ruleset)
    faults.kernel = await kernelFault(
      sys,
      wish.uplinks.map((one) => one.interface),
    )
    onLooked(view.facts())
  }
  const precedenceFault = (): Fault => {
    const before = defaultBeforeOurs(view.seen())
    return before && faultOf('routing', precedenceText(before))
  }

  return {
    look: () => inTurn(look),
    go(order) {
      const orderedAt = clock.now().mono
      return inTurn(() => switcher.go(order, orderedAt))
    },
    sweep: () => inTurn(() => (isStopped ? Promise.resolve() : flows.follow())),
    active,
    isBound: routing.isBound,
    ports: (uplink) => portsOf(plansFor(null).routing.uplinks, uplink),
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
    const plans = routerPlanOf(wish, { numbers, facts, seen, active: uplink })
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
  return { view, meant, active, plansFor, routing, ruleset, flows, switcher }
}
