import type { Route } from '@infra-home/shared/messages/routes.ts'
import type { WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { contains, parseAddress } from '@infra-home/shared/topology/subnet.ts'
import type { LayerVerdict, PathEvidence } from '@infra-home/shared/wan/path.ts'
import type { IpInterface } from '../parse/ip-addr.ts'
import type { Neighbour } from '../parse/ip-neigh.ts'
import { isOurRoute, tableOf, type UplinkNetwork } from '../router/plan.ts'
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
    (route) => route.interface === device.name && route.destination === 'default' && route.gateway !== null,
  )
  return (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const addresses = device.addresses.filter((one) => one.family === family && one.scope === 'global')
    const candidates = addresses.flatMap(({ address, prefix }) => {
      const subnet = subnetOf(address, prefix)
      const gateway =
        subnet &&
        gatewayIn(
          defaults.filter((route) => route.family === family),
          subnet,
          uplink,
        )
      return subnet && gateway ? [{ family, address, subnet: subnet.text, gateway }] : []
    })
    return candidates.toSorted((a, b) => Number(isHost(a.subnet)) - Number(isHost(b.subnet))).slice(0, 1)
  })
}

/** DHCPv6 gives an address without a network (RFC 5942): one with a network says more. */
const isHost = (subnet: string): boolean => !subnet.includes('/')

/**
 * Where others say that the world is. When they say it no more, as some do after renewing an IPv4 lease, where it was as long as that is still next to
 * us; an IPv6 router that is advertised no more leads nowhere (RFC 4861 §6.3.4), and its link-local address would be next to us for ever.
 */
const gatewayIn = (
  defaults: readonly Route[],
  subnet: NonNullable<ReturnType<typeof subnetOf>>,
  uplink: { readonly index: number },
): string | null => {
  const isNear = ({ gateway, family }: Route): boolean => {
    const address = parseAddress(gateway ?? '')
    return (
      address !== null &&
      (contains(subnet, address) || (family === 'ipv6' && (gateway ?? '').startsWith('fe80:')))
    )
  }
  const near = defaults.filter(isNear)
  const theirs = near.filter((route) => !isOurRoute(route)).sort((a, b) => (a.metric ?? 0) - (b.metric ?? 0))
  const ours = near.find(
    (route) => route.family === 'ipv4' && isOurRoute(route) && route.table === tableOf(uplink),
  )
  return theirs[0]?.gateway ?? ours?.gateway ?? null
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
