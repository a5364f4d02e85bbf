import type { Host, HostInterface, Phone, Topology } from './schema.ts'

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

export const interfacePlaces = (topology: Topology): InterfacePlace[] =>
  topology.hosts.flatMap((host, h) =>
    host.interfaces.map((nic, i) => ({ host, nic, path: `/hosts/${h}/interfaces/${i}` })),
  )

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
