import type { Address, LinkState } from '../messages/link.ts'
import { type Deviation, deviation, type Found, type ObservedNode } from './deviation.ts'
import type { Host, HostInterface, Phone, Topology } from './schema.ts'
import { contains, parseAddress, parseSubnet, sameAddress } from './subnet.ts'

type Place = { readonly host: Host; readonly nic: HostInterface; readonly link: LinkState }

/** Planned interfaces that do not ask for addresses are held to theirs; link-local ones are nobody's plan. */
export const addressDeviations = (topology: Topology, place: Place): Found[] => {
  if (place.nic.dhcp === true) return []
  const there = place.link.addresses.filter(({ scope }) => scope === 'global')
  return [
    ...lacking(place, there),
    ...there.flatMap(
      (address) => oneTooMany(topology, place, address) ?? wrongPrefix(topology, place, address),
    ),
  ]
}

const lacking = ({ host, nic }: Place, there: readonly Address[]): Found[] =>
  nic.addresses
    .filter((address) => !there.some((have) => sameAddress(have.address, address)))
    .map((address) => ({
      code: 'address-missing',
      expected: address,
      observed: listOf(there),
      message: `${host.name} ${nic.name} lacks its address ${address}`,
    }))

/** Unplanned IPv4; IPv6 comes by router advertisement, and the common k3s address goes to whichever server serves it. */
const oneTooMany = (
  topology: Topology,
  { host, nic }: Place,
  { address, family }: Address,
): Found[] | null => {
  if (nic.addresses.some((planned) => sameAddress(planned, address))) return null
  if (family === 'ipv6') return []
  const { k3s } = topology
  if (k3s && host.k3s?.role === 'server' && sameAddress(k3s.vip, address)) return []
  return [
    {
      code: 'address-unexpected',
      severity: 'warning',
      expected: nic.addresses.join(', ') || 'none',
      observed: address,
      message: `${host.name} ${nic.name} has ${address}, which is not planned`,
    },
  ]
}

/** With another prefix than its VLAN's, a host takes neighbours for strangers or strangers for neighbours. */
const wrongPrefix = (topology: Topology, { host, nic }: Place, { address, prefix }: Address): Found[] => {
  const vlan = topology.vlans.find(({ id }) => id === nic.vlan)
  const parsed = parseAddress(address)
  const net = [vlan?.subnet, vlan?.subnet6]
    .map((text) => (text === undefined ? null : parseSubnet(text)))
    .find((net) => net && parsed && contains(net, parsed))
  if (!net || net.prefix === prefix) return []
  return [
    {
      code: 'address-wrong-prefix',
      severity: 'warning',
      expected: `/${net.prefix}`,
      observed: `/${prefix}`,
      message: `${host.name} ${nic.name} has ${address}/${prefix}, and its VLAN is a /${net.prefix}`,
    },
  ]
}

/** Of a phone the plan knows one address, on whichever interface. One that shows no address at all is not allowed to. */
export const phoneDeviations = (phone: Phone, { links }: ObservedNode): Deviation[] => {
  const all = Object.entries(links ?? {}).flatMap(([name, { addresses }]) =>
    addresses.map((address) => ({ name, ...address })),
  )
  if (all.length === 0 || all.some(({ address }) => sameAddress(address, phone.address))) return []
  const there = all.filter(({ scope, family }) => scope === 'global' && family === 'ipv4')
  return [
    deviation(phone.name, there[0]?.name ?? 'any', {
      code: 'address-missing',
      expected: phone.address,
      observed: listOf(there),
      message: `${phone.name} lacks its address ${phone.address}`,
    }),
  ]
}

const listOf = (addresses: readonly Address[]): string =>
  addresses.map(({ address }) => address).join(', ') || 'none'
