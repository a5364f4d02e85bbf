import type { Contradiction, TopologyRule } from './check.ts'
import { addressPlaces, type InterfacePlace, interfacePlaces } from './places.ts'
import type { Topology, Vlan } from './schema.ts'
import { contains, isReserved, parseAddress, parseSubnet, sameAddress } from './subnet.ts'

/** A VLAN's gateway lies inside it and is nobody's, or the router's. */
const ofVlans: TopologyRule = (topology) =>
  topology.vlans.flatMap((vlan, i): Contradiction[] => {
    const place = { text: vlan.gateway, owner: vlan.name, path: `/vlans/${i}/gateway` }
    const fault = misplaced(place, vlan, `/vlans/${i}/subnet`)
    if (fault) return [fault]
    const holder = addressPlaces(topology).find(({ address }) => sameAddress(address, vlan.gateway))
    if (!holder || isRouter(topology, holder.owner)) return []
    const message = `the gateway ${vlan.gateway} of ${vlan.name} is ${holder.owner}, which is no router`
    return [{ code: 'gateway-is-another-host', message, culprits: [place.path, holder.path] }]
  })

/** An interface's gateway is that of its VLAN; on the router it is plan data and may name the router itself. */
const ofInterfaces: TopologyRule = (topology) =>
  interfacePlaces(topology).flatMap((place): Contradiction[] => {
    const index = topology.vlans.findIndex(({ id }) => id === place.nic.vlan)
    const vlan = topology.vlans[index]
    const fault = vlan && interfaceFault(place, vlan, index)
    return fault ? [fault] : []
  })

const interfaceFault = (
  { host, nic, path }: InterfacePlace,
  vlan: Vlan,
  index: number,
): Contradiction | null => {
  const { gateway } = nic
  if (gateway === undefined) return null
  const at = `${path}/gateway`
  const owner = `${host.name} ${nic.name}`
  const outside = misplaced({ text: gateway, owner, path: at }, vlan, `/vlans/${index}/subnet`)
  if (outside) return outside
  const own = nic.addresses.findIndex((address) => sameAddress(address, gateway))
  if (own >= 0 && host.role !== 'router') {
    const message = `${host.name} is its own gateway ${gateway}, and no router`
    return { code: 'gateway-is-another-host', message, culprits: [at, `${path}/addresses/${own}`] }
  }
  if (sameAddress(gateway, vlan.gateway)) return null
  const message = `${owner} goes by ${gateway}, ${vlan.name} by ${vlan.gateway}`
  return { code: 'gateway-differs', message, culprits: [at, `/vlans/${index}/gateway`] }
}

type GatewayPlace = { readonly text: string; readonly owner: string; readonly path: string }

/** What is wrong with a gateway's place in its network; malformed ones are another rule's. */
const misplaced = ({ text, owner, path }: GatewayPlace, vlan: Vlan, subnet: string): Contradiction | null => {
  const [gateway, net] = [parseAddress(text), parseSubnet(vlan.subnet)]
  if (!gateway || !net) return null
  const place = `${vlan.name} ${vlan.subnet}`
  if (!contains(net, gateway)) {
    const message = `the gateway ${text} of ${owner} is outside ${place}`
    return { code: 'gateway-outside-subnet', message, culprits: [path, subnet] }
  }
  if (!isReserved(net, gateway)) return null
  const message = `the gateway ${text} of ${owner} is the network or broadcast address of ${place}`
  return { code: 'address-reserved', message, culprits: [path, subnet] }
}

const isRouter = ({ hosts }: Topology, name: string): boolean =>
  hosts.some((host) => host.name === name && host.role === 'router')

export const gatewayRules: readonly TopologyRule[] = [ofVlans, ofInterfaces]
