import { type LinkState, linkUp } from '../messages/link.ts'
import type { RoutesState } from '../messages/routes.ts'
import type { VlanState } from '../messages/vlan.ts'
import type { Host, HostInterface, Phone, Topology } from './schema.ts'
import { parseAddress } from './subnet.ts'

export type DeviationCode =
  | 'interface-missing'
  | 'interface-down'
  | 'vlan-missing'
  | 'vlan-wrong-id'
  | 'vlan-wrong-parent'
  | 'vlan-down'
  | 'address-missing'
  | 'address-unexpected'
  | 'gateway-missing'
  | 'gateway-wrong'
  | 'gateway-unexpected'

/** Where a node is not as the plan says. */
export type Deviation = {
  readonly code: DeviationCode
  readonly severity: 'error' | 'warning'
  readonly node: string
  /** The interface. */
  readonly subject: string
  readonly expected: string
  readonly observed: string
  /** The interface whose own deviation explains this one, if any. */
  readonly followsFrom: string | null
  readonly message: string
}

/** What a node reports of itself; a part that it has not reported is null, and nothing is said about it. */
export type ObservedNode = {
  readonly links: Readonly<Record<string, LinkState>> | null
  readonly vlans: Readonly<Record<string, VlanState>> | null
  readonly routes: RoutesState | null
}

/** Where every node that has reported deviates from the plan, in the plan's order. Pure. */
export const deviations = (
  topology: Topology,
  observed: Readonly<Record<string, ObservedNode>>,
): Deviation[] => [
  ...topology.hosts.flatMap((host) => {
    const node = observed[host.name]
    return node ? hostDeviations(host, node) : []
  }),
  ...topology.phones.flatMap((phone) => {
    const node = observed[phone.name]
    return node ? phoneDeviations(phone, node) : []
  }),
]

const hostDeviations = (host: Host, node: ObservedNode): Deviation[] => [
  ...host.interfaces.flatMap((nic) => interfaceDeviations(host, nic, node)),
  ...gatewayDeviations(host, node),
]

type Found = Omit<Deviation, 'node' | 'subject' | 'followsFrom' | 'severity'> &
  Partial<Pick<Deviation, 'followsFrom' | 'severity'>>

const interfaceDeviations = (host: Host, nic: HostInterface, node: ObservedNode): Deviation[] => {
  const at = (found: Found): Deviation => ({
    severity: 'error',
    followsFrom: null,
    node: host.name,
    subject: nic.name,
    ...found,
  })
  const name = `${host.name} ${nic.name}`
  const link = node.links?.[nic.name]
  if (node.links && !link)
    return [
      at({
        code: nic.tagged ? 'vlan-missing' : 'interface-missing',
        expected: nic.tagged ? `VLAN ${nic.vlan}` : 'there',
        observed: 'missing',
        followsFrom: missingParent(nic, node),
        message: `${name}${nic.tagged ? ` (VLAN ${nic.vlan})` : ''} is missing`,
      }),
    ]
  const found = nic.tagged ? vlanDeviations(nic, node, name) : []
  if (link && !linkUp(link)) {
    const followsFrom = nic.tagged ? downParent(nic, node) : null
    const code = nic.tagged ? 'vlan-down' : 'interface-down'
    return [
      ...found,
      { code, expected: 'up', observed: stateOf(link), followsFrom, message: `${name} is down` } as const,
    ].map(at)
  }
  return [...found, ...(link ? addressDeviations(nic, link, name) : [])].map(at)
}

const stateOf = (link: LinkState): string => (link.adminUp ? 'no carrier' : 'switched off')

const parentName = (nic: HostInterface): string => nic.name.split('.')[0] ?? nic.name

const missingParent = (nic: HostInterface, node: ObservedNode): string | null =>
  nic.tagged && !node.links?.[parentName(nic)] ? parentName(nic) : null

const downParent = (nic: HostInterface, node: ObservedNode): string | null => {
  const parent = node.links?.[parentName(nic)]
  return parent && !linkUp(parent) ? parentName(nic) : null
}

const vlanDeviations = (nic: HostInterface, node: ObservedNode, name: string): Found[] => {
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
  if (vlan.vlanId !== nic.vlan)
    found.push({
      code: 'vlan-wrong-id',
      expected: String(nic.vlan),
      observed: String(vlan.vlanId),
      message: `${name} carries VLAN ${vlan.vlanId} instead of ${nic.vlan}`,
    })
  if (vlan.parent !== parentName(nic))
    found.push({
      code: 'vlan-wrong-parent',
      expected: parentName(nic),
      observed: vlan.parent,
      message: `${name} hangs on ${vlan.parent} instead of ${parentName(nic)}`,
    })
  return found
}

const keyOf = (text: string): string => {
  const address = parseAddress(text)
  return address ? `${address.family} ${address.value}` : text
}

/** Only interfaces to which the plan gives addresses are held to them; link-local ones are nobody's plan. */
const addressDeviations = (nic: HostInterface, link: LinkState, name: string): Found[] => {
  if (nic.addresses.length === 0) return []
  const planned = new Set(nic.addresses.map(keyOf))
  const there = link.addresses.filter(({ scope }) => scope === 'global')
  const have = new Set(there.map(({ address }) => keyOf(address)))
  const list = there.map(({ address }) => address).join(', ') || 'none'
  return [
    ...nic.addresses
      .filter((address) => !have.has(keyOf(address)))
      .map((address): Found => ({
        code: 'address-missing',
        expected: address,
        observed: list,
        message: `${name} lacks its address ${address}`,
      })),
    ...there
      .filter(({ address, family }) => family === 'ipv4' && !planned.has(keyOf(address)))
      .map(({ address }): Found => ({
        code: 'address-unexpected',
        severity: 'warning',
        expected: nic.addresses.join(', '),
        observed: address,
        message: `${name} has ${address}, which is not planned`,
      })),
  ]
}

/** A router's gateway is plan data and never one of its own routes; what leads out of it is its uplinks' business. */
const gatewayDeviations = (host: Host, { routes, links }: ObservedNode): Deviation[] => {
  if (!routes) return []
  const defaults = routes.routes.filter(
    (route) =>
      route.family === 'ipv4' &&
      route.table === 'main' &&
      (route.destination === 'default' || route.destination === '0.0.0.0/0'),
  )
  return host.interfaces.flatMap((nic): Deviation[] => {
    if (nic.gateway === undefined) return []
    const mine = defaults.filter((route) => route.interface === nic.name)
    const observed = mine.map(({ gateway }) => gateway ?? 'on link').join(', ') || 'none'
    const found = (code: DeviationCode, expected: string, message: string): Deviation[] => {
      const link = links?.[nic.name]
      const followsFrom = link && !linkUp(link) ? nic.name : null
      return [
        {
          code,
          severity: 'error',
          node: host.name,
          subject: nic.name,
          expected,
          observed,
          followsFrom,
          message,
        },
      ]
    }
    if (host.role === 'router') {
      const own = mine.filter(({ gateway }) => gateway === nic.gateway)
      if (own.length === 0) return []
      return found('gateway-unexpected', 'no route', `${host.name} routes to ${nic.gateway}, which is itself`)
    }
    if (mine.some(({ gateway }) => gateway === nic.gateway)) return []
    if (mine.length === 0)
      return found('gateway-missing', nic.gateway, `${host.name} has no default route over ${nic.name}`)
    return found(
      'gateway-wrong',
      nic.gateway,
      `${host.name} goes by ${observed} on ${nic.name} instead of ${nic.gateway}`,
    )
  })
}

/** Of a phone the plan knows one address, on whichever interface. */
const phoneDeviations = (phone: Phone, { links }: ObservedNode): Deviation[] => {
  if (!links) return []
  const all = Object.values(links).flatMap(({ addresses }) => addresses.map(({ address }) => address))
  if (all.some((address) => keyOf(address) === keyOf(phone.address))) return []
  return [
    {
      code: 'address-missing',
      severity: 'error',
      node: phone.name,
      subject: 'any',
      expected: phone.address,
      observed: all.join(', ') || 'none',
      followsFrom: null,
      message: `${phone.name} lacks its address ${phone.address}`,
    },
  ]
}
