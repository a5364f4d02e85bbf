import type { Contradiction, TopologyRule } from './check.ts'
import { netsOf } from './check-subnets.ts'
import { addressPlaces, type AddressPlace, addressTexts, sharing } from './places.ts'
import type { Topology } from './schema.ts'
import { contains, type IpAddress, isReserved, parseAddress } from './subnet.ts'

/** The schema's pattern lets through what only looks like an address: 10.300.0.1. */
const malformed: TopologyRule = (topology) =>
  addressTexts(topology)
    .filter(({ address }) => parseAddress(address) === null)
    .map(({ address, owner, path, of }) => ({
      code: 'address-malformed',
      message: `${address} of ${owner} is no IPv4 or IPv6 address`,
      culprits: [path, of],
    }))

/** The same address is twice only when two places give it; the family's spelling does not matter. */
const twice: TopologyRule = (topology) =>
  sharing(addressPlaces(topology), ({ address }) => {
    const parsed = parseAddress(address)
    return parsed ? `${parsed.family} ${parsed.value}` : null
  }).map(([first, again]) => ({
    code: 'address-twice',
    message: `${first.owner} and ${again.owner} both have ${again.address}`,
    culprits: [first.path, again.path],
  }))

const placed: TopologyRule = (topology) =>
  addressPlaces(topology).flatMap((place) => {
    const address = parseAddress(place.address)
    if (!address) return [] // malformed is another rule's
    return place.vlan === null ? strayFaults(topology, place, address) : vlanFaults(topology, place, address)
  })

/** An interface in no VLAN with an address of one would answer for it beside the VLAN's own interface. */
const strayFaults = (topology: Topology, place: AddressPlace, address: IpAddress): Contradiction[] =>
  netsOf(topology)
    .filter(({ net }) => contains(net, address))
    .map(({ vlan, path }) => ({
      code: 'address-in-other-vlan',
      message: `${place.address} of ${place.owner} belongs to ${vlan.name}, and its interface is in no VLAN`,
      culprits: [place.path, path],
    }))

const vlanFaults = (topology: Topology, place: AddressPlace, address: IpAddress): Contradiction[] => {
  const nets = netsOf(topology).filter(({ vlan }) => vlan.id === place.vlan)
  const [first] = nets
  if (!first) return [] // an unknown VLAN is another rule's
  const { address: text, owner, path } = place
  const inside = nets.find(({ net }) => contains(net, address))
  if (!inside) {
    const message = `${text} of ${owner} is outside ${first.vlan.name} ${first.vlan.subnet}`
    return [{ code: 'address-outside-subnet', message, culprits: [path, first.path] }]
  }
  if (!isReserved(inside.net, address)) return []
  const message = `${text} of ${owner} is the network or broadcast address of ${inside.vlan.name}`
  return [{ code: 'address-reserved', message, culprits: [path, inside.path] }]
}

export const addressRules: readonly TopologyRule[] = [malformed, twice, placed]
