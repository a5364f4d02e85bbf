import type { WanWish } from '@infra-home/shared/messages/wan.ts'
import { ledNetworks } from '../router/led-networks.ts'
import type { LedNetwork, RoutedLan, RoutedUplink, RouterPlan } from '../router/plan.ts'
import type { RulesetPlan } from '../router/ruleset.ts'
import { contains, parseAddress, parseSubnet } from '@infra-home/shared/topology/subnet.ts'
import type { NetworkSeen, UplinkFacts } from './uplink-facts.ts'
import type { UplinkNumbers } from './uplink-numbers.ts'

export type Facts = ReadonlyMap<string, UplinkFacts>

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

/** What the kernel is to have. Pure. */
export const routerPlanOf = (
  wish: WanWish,
  {
    numbers,
    facts,
    seen,
    active,
    alive,
  }: {
    readonly numbers: UplinkNumbers
    readonly facts: Facts
    readonly seen: NetworkSeen
    readonly active: string | null
    /** Uplinks over which something comes back. */
    readonly alive: ReadonlySet<string>
  },
): { readonly routing: RouterPlan; readonly ruleset: RulesetPlan } => {
  const uplinks = routedUplinks(wish, numbers, facts)
  const led = ledOf(wish, active, alive)
  return {
    routing: { uplinks, lans: routedLans(wish, seen), active, led },
    ruleset: { uplinks, networks: wish.networks },
  }
}
