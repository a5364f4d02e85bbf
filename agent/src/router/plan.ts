import type { Route, Rule } from '@infra-home/shared/messages/routes.ts'
import type { PortRange } from '../sys/reach.ts'
import { FAMILIES, type Family } from './families.ts'
import { hex, MARK_MASK, maskedMark } from './marks.ts'

/** An address that an uplink was given, and what it leads to. */
export type UplinkNetwork = {
  readonly family: Family
  readonly address: string
  /** `192.168.8.0/24`: what is reached without the gateway. */
  readonly subnet: string
  /** The next hop; null where the device is all that it takes. */
  readonly gateway: string | null
}

export type RoutedUplink = {
  readonly id: string
  /** 1 to 40, and the same for as long as the uplink exists: tables, rules and marks are numbered by it. */
  readonly index: number
  readonly interface: string
  readonly networks: readonly UplinkNetwork[]
}

export type RoutedLan = { readonly interface: string; readonly family: Family; readonly subnet: string }

/** A network of the house whose way into the world is another than the one in use. */
export type LedNetwork = {
  /** Behind which it lies. */
  readonly interface: string
  /** The uplink that leads it. */
  readonly by: string
  /** In these alone; in all that the uplink has, unless told. */
  readonly families?: readonly Family[]
}

export type RouterPlan = {
  readonly uplinks: readonly RoutedUplink[]
  readonly lans: readonly RoutedLan[]
  /** Where what is not pinned elsewhere goes; null for nowhere of ours. */
  readonly active: string | null
  /** None unless told. */
  readonly led?: readonly LedNetwork[]
  /** Both, unless this kernel speaks no IPv6. */
  readonly families?: readonly Family[]
  /** In which nobody is led into the world, whatever defaults others made: they would lead by an uplink that is not in use, or nowhere. */
  readonly closed?: readonly Family[]
}

/** What the kernel has, or is to have, as `ip` shows it. */
export type Routing = { readonly rules: readonly Rule[]; readonly routes: readonly Route[] }

/** Who put a route there, as rtnetlink(7) numbers that: one to which iproute2 gives no name, since it would show that instead. */
export const OUR_PROTOCOL = '173'
/** Of our default route in the main table: before those that DHCP clients and NetworkManager make, and never one of theirs. */
export const DEFAULT_METRIC = 50
/** The worst there is: it stands where nothing else does, so that an emptied table does not fall through to the next. */
const LAST_METRIC = 4_294_967_295

const FIRST_TABLE = 8100
/**
 * Priorities of our rules. Those of addresses, devices and marks are bands with a place for each uplink. Whoever is bound to an uplink by its address or
 * device goes by it whatever he asks for. What is only pinned to one finds what is near before (`near`), since what comes back to a network of which no
 * plan knows, as that of containers, is pinned as well. Who is led elsewhere is asked last, since a flow stays where its mark pins it: he, too,
 * first finds what is near (`local`: the main table without its defaults), and then his uplink's table.
 */
const RULES = { address: 8000, device: 8050, near: 8100, mark: 8100, local: 8150, led: 8151 } as const
/** After everybody else's rules and just before the main table, of which all but its defaults is asked, and then nothing. */
const CLOSING = { main: 32_600, end: 32_601 } as const
const MOST_UPLINKS = 40
/** No network of a house is larger than 10.0.0.0/8; halves of the world are, by which a VPN makes itself the way out for new flows. */
const TOO_LARGE_TO_BE_NEAR = 7

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

/** Behind the ports that the kernel gives away by itself (ip_local_port_range, 32768 to 60999). */
const FIRST_PORT = 61_000
const PORTS_EACH = 500
const MOST_SHARING = 9

/**
 * The source ports by which an uplink is told from others that were given the same IPv4 address, as two boxes of one brand do; null for one whose
 * address is its own. Pure.
 */
export const portsOf = (
  uplinks: readonly Pick<RoutedUplink, 'id' | 'networks'>[],
  id: string,
): PortRange | null => {
  const addressOf = ({ networks }: Pick<RoutedUplink, 'networks'>): string | undefined =>
    networks.find(({ family }) => family === 'ipv4')?.address
  const own = uplinks.find((one) => one.id === id)
  const address = own && addressOf(own)
  const sharing = uplinks.filter((one) => address !== undefined && addressOf(one) === address)
  const place = sharing.findIndex((one) => one.id === id)
  if (sharing.length < 2 || place < 0 || place >= MOST_SHARING) return null
  const first = FIRST_PORT + place * PORTS_EACH
  return { first, last: first + PORTS_EACH - 1 }
}

const rulesOf = (uplink: RoutedUplink, ports: PortRange | null): Rule[] => {
  const { index, networks } = uplink
  const action = `lookup ${tableOf(uplink)}`
  const mark = `fwmark ${maskedMark(uplink)}`
  return [
    ...networks.flatMap(({ family, address }) =>
      selectorsOf(address, family === 'ipv4' ? ports : null).map((selector) => ({
        family,
        priority: RULES.address + index,
        selector,
        action,
      })),
    ),
    // before what is near: another uplink may have a network of the same addresses
    ...networks.map(({ family, subnet }) => ({
      family,
      priority: RULES.device + index,
      selector: `from all to ${subnet} ${mark}`,
      action,
    })),
    ...FAMILIES.flatMap((family) => [
      { family, priority: RULES.device + index, selector: `from all oif ${uplink.interface}`, action },
      { family, priority: RULES.mark + index, selector: `from all ${mark}`, action },
    ]),
  ]
}

const nearRule = (family: Family): Rule => ({
  family,
  priority: RULES.near,
  selector: `not from all fwmark 0/${hex(MARK_MASK)}`,
  action: `lookup main suppress_prefixlength ${TOO_LARGE_TO_BE_NEAR}`,
})

const closingRules = (family: Family): Rule[] => [
  {
    family,
    priority: CLOSING.main,
    selector: 'from all',
    action: 'lookup main suppress_prefixlength 0',
  },
  { family, priority: CLOSING.end, selector: 'from all', action: 'unreachable' },
]
/** In the families that the uplink has; in another one it goes where all go, and is judged there. */
const ledRules = (
  { interface: device, by, families = FAMILIES }: LedNetwork,
  uplinks: readonly RoutedUplink[],
): Rule[] =>
  uplinks
    .filter(({ id }) => id === by)
    .flatMap((uplink) =>
      uplink.networks
        .filter(({ family }) => families.includes(family))
        .flatMap(({ family }) => [
          {
            family,
            priority: RULES.local,
            selector: `from all iif ${device}`,
            action: 'lookup main suppress_prefixlength 0',
          },
          {
            family,
            priority: RULES.led,
            selector: `from all iif ${device}`,
            action: `lookup ${tableOf(uplink)}`,
          },
        ]),
    )

const selectorsOf = (address: string, ports: PortRange | null): string[] =>
  ports
    ? ['udp', 'tcp'].map(
        (protocol) => `from ${address} ipproto ${protocol} sport ${ports.first}-${ports.last}`,
      )
    : [`from ${address}`]

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
