import type { Host, HostInterface, HostK3s, Phone, Topology } from './schema.ts'

/** Something with an address: who, where in the file, and in which VLAN. */
export type AddressPlace = {
  readonly address: string
  readonly owner: string
  readonly vlan: number | null
  readonly path: string
}

/** Every address that the plan gives to somebody. */
export const addressPlaces = (topology: Topology): AddressPlace[] => [
  ...interfacePlaces(topology).flatMap(({ host, nic, path }) =>
    nic.addresses.map((address, i) => ({
      address,
      owner: host.name,
      vlan: nic.vlan,
      path: `${path}/addresses/${i}`,
    })),
  ),
  ...topology.phones.map((phone: Phone, i) => ({
    address: phone.address,
    owner: phone.name,
    vlan: phone.vlan,
    path: `/phones/${i}/address`,
  })),
]

export type InterfacePlace = { readonly host: Host; readonly nic: HostInterface; readonly path: string }

/** The interface that a tagged one hangs on: `eth0` of `eth0.10`; null when its name names none. */
export const parentOf = (name: string): string | null => {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(0, dot) : null
}

export const interfacePlaces = (topology: Topology): InterfacePlace[] =>
  topology.hosts.flatMap((host, h) =>
    host.interfaces.map((nic, i) => ({ host, nic, path: `/hosts/${h}/interfaces/${i}` })),
  )

export type K3sPlace = {
  readonly name: string
  readonly k3s: HostK3s
  readonly path: string
  readonly addresses: readonly string[]
  /** Where its addresses stand. */
  readonly of: string
  /** Its interfaces; null where the plan does not name them. */
  readonly names: readonly string[] | null
}

/** Every node that k3s is to run on. */
export const k3sPlaces = ({ hosts, phones }: Topology): K3sPlace[] => [
  ...hosts.flatMap(({ name, k3s, interfaces }, i): K3sPlace[] => {
    if (!k3s) return []
    const addresses = interfaces.flatMap((nic) => nic.addresses)
    const names = interfaces.map((nic) => nic.name)
    return [{ name, k3s, path: `/hosts/${i}/k3s`, addresses, of: `/hosts/${i}/interfaces`, names }]
  }),
  ...phones.flatMap(({ name, k3s, address }, i): K3sPlace[] =>
    k3s
      ? [
          {
            name,
            k3s,
            path: `/phones/${i}/k3s`,
            addresses: [address],
            of: `/phones/${i}/address`,
            names: null,
          },
        ]
      : [],
  ),
]

/** A text that must be an address: whose, where, and the place of whom it is of. */
export type AddressText = {
  readonly address: string
  readonly owner: string
  readonly path: string
  readonly of: string
}

/** Every text of the plan that must be an address, whether or not it gives it to somebody. */
export const addressTexts = (topology: Topology): AddressText[] => [
  ...addressPlaces(topology).map(({ address, owner, path }) => ({
    address,
    owner,
    path,
    of: `${path.split('/').slice(0, 3).join('/')}/name`,
  })),
  ...topology.vlans.map(({ gateway, name }, i) => ({
    address: gateway,
    owner: name,
    path: `/vlans/${i}/gateway`,
    of: `/vlans/${i}/name`,
  })),
  ...interfacePlaces(topology).flatMap(({ host, nic, path }) =>
    nic.gateway === undefined
      ? []
      : [{ address: nic.gateway, owner: host.name, path: `${path}/gateway`, of: `${path}/name` }],
  ),
  ...k3sPlaces(topology).map(({ name, k3s, path, of }) => ({
    address: k3s.nodeIp,
    owner: name,
    path: `${path}/nodeIp`,
    of,
  })),
  ...topology.uplinks.flatMap(({ id, probe }, i) =>
    (['targets', 'resolvers'] as const).flatMap((key) =>
      (probe?.[key] ?? []).map((address, n) => ({
        address,
        owner: `uplink ${id}`,
        path: `/uplinks/${i}/probe/${key}/${n}`,
        of: `/uplinks/${i}/id`,
      })),
    ),
  ),
  ...(topology.k3s ? [{ address: topology.k3s.vip, owner: 'k3s', path: '/k3s/vip', of: '/k3s/port' }] : []),
]

/** Pairs of items that share what `key` says, each later one with the first; null keys share nothing. */
export const sharing = <T>(items: readonly T[], key: (item: T) => string | null): [first: T, again: T][] => {
  const seen = new Map<string, T>()
  const pairs: [T, T][] = []
  for (const item of items) {
    const k = key(item)
    if (k === null) continue
    const first = seen.get(k)
    if (first === undefined) seen.set(k, item)
    else pairs.push([first, item])
  }
  return pairs
}
