import type { Contradiction, TopologyRule } from './check.ts'
import type { Topology, Vlan } from './schema.ts'
import { type Family, overlap, parseSubnet, type Subnet } from './subnet.ts'

export type VlanNet = { readonly vlan: Vlan; readonly net: Subnet; readonly path: string }

const FAMILY_OF: Readonly<Record<'subnet' | 'subnet6', Family>> = { subnet: 'ipv4', subnet6: 'ipv6' }
const KEYS = ['subnet', 'subnet6'] as const

/** Every subnet of every VLAN that can be read. */
export const netsOf = ({ vlans }: Topology): VlanNet[] =>
  vlans.flatMap((vlan, i) =>
    KEYS.flatMap((key) => {
      const text = vlan[key]
      const net = text === undefined ? null : parseSubnet(text)
      return net ? [{ vlan, net, path: `/vlans/${i}/${key}` }] : []
    }),
  )

const malformed: TopologyRule = ({ vlans }) =>
  vlans.flatMap((vlan, i) =>
    KEYS.flatMap((key): Contradiction[] => {
      const text = vlan[key]
      const fault = text === undefined ? null : faultOf(text, FAMILY_OF[key])
      if (fault === null) return []
      const culprits = [`/vlans/${i}/${key}`, `/vlans/${i}/name`] as const
      return [{ code: 'subnet-malformed', message: `${text} of ${vlan.name} ${fault}`, culprits }]
    }),
  )

const faultOf = (text: string, family: Family): string | null => {
  const net = parseSubnet(text)
  if (!net) return 'is no network: an address is malformed, or bits behind the prefix are set'
  return net.family === family ? null : `is no ${family === 'ipv4' ? 'IPv4' : 'IPv6'} network`
}

const overlaps: TopologyRule = (topology) => {
  const nets = netsOf(topology)
  return nets.flatMap((a, i) =>
    nets
      .slice(i + 1)
      .filter((b) => overlap(a.net, b.net))
      .map((b) => ({
        code: 'subnets-overlap' as const,
        message: `the networks of ${a.vlan.name} and ${b.vlan.name} overlap`,
        culprits: [a.path, b.path] as const,
      })),
  )
}

export const subnetRules: readonly TopologyRule[] = [malformed, overlaps]
