import type { Route, Rule } from '@infra-home/shared/messages/routes.ts'

type Family = Route['family']

/** An address that an uplink was given, and what it leads to. */
export type UplinkNetwork = {
  readonly family: Family
  readonly address: string
  /** `192.168.8.0/24`: what is reached without the gateway. */
  readonly subnet: string
  readonly gateway: string
}

export type RoutedUplink = {
  readonly id: string
  /** 1 to 40, and the same for as long as the uplink exists: tables, rules and marks are numbered by it. */
  readonly index: number
  readonly interface: string
  readonly networks: readonly UplinkNetwork[]
}

export type RoutedLan = { readonly interface: string; readonly family: Family; readonly subnet: string }

export type RouterPlan = {
  readonly uplinks: readonly RoutedUplink[]
  readonly lans: readonly RoutedLan[]
  /** Where what is not pinned elsewhere goes; null for nowhere of ours. */
  readonly active: string | null
  /** Both, unless this kernel speaks no IPv6. */
  readonly families?: readonly Family[]
}

/** What the kernel has, or is to have, as `ip` shows it. */
export type Routing = { readonly rules: readonly Rule[]; readonly routes: readonly Route[] }

/** Who put a route there, as rtnetlink(7) numbers that: one to which iproute2 gives no name, since it would show that instead. */
export const OUR_PROTOCOL = '173'
/** Of our default route in the main table: before those that DHCP clients and NetworkManager make, and never one of theirs. */
const DEFAULT_METRIC = 50
/** The worst there is: it stands where nothing else does, so that an emptied table does not fall through to the next. */
const LAST_METRIC = 4_294_967_295

const FIRST_TABLE = 8100
const RULES = { address: 8000, device: 8050, mark: 8100 } as const
const MOST_UPLINKS = 40
/** The bits of a packet's mark that are ours. */
export const MARK_MASK = 0xff0000

export const tableOf = ({ index }: Pick<RoutedUplink, 'index'>): string => String(FIRST_TABLE + index)
export const markOf = ({ index }: Pick<RoutedUplink, 'index'>): number => index << 16

/** True for a rule of ours: by its number. */
export const isOurRule = ({ priority }: Rule): boolean =>
  priority > RULES.address && priority <= RULES.mark + MOST_UPLINKS
/** True for a route of ours: by who put it there. */
export const isOurRoute = ({ protocol }: Route): boolean => protocol === OUR_PROTOCOL

/**
 * The rules and routes that a plan needs. A table for each uplink, which ends in an unreachable default; rules that lead whoever has its
 * address, is bound to its device or carries its mark into it, before anything else is asked. Pure.
 */
export const wantedRouting = ({ uplinks, lans, active, families = FAMILIES }: RouterPlan): Routing => {
  const isSpoken = ({ family }: { readonly family: Family }): boolean => families.includes(family)
  return {
    rules: uplinks.flatMap((uplink) => rulesOf(uplink)).filter(isSpoken),
    routes: uplinks
      .flatMap((uplink) => [
        ...tableRoutes(uplink, lans),
        ...(uplink.id === active ? mainRoutes(uplink) : []),
      ])
      .filter(isSpoken),
  }
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6']

const rulesOf = (uplink: RoutedUplink): Rule[] => {
  const { index, networks } = uplink
  const action = `lookup ${tableOf(uplink)}`
  const mark = `fwmark ${hex(markOf(uplink))}/${hex(MARK_MASK)}`
  return [
    ...networks.map(({ family, address }) => ({
      family,
      priority: RULES.address + index,
      selector: `from ${address}`,
      action,
    })),
    ...FAMILIES.flatMap((family) => [
      { family, priority: RULES.device + index, selector: `from all oif ${uplink.interface}`, action },
      { family, priority: RULES.mark + index, selector: `from all ${mark}`, action },
    ]),
  ]
}

const hex = (value: number): string => `0x${value.toString(16)}`

const tableRoutes = (uplink: RoutedUplink, lans: readonly RoutedLan[]): Route[] => {
  const table = tableOf(uplink)
  const { networks, interface: device } = uplink
  return [
    ...networks.flatMap(({ family, subnet, gateway }) => [
      route({ family, destination: subnet, interface: device, table }),
      route({ family, destination: 'default', gateway, interface: device, table }),
    ]),
    ...lans.map(({ family, subnet, interface: lan }) =>
      route({ family, destination: subnet, interface: lan, table }),
    ),
    ...FAMILIES.map((family) =>
      route({ family, kind: 'unreachable', destination: 'default', table, metric: LAST_METRIC }),
    ),
  ]
}

const mainRoutes = ({ networks, interface: device }: RoutedUplink): Route[] =>
  networks.map(({ family, gateway }) =>
    route({
      family,
      destination: 'default',
      gateway,
      interface: device,
      table: 'main',
      metric: DEFAULT_METRIC,
    }),
  )

const route = (known: Pick<Route, 'family' | 'destination' | 'table'> & Partial<Route>): Route => ({
  kind: 'unicast',
  gateway: null,
  interface: null,
  source: null,
  metric: null,
  protocol: OUR_PROTOCOL,
  ...known,
})
