import type { WanWish } from '@infra-home/shared/messages/wan.ts'
import { ledNetworks } from '../router/led-networks.ts'
import { isOurRoute } from '../router/ours.ts'
import type { LedNetwork, RoutedLan, RoutedUplink, RouterPlan } from '../router/plan.ts'
import type { RulesetPlan } from '../router/ruleset.ts'
import { contains, parseAddress, parseSubnet } from '@infra-home/shared/topology/subnet.ts'
import { defaultDevice } from './look-at-network.ts'
import { type Facts, hasIpv6, type NetworkSeen } from './uplink-facts.ts'
import type { UplinkNumbers } from './uplink-numbers.ts'

/** The uplinks of a wish as they are now, numbered. Pure. */
export const routedUplinks = (
  { uplinks }: Pick<WanWish, 'uplinks'>,
  numbers: UplinkNumbers,
  facts: Facts,
): readonly (RoutedUplink & { readonly metered: boolean })[] =>
  uplinks.map(({ id, interface: device, metered }) => ({
    id,
    index: numbers[id] ?? 0,
    interface: device,
    metered,
    networks: facts.get(id)?.networks ?? [],
  }))

/** Networks of the house whose interface is there and lies in them: a route over any other would undo all. Pure. */
export const routedLans = ({ networks }: Pick<WanWish, 'networks'>, seen: NetworkSeen): RoutedLan[] =>
  networks.flatMap(({ interface: name, subnets }) => {
    const device = seen.interfaces.find((one) => one.name === name && one.adminUp)
    return subnets.flatMap((subnet) => {
      const net = parseSubnet(subnet)
      const isThere = device?.addresses.some(({ address }) => {
        const own = parseAddress(address)
        return net !== null && own !== null && contains(net, own)
      })
      return net && isThere ? [{ interface: name, family: net.family, subnet }] : []
    })
  })

/** Who is led by another uplink than the one in use; `alive` are those over which something comes back. Pure. */
export const ledOf = (
  { uplinks, networks }: Pick<WanWish, 'uplinks' | 'networks'>,
  active: string | null,
  alive: ReadonlySet<string>,
): readonly LedNetwork[] =>
  ledNetworks({ uplinks: uplinks.map((one) => ({ ...one, isAlive: alive.has(one.id) })), networks }, active)

/**
 * Whether somebody else's IPv6 default leads by an uplink, as one does that was made of a router's advertisement; one that leads by a tunnel of the
 * owner's is left alone.
 */
const straysIntoWorld = (
  uplinks: readonly Pick<RoutedUplink, 'interface'>[],
  { routes }: Pick<NetworkSeen, 'routes'>,
): boolean => {
  const others = routes.filter((route) => !isOurRoute(route))
  const device = defaultDevice({ routes: others }, 'ipv6')
  return uplinks.some((one) => one.interface === device)
}

/** What the kernel is to have. Pure. */
export const routerPlanOf = (
  wish: WanWish,
  {
    numbers,
    facts,
    seen,
    active,
    alive,
    dead6,
  }: {
    readonly numbers: UplinkNumbers
    readonly facts: Facts
    readonly seen: NetworkSeen
    readonly active: string | null
    /** Uplinks over which something comes back. */
    readonly alive: ReadonlySet<string>
    /** Uplinks by which nothing passes over IPv6, though they have it. */
    readonly dead6: ReadonlySet<string>
  },
): { readonly routing: RouterPlan; readonly ruleset: RulesetPlan } => {
  const uplinks = routedUplinks(wish, numbers, facts)
  const isLed6 = active !== null && !dead6.has(active) && hasIpv6(facts.get(active))
  const closed = active !== null && !isLed6 && straysIntoWorld(uplinks, seen) ? (['ipv6'] as const) : []
  const led = ledOf(wish, active, alive).map((network) =>
    dead6.has(network.by) ? { ...network, families: ['ipv4'] as const } : network,
  )
  return {
    routing: { uplinks, lans: routedLans(wish, seen), active, led, closed },
    ruleset: { uplinks, networks: wish.networks },
  }
}
