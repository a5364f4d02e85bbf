import { createFlowSweeper } from './flow-sweeper.ts'
import { leadsBy } from './look-at-network.ts'
import { meantUplink } from './meant-uplink.ts'
import { keepNetworksLed } from './network-leader.ts'
import { openNetworkView } from './network-view.ts'
import type { RouterHandsOptions } from './router-hands.ts'
import { routedUplinks, routerPlanOf } from './router-plan-of.ts'
import { keepRouting } from './routing-keeper.ts'
import { keepRuleset } from './ruleset-keeper.ts'
import { createSwitcher } from './switcher.ts'
import { formerUplinks } from './uplink-numbers.ts'

export type HandParts = ReturnType<typeof openHandParts>

/** What a router's hands are made of, and how the parts know of each other. */
export const openHandParts = (options: RouterHandsOptions) => {
  const { clock, sys, wish, numbers, families, onDrift } = options
  const repairs = wish.drift === 'repair'
  const view = openNetworkView(options)
  const meant = meantUplink(wish, options.memory)
  const active = (): string | null =>
    leadsBy(view.seen(), wish.uplinks, { meant: meant.uplink(), facts: view.facts() })
  const plansFor = (uplink: string | null): ReturnType<typeof routerPlanOf> => {
    const [facts, seen] = [view.facts(), view.seen()]
    const dead6 = new Set(wish.uplinks.map(({ id }) => id).filter(options.isDead6))
    const alive = leader.alive()
    const plans = routerPlanOf(wish, { numbers, facts, seen, active: uplink, alive, dead6 })
    return { ...plans, routing: { ...plans.routing, families } }
  }
  const routing = keepRouting({ clock, sys, memory: options.memory, repairs, onDrift, onRead: view.changed })
  const ruleset = keepRuleset({
    clock,
    sys,
    repairs,
    onDrift: (change) => onDrift({ changes: [change], repaired: repairs }),
  })
  const former = formerUplinks(numbers, wish)
  const flows = createFlowSweeper({
    ...options,
    uplinks: [...routedUplinks(wish, numbers, new Map()), ...former],
    isDead: (uplink) => former.some(({ id }) => id === uplink) || options.isDead(uplink),
    active,
  })
  const leader = keepNetworksLed({ ...options, sweep: flows.end })
  const switcher = createSwitcher({
    clock,
    sys,
    planFor: (uplink) => plansFor(uplink).routing,
    active,
    flows,
    takesBack: routing.takesBack,
    onTaken(plan, done) {
      routing.took(plan, done)
      if (plan.active !== null) meant.moved(plan.active)
    },
    onHalfTaken: routing.doubt,
  })
  return { view, meant, active, plansFor, routing, ruleset, flows, leader, switcher }
}
