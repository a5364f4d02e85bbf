import type { Contradiction, TopologyRule } from './check.ts'
import { addressPlaces, type AddressPlace, interfacePlaces, sharing } from './places.ts'
import type { Topology, Vlan } from './schema.ts'
import { contains, isReserved, overlap, parseAddress, parseSubnet, type Subnet } from './subnet.ts'

type VlanNet = { readonly vlan: Vlan; readonly net: Subnet; readonly path: string }

/** Every subnet of every VLAN that can be read. */
const netsOf = ({ vlans }: Topology): VlanNet[] =>
  vlans.flatMap((vlan, i) =>
    (['subnet', 'subnet6'] as const).flatMap((key) => {
      const text = vlan[key]
      const net = text === undefined ? null : parseSubnet(text)
      return net ? [{ vlan, net, path: `/vlans/${i}/${key}` }] : []
    }),
  )

const subnets: TopologyRule = ({ vlans }) =>
  vlans.flatMap((vlan, i) =>
    (['subnet', 'subnet6'] as const).flatMap((key): Contradiction[] => {
      const text = vlan[key]
      if (text === undefined || parseSubnet(text)) return []
      const message = `${text} is no network: an address is malformed, or bits behind the prefix are set`
      return [{ code: 'subnet-malformed', message, culprits: [`/vlans/${i}/${key}`, `/vlans/${i}/name`] }]
    }),
  )

const overlaps: TopologyRule = (topology) => {
  const nets = netsOf(topology)
  return nets.flatMap((a, i) =>
    nets.slice(i + 1).flatMap((b): Contradiction[] => {
      if (!overlap(a.net, b.net)) return []
      const message = `the networks of ${a.vlan.name} and ${b.vlan.name} overlap`
      return [{ code: 'subnets-overlap', message, culprits: [a.path, b.path] }]
    }),
  )
}

/** The same address is twice only when two places give it; the family's spelling does not matter. */
const addressesTwice: TopologyRule = (topology) =>
  sharing(addressPlaces(topology), ({ address }) => {
    const parsed = parseAddress(address)
    return parsed ? `${parsed.family} ${parsed.value}` : null
  }).map(([first, again]) => ({
    code: 'address-twice',
    message: `${first.owner} and ${again.owner} both have ${again.address}`,
    culprits: [first.path, again.path],
  }))

const outside: TopologyRule = (topology) =>
  addressPlaces(topology).flatMap((place) => placeFaults(topology, place))

const placeFaults = (
  topology: Topology,
  { address, owner, vlan: id, path }: AddressPlace,
): Contradiction[] => {
  if (id === null) return []
  const parsed = parseAddress(address)
  const nets = netsOf(topology).filter(({ vlan }) => vlan.id === id)
  const [first] = nets
  if (!first) return [] // an unknown VLAN is another rule's
  const net = parsed && nets.find((n) => contains(n.net, parsed))
  if (!net)
    return [
      {
        code: 'address-outside-subnet',
        message: `${address} of ${owner} is outside ${first.vlan.name} ${first.vlan.subnet}`,
        culprits: [path, first.path],
      },
    ]
  if (!isReserved(net.net, parsed)) return []
  const message = `${address} of ${owner} is the network or broadcast address of ${net.vlan.name}`
  return [{ code: 'address-reserved', message, culprits: [path, net.path] }]
}

const vlanGateways: TopologyRule = (topology) =>
  topology.vlans.flatMap((vlan, i): Contradiction[] => {
    const gateway = parseAddress(vlan.gateway)
    const net = parseSubnet(vlan.subnet)
    if (!net) return []
    const path = `/vlans/${i}/gateway`
    if (!gateway || !contains(net, gateway))
      return [
        {
          code: 'gateway-outside-subnet',
          message: `the gateway ${vlan.gateway} of ${vlan.name} is outside ${vlan.subnet}`,
          culprits: [path, `/vlans/${i}/subnet`],
        },
      ]
    const holder = addressPlaces(topology).find(
      ({ address }) => parseAddress(address)?.value === gateway.value,
    )
    if (!holder || topology.hosts.some(({ name, role }) => name === holder.owner && role === 'router'))
      return []
    return [
      {
        code: 'gateway-is-another-host',
        message: `the gateway ${vlan.gateway} of ${vlan.name} is ${holder.owner}, which is no router`,
        culprits: [path, holder.path],
      },
    ]
  })

/** An interface's gateway is that of its VLAN; on the router it is plan data and may name the router itself. */
const interfaceGateways: TopologyRule = (topology) =>
  interfacePlaces(topology).flatMap(({ host, nic, path }): Contradiction[] => {
    const index = topology.vlans.findIndex(({ id }) => id === nic.vlan)
    const vlan = topology.vlans[index]
    if (!vlan || nic.gateway === undefined) return []
    const gateway = parseAddress(nic.gateway)
    const net = parseSubnet(vlan.subnet)
    if (net && (!gateway || !contains(net, gateway)))
      return [
        {
          code: 'gateway-outside-subnet',
          message: `the gateway ${nic.gateway} of ${host.name} ${nic.name} is outside ${vlan.name} ${vlan.subnet}`,
          culprits: [`${path}/gateway`, `/vlans/${index}/subnet`],
        },
      ]
    const own = nic.addresses.findIndex((address) => parseAddress(address)?.value === gateway?.value)
    if (own >= 0 && host.role !== 'router')
      return [
        {
          code: 'gateway-is-another-host',
          message: `${host.name} is its own gateway ${nic.gateway}, and no router`,
          culprits: [`${path}/gateway`, `${path}/addresses/${own}`],
        },
      ]
    if (gateway?.value === parseAddress(vlan.gateway)?.value) return []
    const message = `${host.name} ${nic.name} goes by ${nic.gateway}, ${vlan.name} by ${vlan.gateway}`
    return [{ code: 'gateway-differs', message, culprits: [`${path}/gateway`, `/vlans/${index}/gateway`] }]
  })

export const addressRules: readonly TopologyRule[] = [
  subnets,
  overlaps,
  addressesTwice,
  outside,
  vlanGateways,
  interfaceGateways,
]
