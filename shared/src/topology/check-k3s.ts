import type { Contradiction, TopologyRule } from './check.ts'
import { netsOf } from './check-subnets.ts'
import { readK3sFlags } from './k3s-flags.ts'
import { addressPlaces, type K3sPlace, k3sPlaces, sharing } from './places.ts'
import type { Topology } from './schema.ts'
import { contains, isReserved, parseAddress, sameAddress } from './subnet.ts'

const nodeIps: TopologyRule = (topology) =>
  k3sPlaces(topology).flatMap(({ name, path, of, addresses, k3s }): Contradiction[] => {
    if (addresses.some((address) => sameAddress(address, k3s.nodeIp))) return []
    const all = addresses.join(', ') || 'none'
    const message = `k3s on ${name} is to say ${k3s.nodeIp}, which is none of its addresses (${all})`
    return [{ code: 'k3s-node-ip', message, culprits: [`${path}/nodeIp`, of] }]
  })

/** Flags repeat what other places of the plan say; k3s obeys the flags, so they must say the same. */
const flags: TopologyRule = (topology) =>
  k3sPlaces(topology).flatMap((place) =>
    readK3sFlags(place.k3s.flags ?? []).flatMap(({ name, value, index }): Contradiction[] => {
      const against = flagAgainst(name, value, place)
      if (!against) return []
      const message = `k3s on ${place.name} has --${name}${value && ` ${value}`}, and ${against.says}`
      return [{ code: 'k3s-flags', message, culprits: [`${place.path}/flags/${index}`, against.path] }]
    }),
  )

type Against = { readonly says: string; readonly path: string }

/** What contradicts one flag, or null. */
const flagAgainst = (name: string, value: string, { k3s, path, of, names }: K3sPlace): Against | null => {
  switch (name) {
    case 'node-ip':
    case 'i':
    case 'advertise-address': {
      // Two families are two addresses; the planned one must be among them.
      const said = value.split(',').map((address) => address.trim())
      if (said.some((address) => sameAddress(address, k3s.nodeIp))) return null
      return { says: `its address is ${k3s.nodeIp}`, path: `${path}/nodeIp` }
    }
    case 'server':
    case 's':
      if (value === k3s.serverAddr) return null
      return k3s.serverAddr === undefined
        ? { says: 'it joins nobody', path }
        : { says: `it joins ${k3s.serverAddr}`, path: `${path}/serverAddr` }
    case 'cluster-init':
      if (k3s.clusterInit === true || value === 'false') return null
      return { says: 'it is not the one that begins the cluster', path }
    case 'flannel-iface':
      if (names === null || names.includes(value)) return null
      return { says: `its interfaces are ${names.join(', ')}`, path: of }
    default:
      return null
  }
}

/** Who joins must be told an address that a server has, or the common one, at the port of the plan. */
const servers: TopologyRule = (topology) => {
  const places = k3sPlaces(topology)
  const served = [
    ...places.filter(({ k3s }) => k3s.role === 'server').map(({ k3s }) => k3s.nodeIp),
    ...(topology.k3s ? [topology.k3s.vip] : []),
  ]
  return places.flatMap(({ name, path, k3s }): Contradiction[] => {
    if (k3s.serverAddr === undefined) return []
    const [, host = '', port = '443'] =
      /^https:\/\/\[?([0-9a-fA-F.:]+?)\]?(?::(\d+))?$/.exec(k3s.serverAddr) ?? []
    const at = `${path}/serverAddr`
    if (!served.some((address) => sameAddress(address, host))) {
      const message = `k3s on ${name} joins ${k3s.serverAddr}, where no server is planned`
      return [{ code: 'k3s-server', message, culprits: [at, topology.k3s ? '/k3s' : '/hosts'] }]
    }
    if (!topology.k3s || Number(port) === topology.k3s.port) return []
    const message = `k3s on ${name} joins ${k3s.serverAddr}, and its port is ${topology.k3s.port}`
    return [{ code: 'k3s-server', message, culprits: [at, '/k3s/port'] }]
  })
}

/** Two servers that each begin a cluster make two clusters. */
const clusterInit: TopologyRule = (topology) =>
  sharing(
    k3sPlaces(topology).filter(({ k3s }) => k3s.clusterInit === true),
    () => 'one cluster',
  ).map(([first, again]) => ({
    code: 'k3s-cluster-init-twice',
    message: `${first.name} and ${again.name} would each begin a k3s cluster`,
    culprits: [`${first.path}/clusterInit`, `${again.path}/clusterInit`],
  }))

/** The common address lies in a VLAN and is nobody's own: neither a node's nor a gateway. */
const vip: TopologyRule = (topology) => {
  if (!topology.k3s) return []
  const { vip } = topology.k3s
  const address = parseAddress(vip)
  if (!address) return [] // malformed is another rule's
  const fault = (message: string, culprit: string): Contradiction[] => [
    { code: 'k3s-vip', message: `the k3s address ${vip} ${message}`, culprits: ['/k3s/vip', culprit] },
  ]
  const inside = netsOf(topology).find(({ net }) => contains(net, address))
  if (!inside) return fault('is in no VLAN', '/vlans')
  if (isReserved(inside.net, address))
    return fault(`is the network or broadcast address of ${inside.vlan.name}`, inside.path)
  const holder = takenBy(topology, vip)
  return holder ? fault(`is taken by ${holder.owner}`, holder.path) : []
}

const takenBy = (topology: Topology, vip: string): { owner: string; path: string } | undefined =>
  [
    ...addressPlaces(topology),
    ...topology.vlans.map(({ name, gateway }, i) => ({
      address: gateway,
      owner: `the gateway of ${name}`,
      path: `/vlans/${i}/gateway`,
    })),
  ].find(({ address }) => sameAddress(address, vip))

export const k3sRules: readonly TopologyRule[] = [nodeIps, flags, servers, clusterInit, vip]
