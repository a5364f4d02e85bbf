import type { Route, Rule } from '@infra-home/shared/messages/routes.ts'
import type { RoutedUplink } from './plan.ts'

/** Who put a route there, as rtnetlink(7) numbers that: one to which iproute2 gives no name, since it would show that instead. */
export const OUR_PROTOCOL = '173'
/**
 * Of our default route in the main table: before those that DHCP clients and NetworkManager make, and never one of theirs. NetworkManager has 50 for VPNs, and
 * the kernel has one place for each metric.
 */
export const DEFAULT_METRIC = 47
const FIRST_TABLE = 8100
/**
 * Priorities of our rules. Those of addresses, devices and marks are bands with a place for each uplink. Whoever is bound to an uplink by its address or
 * device goes by it whatever he asks for. What is only pinned to one finds what is near before (`near`), since what comes back to a network of which no
 * plan knows, as that of containers, is pinned as well. Who is led elsewhere is asked last, since a flow stays where its mark pins it: he, too,
 * first finds what is near (`local`: the main table without its defaults), and then his uplink's table.
 */
export const RULES = { address: 8000, device: 8050, near: 8100, mark: 8100, local: 8150, led: 8151 } as const
/** After everybody else's rules and just before the main table, of which all but its defaults is asked, and then nothing. */
export const CLOSING = { main: 32_600, end: 32_601 } as const
const MOST_UPLINKS = 40

export const tableOf = ({ index }: Pick<RoutedUplink, 'index'>): string => String(FIRST_TABLE + index)

/** True for a rule of ours: by its number. */
export const isOurRule = ({ priority }: Rule): boolean =>
  (priority > RULES.address && priority <= RULES.mark + MOST_UPLINKS) ||
  priority === RULES.local ||
  priority === RULES.led ||
  priority === CLOSING.main ||
  priority === CLOSING.end
/** True for a route of ours: by who put it there. */
export const isOurRoute = ({ protocol }: Route): boolean => protocol === OUR_PROTOCOL

/** Whether it is a default of the main table, whoever's. Pure. */
export const isMainDefault = ({ table, destination }: Pick<Route, 'table' | 'destination'>): boolean =>
  table === 'main' && destination === 'default'
