import type { Route, RoutesState } from '../messages/routes.ts'
import { type Deviation, deviation, type ObservedNode, standingOf } from './deviation.ts'
import type { Host, HostInterface, Topology } from './schema.ts'
import { sameAddress } from './subnet.ts'

/** Whether a host's default routes are those of the plan. */
export const gatewayDeviations = (topology: Topology, host: Host, node: ObservedNode): Deviation[] => {
  if (!node.routes) return []
  if (host.role === 'router') return routerDeviations(topology, host, node.routes)
  const defaults = defaultRoutes(node.routes).filter(({ table }) => table === 'main')
  return [
    ...host.interfaces.flatMap((nic) => plannedGateway({ host, nic, defaults }, node)),
    ...strangers(topology, host, defaults),
  ]
}

/** Unreachable and blackhole routes lead nowhere: they are no gateway. */
const defaultRoutes = ({ routes }: RoutesState): Route[] =>
  routes.filter(
    ({ family, kind, destination }) =>
      family === 'ipv4' &&
      (destination === 'default' || destination === '0.0.0.0/0') &&
      !['unreachable', 'blackhole', 'prohibit', 'throw'].includes(kind),
  )

/**
 * A router's gateway is plan data and never an installed route, in whichever table; what leads out of the house is its
 * uplinks' business.
 */
const routerDeviations = ({ uplinks }: Topology, host: Host, routes: RoutesState): Deviation[] => {
  const own = host.interfaces.flatMap(({ addresses }) => addresses)
  const inside = new Set(host.interfaces.filter(({ vlan }) => vlan !== null).map(({ name }) => name))
  for (const uplink of uplinks) if (uplink.host === host.name) inside.delete(uplink.interface)
  return defaultRoutes(routes).flatMap(({ gateway, interface: name }): Deviation[] => {
    const itself = gateway !== null && own.some((address) => sameAddress(address, gateway))
    if (!itself && !(name !== null && inside.has(name))) return []
    const to = gateway ?? 'nobody'
    const message = itself
      ? `${host.name} routes to ${to}, which is itself`
      : `${host.name} looks for the way out at ${to} on ${name}, inside the house`
    return [
      deviation(host.name, name ?? 'any', {
        code: 'gateway-unexpected',
        expected: 'no route',
        observed: to,
        message,
      }),
    ]
  })
}

type Planned = { readonly host: Host; readonly nic: HostInterface; readonly defaults: readonly Route[] }

const plannedGateway = ({ host, nic, defaults }: Planned, node: ObservedNode): Deviation[] => {
  const { gateway: expected, name } = nic
  if (expected === undefined) return []
  const mine = defaults.filter((route) => route.interface === name)
  if (mine.some(({ gateway }) => gateway !== null && sameAddress(gateway, expected))) return []
  const observed = mine.map(({ gateway }) => gateway ?? 'on link').join(', ')
  if (observed !== '')
    return [
      deviation(host.name, name, {
        code: 'gateway-wrong',
        expected,
        observed,
        message: `${host.name} goes by ${observed} on ${name} instead of ${expected}`,
      }),
    ]
  if (node.routes?.truncated) return [] // it may be among those that were left out
  const standing = standingOf(name, nic.tagged, node)
  return [
    deviation(host.name, name, {
      code: 'gateway-missing',
      expected,
      observed: 'none',
      followsFrom: standing === 'down' || standing === 'missing' ? name : null,
      message: `${host.name} has no default route over ${name}`,
    }),
  ]
}

/** Default routes over interfaces that should have none take traffic past the plan. */
const strangers = ({ uplinks }: Topology, host: Host, defaults: readonly Route[]): Deviation[] => {
  const entitled = new Set([
    ...host.interfaces
      .filter(({ gateway, dhcp }) => gateway !== undefined || dhcp === true)
      .map(({ name }) => name),
    ...uplinks.filter((uplink) => uplink.host === host.name).map((uplink) => uplink.interface),
  ])
  return defaults
    .filter((route) => route.interface !== null && !entitled.has(route.interface))
    .map(({ interface: name, gateway }) =>
      deviation(host.name, name ?? 'any', {
        code: 'gateway-unexpected',
        severity: 'warning',
        expected: 'no route',
        observed: gateway ?? 'on link',
        message: `${host.name} has a default route over ${name}, which is not planned`,
      }),
    )
}
