import { addressDeviations, phoneDeviations } from './address-deviations.ts'
import {
  brokenParent,
  type Deviation,
  deviation,
  type Found,
  type ObservedNode,
  standingOf,
} from './deviation.ts'
import { gatewayDeviations } from './gateway-deviations.ts'
import type { Host, HostInterface, Topology } from './schema.ts'
import { unplannedVlans, vlanDeviations } from './vlan-deviations.ts'

export type { Deviation, DeviationCode, ObservedNode } from './deviation.ts'

/**
 * Where every node that has reported deviates from the plan, in the plan's order. Interfaces of which the plan says
 * nothing are nobody's business, but for VLANs and default routes that nobody planned. Pure.
 */
export const deviations = (
  topology: Topology,
  observed: Readonly<Record<string, ObservedNode>>,
): Deviation[] => [
  ...topology.hosts.flatMap((host) => {
    const node = observed[host.name]
    return node ? hostDeviations(topology, host, node) : []
  }),
  ...topology.phones.flatMap((phone) => {
    const node = observed[phone.name]
    return node ? phoneDeviations(phone, node) : []
  }),
]

const hostDeviations = (topology: Topology, host: Host, node: ObservedNode): Deviation[] => [
  ...host.interfaces.flatMap((nic) =>
    interfaceDeviations(topology, { host, nic }, node).map((found) => deviation(host.name, nic.name, found)),
  ),
  ...unplannedVlans(host, node),
  ...gatewayDeviations(topology, host, node),
]

type Planned = { readonly host: Host; readonly nic: HostInterface }

const interfaceDeviations = (topology: Topology, { host, nic }: Planned, node: ObservedNode): Found[] => {
  const name = `${host.name} ${nic.name}`
  const standing = standingOf(nic.name, nic.tagged, node)
  if (standing === 'missing') return [missing(nic, node, name)]
  const found = nic.tagged ? vlanDeviations(nic, node, name) : []
  if (standing === 'down') return [...found, down(nic, node, name)]
  const link = node.links?.[nic.name]
  return link ? [...found, ...addressDeviations(topology, { host, nic, link })] : found
}

const missing = (nic: HostInterface, node: ObservedNode, name: string): Found => ({
  code: nic.tagged ? 'vlan-missing' : 'interface-missing',
  expected: nic.tagged ? `VLAN ${nic.vlan}` : 'there',
  observed: 'missing',
  followsFrom: brokenParent(nic, node),
  message: `${name}${nic.tagged ? ` (VLAN ${nic.vlan})` : ''} is missing`,
})

const down = (nic: HostInterface, node: ObservedNode, name: string): Found => ({
  code: nic.tagged ? 'vlan-down' : 'interface-down',
  expected: 'up',
  observed: node.links?.[nic.name]?.adminUp === false ? 'switched off' : 'no carrier',
  followsFrom: brokenParent(nic, node),
  message: `${name}${nic.tagged ? ` (VLAN ${nic.vlan})` : ''} is down`,
})
