import type { Clock } from '@infra-home/shared/clock.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import type { SwitchedEvent, WanRouterState, WanWish } from '@infra-home/shared/messages/wan.ts'
import { actuateRouting } from '../router/actuate.ts'
import { changesBetween } from '../router/changes.ts'
import { portsOf, wantedRouting } from '../router/plan.ts'
import type { PortRange } from '../sys/reach.ts'
import type { Sys } from '../sys/sys.ts'
import { turnstile } from '../turnstile.ts'
import { activeIn, defaultDevice, kernelFault, lookAtNetwork } from './look-at-network.ts'
import { briefly } from './briefly.ts'
import { keepNetworksLed } from './network-leader.ts'
import { routedUplinks, routerPlanOf } from './router-plan-of.ts'
import { keepRuleset } from './ruleset-keeper.ts'
import { createSwitcher, type SwitchOrder } from './switcher.ts'
import { type Facts, factsOf, hasIpv6 } from './uplink-facts.ts'
import type { UplinkNumbers } from './uplink-numbers.ts'

type Fault = WanRouterState['fault']
type Seen = Awaited<ReturnType<typeof lookAtNetwork>>
type Plans = ReturnType<typeof routerPlanOf>

export type RouterHandsOptions = {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec' | 'readText'>
  readonly wish: WanWish
  readonly numbers: UplinkNumbers
  readonly families: readonly ('ipv4' | 'ipv6')[]
  /** Why this process changes nothing; null when it may. */
  readonly inability: Fault
  readonly isDead: (uplink: string) => boolean
  /** The same over IPv6 alone, of one that has it. */
  readonly isDead6: (uplink: string) => boolean
  /** Whether something comes back over an uplink. */
  readonly isAlive: (uplink: string) => boolean
  readonly onLooked: (facts: Facts) => void
  readonly onFailure: (why: string) => void
  readonly onDrift: (drift: EventBody['drift']) => void
}

type WaysOverIpv6 = {
  /** Whether the uplink in use does. */
  readonly byActive: boolean
  /** Whether another one does: flows that went by it go on. */
  readonly byOther: boolean
}

/** What a router's agent sees of its kernel, and does to it: one thing at a time. */
export type RouterHands = {
  /** Looks, and puts right what is not as it should be. */
  look(): Promise<void>
  go(order: SwitchOrder): Promise<SwitchedEvent>
  /** Whether networks that may not use the uplink in use are led as the uplinks are by now; a look puts it right. */
  isLedRight(): boolean
  /** Where the default leads. */
  active(): string | null
  /** By whom IPv6 leads anywhere. */
  ipv6(): WaysOverIpv6
  /** Leads nobody over the IPv6 of an uplink where that is dead, and takes away the flows that were. */
  leaveIpv6(uplink: string): Promise<void>
  /** Whether what has the uplink's address leaves by it. */
  isBound(uplink: string): boolean
  /** Source ports of an uplink whose address another has, too. */
  ports(uplink: string): PortRange | null
  fault(): Fault
  /** Resolves when nothing is done any more: what comes next may do other things to the same kernel. */
  stop(): Promise<void>
}

const MOST_CHANGES = 64

export const openRouterHands = (options: RouterHandsOptions): RouterHands => {
  const { clock, sys, wish, numbers, families, inability } = options
  let seen: Seen = { interfaces: [], neighbours: [], routes: [], rules: [] }
  let facts: Facts = new Map()
  let active: string | null = null
  let isFirst = true
  const faults: { routing: Fault; kernel: Fault } = { routing: null, kernel: null }
  let appliedRouting = ''
  let isStopped = false
  const inTurn = turnstile()

  const plansFor = (uplink: string | null): Plans => {
    const dead6 = new Set(wish.uplinks.map(({ id }) => id).filter(options.isDead6))
    const plans = routerPlanOf(wish, { numbers, facts, seen, active: uplink, alive: leader.alive(), dead6 })
    return { ...plans, routing: { ...plans.routing, families } }
  }
  const switcher = createSwitcher({
    clock,
    sys,
    planFor: (uplink) => plansFor(uplink).routing,
    active: () => active,
    isDead: options.isDead,
    isMetered: (uplink) => wish.uplinks.find(({ id }) => id === uplink)?.metered ?? false,
  })

  const ruleset = keepRuleset({
    clock,
    sys,
    repairs: wish.drift === 'repair',
    onDrift: () => options.onDrift({ changes: ['ruleset infra_home'], repaired: wish.drift === 'repair' }),
  })

  const leader = keepNetworksLed({ ...options, sweep: switcher.sweep })

  const see = async (): Promise<void> => {
    leader.see()
    seen = await lookAtNetwork(sys)
    facts = new Map(
      wish.uplinks.map((uplink) => [uplink.id, factsOf({ ...uplink, index: numbers[uplink.id] ?? 0 }, seen)]),
    )
    const device = defaultDevice(seen)
    const leads = inability
      ? (wish.uplinks.find((one) => one.interface === device)?.id ?? null)
      : activeIn(seen, wish.uplinks, facts)
    if (isFirst || inability || (wish.drift === 'report' && leads !== null)) active = leads
    isFirst = false
  }

  /** What somebody else did is told; what has changed by itself is none of anybody's doing. */
  const putRight = async (): Promise<void> => {
    const { routing } = plansFor(active)
    const plan = JSON.stringify(routing)
    const changes = changesBetween(seen, wantedRouting(routing)).map(({ what }) => what)
    if (changes.length === 0) {
      appliedRouting = plan
      faults.routing = null
      await leader.follow(routing)
      return
    }
    const isDrift = plan === appliedRouting
    const repaired = !isDrift || wish.drift === 'repair'
    if (isDrift) options.onDrift({ changes: changes.slice(0, MOST_CHANGES), repaired })
    if (!repaired) return
    const done = await actuateRouting(sys, routing)
    faults.routing = done.ok ? null : { code: 'routing', text: briefly(new Error(done.error)) }
    appliedRouting = done.ok ? plan : ''
    if (done.ok) await leader.follow(routing)
  }

  const look = async (): Promise<void> => {
    if (isStopped) return
    try {
      await see()
    } catch (error) {
      faults.routing = { code: 'routing', text: briefly(error) }
      options.onFailure(faults.routing.text)
      return
    }
    if (!inability) {
      await putRight()
      await ruleset.putRight(plansFor(active).ruleset)
      const text = await kernelFault(sys, {
        devices: wish.uplinks.map((one) => one.interface),
        forwardsIpv6: isMeantForIpv6(wish, facts),
      })
      faults.kernel = text === null ? null : { code: 'kernel-settings', text }
    }
    options.onLooked(facts)
  }

  return {
    look: () => inTurn(look),
    go: (order) =>
      inTurn(async () => {
        leader.see()
        const done = await switcher.go(order)
        if (done.ok) {
          active = done.to
          const { routing } = plansFor(active)
          appliedRouting = JSON.stringify(routing)
          await leader.follow(routing)
        }
        return done
      }),
    isLedRight: () => inability !== null || leader.isRight(active),
    active: () => active,
    ipv6: () => waysOverIpv6(active, facts, options),
    async leaveIpv6(uplink) {
      await inTurn(look)
      if (!isStopped && !inability) await inTurn(() => switcher.sweepIpv6(uplink))
    },
    isBound(uplink) {
      if (!inability) return appliedRouting !== ''
      const device = wish.uplinks.find(({ id }) => id === uplink)?.interface
      return device !== undefined && defaultDevice(seen) === device
    },
    ports: (uplink) => (inability ? null : portsOf(routedUplinks(wish, numbers, facts), uplink)),
    fault: () => inability ?? faults.routing ?? ruleset.fault() ?? faults.kernel,
    stop() {
      isStopped = true
      return inTurn(async () => switcher.stop())
    },
  }
}

const waysOverIpv6 = (
  active: string | null,
  facts: Facts,
  { isDead, isDead6 }: Pick<RouterHandsOptions, 'isDead' | 'isDead6'>,
): WaysOverIpv6 => {
  const ways = [...facts].filter(([id, found]) => hasIpv6(found) && !isDead6(id)).map(([id]) => id)
  return {
    byActive: ways.some((id) => id === active),
    byOther: ways.some((id) => id !== active && !isDead(id)),
  }
}

/** Whether both the house and an uplink have IPv6. */
const isMeantForIpv6 = ({ networks }: Pick<WanWish, 'networks'>, facts: Facts): boolean =>
  networks.some(({ subnets }) => subnets.some((subnet) => subnet.includes(':'))) &&
  [...facts.values()].some(hasIpv6)
