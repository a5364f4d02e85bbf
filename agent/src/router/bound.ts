import { changesBetween } from './changes.ts'
import type { RoutedUplink, RouterPlan, Routing } from './plan.ts'
import { tableOf } from './ours.ts'
import { wantedRouting } from './wanted-routing.ts'

/**
 * Uplinks by which everything leaves that has their address or is bound to their device, and by no other: the kernel has all of that of the plan, and
 * nothing else of ours in its place. Pure.
 */
export const boundIn = (seen: Routing, plan: RouterPlan): ReadonlySet<string> => {
  const wanted = wantedRouting(plan)
  const isBound = (uplink: RoutedUplink): boolean =>
    uplink.networks.length > 0 && changesBetween(binding(seen, uplink), binding(wanted, uplink)).length === 0
  return new Set(plan.uplinks.filter(isBound).map(({ id }) => id))
}

/** What binds an uplink, or somebody who has its address: rules that name it, and its table without the networks of the house. */
const binding = (
  { rules, routes }: Routing,
  uplink: Pick<RoutedUplink, 'index' | 'interface' | 'networks'>,
): Routing => {
  const device = uplink.interface
  const addresses = new Set(uplink.networks.map(({ address }) => `from ${address}`))
  return {
    rules: rules.filter(
      ({ selector }) =>
        selector === `from all oif ${device}` || addresses.has(selector.split(' ', 2).join(' ')),
    ),
    routes: routes.filter(
      (route) =>
        route.table === tableOf(uplink) && (route.destination === 'default' || route.interface === device),
    ),
  }
}
