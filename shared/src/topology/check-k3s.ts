import type { Contradiction, TopologyRule } from './check.ts'
import { addressPlaces } from './places.ts'
import type { Topology } from './schema.ts'
import { contains, parseAddress, parseSubnet } from './subnet.ts'

type K3sPlace = {
  readonly name: string
  readonly path: string
  readonly addresses: readonly string[]
  readonly k3s: NonNullable<Topology['hosts'][number]['k3s']>
}

const k3sPlaces = ({ hosts, phones }: Topology): K3sPlace[] => [
  ...hosts.flatMap(({ name, k3s, interfaces }, i) =>
    k3s ? [{ name, k3s, path: `/hosts/${i}`, addresses: interfaces.flatMap((nic) => nic.addresses) }] : [],
  ),
  ...phones.flatMap(({ name, k3s, address }, i) =>
    k3s ? [{ name, k3s, path: `/phones/${i}`, addresses: [address] }] : [],
  ),
]

const same = (a: string, b: string): boolean => {
  const [x, y] = [parseAddress(a), parseAddress(b)]
  return x !== null && x.family === y?.family && x.value === y.value
}

const nodeIps: TopologyRule = (topology) =>
  k3sPlaces(topology).flatMap(({ name, path, addresses, k3s }): Contradiction[] => {
    if (addresses.some((address) => same(address, k3s.nodeIp))) return []
    const message = `k3s on ${name} is to say ${k3s.nodeIp}, which is none of its addresses (${addresses.join(', ')})`
    return [{ code: 'k3s-node-ip', message, culprits: [`${path}/k3s/nodeIp`, path] }]
  })

/** `--node-ip=A` or `--node-ip A` in the flags must be the node's own address. */
const flags: TopologyRule = (topology) =>
  k3sPlaces(topology).flatMap(({ name, path, k3s }) =>
    (k3s.flags ?? []).flatMap((flag, i): Contradiction[] => {
      const said = /^--(?:node-ip|advertise-address)[= ](.+)$/.exec(flag)?.[1]
      if (said === undefined || same(said, k3s.nodeIp)) return []
      const message = `k3s on ${name} has ${flag}, and its address is ${k3s.nodeIp}`
      return [{ code: 'k3s-flags', message, culprits: [`${path}/k3s/flags/${i}`, `${path}/k3s/nodeIp`] }]
    }),
  )

/** Who joins must be told an address that a server has, or the common one. */
const servers: TopologyRule = (topology) => {
  const places = k3sPlaces(topology)
  const served = [
    ...places.filter(({ k3s }) => k3s.role === 'server').map(({ k3s }) => k3s.nodeIp),
    ...(topology.k3s ? [topology.k3s.vip] : []),
  ]
  return places.flatMap(({ name, path, k3s }): Contradiction[] => {
    if (k3s.serverAddr === undefined) return []
    const host = /^https:\/\/\[?([0-9a-fA-F.:]+?)\]?(?::\d+)?$/.exec(k3s.serverAddr)?.[1]
    if (host !== undefined && served.some((address) => same(address, host))) return []
    const message = `k3s on ${name} joins ${k3s.serverAddr}, where no server is planned`
    return [{ code: 'k3s-server', message, culprits: [`${path}/k3s/serverAddr`, '/k3s'] }]
  })
}

const vip: TopologyRule = (topology) => {
  if (!topology.k3s) return []
  const address = parseAddress(topology.k3s.vip)
  const nets = topology.vlans.map(({ subnet }) => parseSubnet(subnet))
  const { vip } = topology.k3s
  if (!address || !nets.some((net) => net && contains(net, address)))
    return [
      { code: 'k3s-vip', message: `the k3s address ${vip} is in no VLAN`, culprits: ['/k3s/vip', '/vlans'] },
    ]
  const holder = addressPlaces(topology).find((place) => same(place.address, vip))
  if (!holder) return []
  return [
    {
      code: 'k3s-vip',
      message: `the k3s address ${vip} is ${holder.owner}'s own`,
      culprits: ['/k3s/vip', holder.path],
    },
  ]
}

export const k3sRules: readonly TopologyRule[] = [nodeIps, flags, servers, vip]
