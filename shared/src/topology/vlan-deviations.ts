import { type Deviation, deviation, type Found, type ObservedNode } from './deviation.ts'
import { parentOf } from './places.ts'
import type { Host, HostInterface } from './schema.ts'

/** What is wrong with a tagged interface that is there: whether it is a VLAN at all, which, and on what. */
export const vlanDeviations = (nic: HostInterface, node: ObservedNode, name: string): Found[] => {
  if (!node.vlans) return []
  const vlan = node.vlans[nic.name]
  if (!vlan)
    return [
      {
        code: 'vlan-missing',
        expected: `VLAN ${nic.vlan}`,
        observed: 'no VLAN interface',
        message: `${name} is there and is no VLAN interface`,
      },
    ]
  const found: Found[] = []
  const parent = parentOf(nic.name)
  if (vlan.vlanId !== nic.vlan)
    found.push({
      code: 'vlan-wrong-id',
      expected: String(nic.vlan),
      observed: String(vlan.vlanId),
      message: `${name} carries VLAN ${vlan.vlanId} instead of ${nic.vlan}`,
    })
  if (parent !== null && vlan.parent !== parent)
    found.push({
      code: 'vlan-wrong-parent',
      expected: parent,
      observed: vlan.parent,
      message: `${name} hangs on ${vlan.parent} instead of ${parent}`,
    })
  return found
}

/** VLANs that are there and that nobody planned for this host. */
export const unplannedVlans = (host: Host, { vlans }: ObservedNode): Deviation[] => {
  const planned = new Set(host.interfaces.map(({ name }) => name))
  return Object.entries(vlans ?? {})
    .filter(([name]) => !planned.has(name))
    .map(([name, { vlanId, parent }]) =>
      deviation(host.name, name, {
        code: 'vlan-unexpected',
        severity: 'warning',
        expected: 'none',
        observed: `VLAN ${vlanId} on ${parent}`,
        message: `${host.name} ${name} carries VLAN ${vlanId}, which is not planned there`,
      }),
    )
}
