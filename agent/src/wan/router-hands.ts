import type { Clock } from '@infra-home/shared/clock.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import type { SwitchedEvent, WanRouterState, WanWish } from '@infra-home/shared/messages/wan.ts'
import type { Family } from '../router/families.ts'
import { portsOf } from '../router/uplink-ports.ts'
import type { PortRange } from '../sys/reach.ts'
import type { Sys } from '../sys/sys.ts'
import { turnstile } from '../turnstile.ts'
import type { FlowSweeperOptions } from './flow-sweeper.ts'
import { openHandParts } from './hand-parts.ts'
import { openKernelLook } from './kernel-look.ts'
import { notMoved, type SwitchOrder } from './switcher.ts'
import { routedUplinks } from './router-plan-of.ts'
import { openTiedHands } from './tied-hands.ts'
import type { Facts } from './uplink-facts.ts'
import type { UplinkNumbers } from './uplink-numbers.ts'
import type { WanMemory } from './wan-memory.ts'
import { type WaysOverIpv6, waysOverIpv6 } from './ways-over-ipv6.ts'

type Fault = WanRouterState['fault']

export type RouterHandsOptions = Pick<
  FlowSweeperOptions,
  'isDead' | 'isDead6' | 'isAlive' | 'isSpent' | 'onSwept'
> & {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec' | 'readText'>
  readonly wish: WanWish
  readonly numbers: UplinkNumbers
  readonly families: readonly Family[]
  /** Why this process changes nothing; null when it may. */
  readonly inability: Fault
  /** What this machine lacks, with which it does less than it could; null for nothing. */
  readonly lack: Fault
  readonly memory: Pick<WanMemory, 'meant' | 'ours'>
  readonly onLooked: (facts: Facts) => void
  readonly onFailure: (why: string) => void
  readonly onDrift: (drift: EventBody['drift']) => void
}

/** What a router's agent sees of its kernel, and does to it: one thing at a time. */
export type RouterHands = {
  /** Looks, and puts right what is not as it should be. */
  look(): Promise<void>
  /** Our ruleset may be gone: the next look finds out. */
  doubtRuleset(): void
  go(order: SwitchOrder): Promise<SwitchedEvent>
  /** Ends flows on paths that have died, where another lives: to be called when a path is something else than it was. */
  sweep(): Promise<void>
  /** Where new packets go. */
  active(): string | null
  /** Whether networks that may not use the uplink in use are led as the uplinks are by now; a look puts it right. */
  isLedRight(): boolean
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

export const openRouterHands = (options: RouterHandsOptions): RouterHands =>
  options.inability ? openTiedHands(options) : openFreeHands(options)

const openFreeHands = (options: RouterHandsOptions): RouterHands => {
  const { wish, numbers } = options
  const parts = openHandParts(options)
  const { view, routing, ruleset, switcher, flows, leader, plansFor, active } = parts
  const kernel = openKernelLook(options, parts)
  const routed = once(view.facts, (facts) => routedUplinks(wish, numbers, facts)) // asked for at every question, and changed by a look alone
  const inTurn = turnstile()
  let isStopped = false
  /** In its turn, unless it has come too late by then. */
  const whileAtWork = (task: () => Promise<unknown>): Promise<void> =>
    inTurn(async () => {
      if (!isStopped) await task()
    })

  return {
    look: () => whileAtWork(kernel.look),
    doubtRuleset: ruleset.doubt,
    go(order) {
      const orderedAt = options.clock.now().mono
      return inTurn(async () => {
        if (isStopped) return notMoved(order, active(), 'this router is at work no more: its plan is another')
        leader.see()
        const done = await switcher.go(order, orderedAt)
        if (done.ok) await leader.follow(plansFor(done.to).routing)
        return done
      })
    },
    sweep: () => whileAtWork(flows.follow),
    active,
    isLedRight: () => leader.isRight(active()),
    ipv6: () => waysOverIpv6(active(), view.facts(), options),
    async leaveIpv6(uplink) {
      await whileAtWork(kernel.look)
      await whileAtWork(() => flows.end(uplink, ['ipv6']))
    },
    isBound: routing.isBound,
    ports: (uplink) => portsOf(routed(), uplink),
    fault: kernel.fault,
    stop() {
      isStopped = true
      return inTurn(async () => flows.stop())
    },
  }
}

/** What is made of something that is another object whenever it has changed. */
const once = <A extends object, B>(of: () => A, make: (from: A) => B): (() => B) => {
  let made: { readonly from: A; readonly result: B } | null = null
  return () => {
    const from = of()
    if (made?.from !== from) made = { from, result: make(from) }
    return made.result
  }
}
