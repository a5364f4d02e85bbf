import type { Route } from '@infra-home/shared/messages/routes.ts'
import type { WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { contains, parseAddress } from '@infra-home/shared/topology/subnet.ts'
import type { LayerVerdict, PathEvidence } from '@infra-home/shared/wan/path.ts'
import type { IpInterface } from '../parse/ip-addr.ts'
import type { Neighbour } from '../parse/ip-neigh.ts'
import { FAMILIES } from '../router/families.ts'
import { isOurRoute, tableOf } from '../router/ours.ts'
import type { UplinkNetwork } from '../router/plan.ts'
import { subnetOf } from './subnet-of.ts'

/** What the kernel shows of this machine's network. */
export type NetworkSeen = {
  readonly interfaces: readonly IpInterface[]
  readonly routes: readonly Route[]
  readonly neighbours: readonly Neighbour[]
}

export type UplinkFacts = {
  readonly link: PathEvidence['link']
  readonly networks: readonly UplinkNetwork[]
  /** Whether the gateway answered of late; no more than that. */
  readonly gateway: LayerVerdict
  /** Of the link, bytes; null while unknown. */
  readonly mtu: number | null
}

/** Of each uplink, by its id. */
export type Facts = ReadonlyMap<string, UplinkFacts>

export const hasIpv6 = (facts: Pick<UplinkFacts, 'networks'> | undefined): boolean =>
  facts?.networks.some(({ family }) => family === 'ipv6') ?? false

/** What there is of an uplink. Pure. */
export const factsOf = (
  uplink: Pick<WishedUplink, 'interface' | 'kind'> & { readonly index: number },
  seen: NetworkSeen,
): UplinkFacts => {
  const device = seen.interfaces.find(({ name }) => name === uplink.interface)
  if (!device)
    return {
      link: uplink.kind === 'phone-tether' ? 'asleep' : 'gone',
      networks: [],
      gateway: 'unknown',
      mtu: null,
    }
  const networks = device.adminUp ? networksOf(device, uplink, seen.routes) : []
  return {
    link: linkOf(device, uplink.kind),
    networks,
    gateway: gatewayVerdict(networks, uplink.interface, seen.neighbours),
    mtu: device.mtu,
  }
}

const linkOf = ({ adminUp, carrier }: IpInterface, kind: WishedUplink['kind']): UplinkFacts['link'] => {
  if (adminUp && carrier) return 'up'
  if (kind === 'phone-tether') return 'asleep'
  return kind === 'wifi-4g' && adminUp ? 'no-network' : 'no-carrier'
}

const networksOf = (
  device: IpInterface,
  uplink: { readonly interface: string; readonly index: number },
  routes: readonly Route[],
): UplinkNetwork[] => {
  const defaults = routes.filter(
    ({ interface: name, destination }) => name === device.name && destination === 'default',
  )
  return FAMILIES.flatMap((family) => {
    const addresses = device.addresses.filter((one) => one.family === family && one.scope === 'global')
    const candidates = addresses.flatMap(({ address, prefix }) => {
      const subnet = subnetOf(address, prefix)
      const own = defaults.filter((route) => route.family === family)
      const hop = subnet && hopIn(own, { subnet, isPointToPoint: device.isPointToPoint, uplink })
      return subnet && hop ? [{ family, address, subnet: subnet.text, gateway: hop.gateway }] : []
    })
    return candidates.toSorted((a, b) => Number(isHost(a.subnet)) - Number(isHost(b.subnet))).slice(0, 1)
  })
}

/** DHCPv6 gives an address without a network (RFC 5942): one with a network says more. */
const isHost = (subnet: string): boolean => !subnet.includes('/')

/**
 * Where others say that the world is. When they say it no more, as some do after renewing an IPv4 lease, where it was as long as that is still next to
 * us; an IPv6 router that is advertised no more leads nowhere (RFC 4861 §6.3.4), and its link-local address would be next to us for ever. Where the other
 * end of the device is all that there is, no next hop is needed, and none that is far away is asked for. Null where nobody says anything.
 */
const hopIn = (
  defaults: readonly Route[],
  {
    subnet,
    isPointToPoint,
    uplink,
  }: {
    readonly subnet: NonNullable<ReturnType<typeof subnetOf>>
    readonly isPointToPoint: boolean
    readonly uplink: { readonly index: number }
  },
): Pick<UplinkNetwork, 'gateway'> | null => {
  const isNear = ({ gateway, family }: Route): boolean => {
    const address = parseAddress(gateway ?? '')
    return (
      address !== null &&
      (contains(subnet, address) || (family === 'ipv6' && (gateway ?? '').startsWith('fe80:')))
    )
  }
  const hops = defaults.flatMap((route) => {
    if (isNear(route)) return [{ route, gateway: route.gateway }]
    return route.gateway === null || isPointToPoint ? [{ route, gateway: null }] : []
  })
  const theirs = hops
    .filter(({ route }) => !isOurRoute(route))
    .toSorted((a, b) => (a.route.metric ?? 0) - (b.route.metric ?? 0))
  const ours = hops.find(
    ({ route }) => route.family === 'ipv4' && isOurRoute(route) && route.table === tableOf(uplink),
  )
  return theirs[0] ?? ours ?? null
}

const gatewayVerdict = (
  networks: readonly UplinkNetwork[],
  device: string,
  neighbours: readonly Neighbour[],
): LayerVerdict => {
  const gateways = new Set(networks.map(({ gateway }) => gateway))
  const near = neighbours.filter((one) => one.interface === device && gateways.has(one.address))
  if (near.some(({ verdict }) => verdict === 'works')) return 'works'
  return near.some(({ verdict }) => verdict === 'fails') ? 'fails' : 'unknown'
}
