import { FAMILIES, type Family } from './families.ts'
import type { RouterPlan, Routing } from './plan.ts'
import { portsOf } from './uplink-ports.ts'
import { mainRoutes, tableRoutes } from './uplink-routes.ts'
import { closingRules, ledRules, nearRule, rulesOf } from './uplink-rules.ts'

/**
 * The rules and routes that a plan needs. A table for each uplink, which ends in an unreachable default; rules that lead whoever has its
 * address, is bound to its device or carries its mark into it, before anything else is asked; and rules for networks that are led by another than the
 * one in use. Pure.
 */
export const wantedRouting = (plan: RouterPlan): Routing => {
  const { uplinks, lans, active, led = [], families = FAMILIES, closed = [] } = plan
  const isSpoken = ({ family }: { readonly family: Family }): boolean => families.includes(family)
  const isOpen = ({ family }: { readonly family: Family }): boolean => !closed.includes(family)
  return {
    rules: [
      ...uplinks.flatMap((uplink) => rulesOf(uplink, portsOf(uplinks, uplink.id))),
      ...(uplinks.length > 0 ? FAMILIES.map(nearRule) : []),
      ...led.flatMap((network) => ledRules(network, uplinks)),
      ...closed.flatMap(closingRules),
    ].filter(isSpoken),
    routes: uplinks
      .flatMap((uplink) => [
        ...tableRoutes(uplink, lans),
        ...(uplink.id === active ? mainRoutes(uplink).filter(isOpen) : []),
      ])
      .filter(isSpoken),
  }
}
