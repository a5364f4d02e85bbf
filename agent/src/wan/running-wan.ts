import { every, seconds } from '@infra-home/shared/clock.ts'
import type { LeaseMessage } from '@infra-home/shared/messages/lease.ts'
import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { SwitchedEvent, WanRouterState, WanWish } from '@infra-home/shared/messages/wan.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import type { Unrest } from '@infra-home/shared/wan/unrest.ts'
import { monthBytesOf } from '@infra-home/shared/wan/quota.ts'
import type { Family } from '../router/families.ts'
import { keepHouse } from './housekeeping.ts'
import { inabilityOf } from './inability.ts'
import type { LinkBouncer } from './link-bouncer.ts'
import type { WanOptions } from './open-wan.ts'
import type { Probes } from './probes.ts'
import { keepMonthCounts } from './month-counts.ts'
import { openSteering } from './steering.ts'
import type { SwitchOrder } from './switcher.ts'
import type { UplinkNumbers } from './uplink-numbers.ts'
import type { UplinkWatch } from './uplink-watch.ts'
import { wishEvents } from './wan-events.ts'
import type { WanMemory } from './wan-memory.ts'
import { watchAll } from './watch-all.ts'

/** A router that watches its uplinks. */
export type RunningWan = {
  /** Something of the kernel's network has changed. */
  kernelChanged(): void
  heardLease(lease: LeaseMessage): void
  /** Null when the order is of another term: it is not obeyed. */
  order(
    order: SwitchOrder,
    hand: { readonly session: unknown; readonly term: unknown },
  ): Promise<SwitchedEvent> | null
  knows(uplink: string): boolean
  hearModem(id: string, state: ModemState, numbers: Numbers): void
  /** The owner's wishes that change nothing of what is watched. */
  wished(wish: Pick<WanWish, 'hold' | 'override'>): void
  /** There will be another plan: nothing is left to the coordinator any more, and that is said. */
  takeBack(): void
  /** Resolves when what was counted is kept, and nothing is done to the kernel any more. */
  stop(): Promise<void>
}

export type RunningWanOptions = WanOptions & {
  readonly numbers: UplinkNumbers
  readonly families: readonly Family[]
  readonly probes: Probes
  readonly links: LinkBouncer
  readonly memory: WanMemory
  /** What this machine lacks, with which it does less than it could. */
  readonly lack: WanRouterState['fault']
}

const NUMBERS_EVERY = seconds(60)

/** Watches the uplinks of a wish, keeps the kernel as it should be, and moves traffic: by order, or by itself when nobody has the lease. */
export const startWan = (wish: WanWish, options: RunningWanOptions): RunningWan => {
  const { clock } = options.sys
  const watches = new Map<string, UplinkWatch>()
  const steering = openSteering(wish, watches, options)
  const { steward, hands } = steering
  const { state, repairs } = options.memory
  const unrest = (uplink: string): Unrest | null => state.uplinks[uplink]?.unrest ?? null
  watchAll(watches, { ...options, unrest, wish, clock, hands, tell: steering.pathsChanged })
  const months = keepMonthCounts((uplink, usedBytes) => steward.hear({ kind: 'usage', uplink, usedBytes }))
  const house = keepHouse({
    ...options,
    repairs,
    wish,
    isAble: inabilityOf(options) === null,
    isHeld: steward.isHeld,
    path: steering.path,
    onPassed: (uplink, passed) => watches.get(uplink)?.traffic(passed),
    onUsed: months.byRouter,
    onLost: steering.rulesetLost,
  })
  const cancelNumbers = every(clock, NUMBERS_EVERY, steering.sayNumbers)
  const wished: RunningWan['wished'] = (people) => {
    for (const event of wishEvents(people)) steward.hear(event)
  }
  wished(wish)
  void hands.look()

  return {
    kernelChanged: steering.lookSoon,
    heardLease: steward.heardLease,
    order: (order, hand) => (steward.accepts(hand, order.to) ? steering.move(order) : null),
    knows: (uplink) => watches.has(uplink),
    hearModem(id, state, numbers) {
      for (const uplink of wish.uplinks.filter(({ modem }) => modem === id)) {
        watches.get(uplink.id)?.hearModem(state)
        months.byModem(uplink.id, monthBytesOf(numbers), clock.now().wall)
      }
    },
    wished,
    takeBack: steward.takeBack,
    async stop() {
      cancelNumbers()
      for (const watch of watches.values()) watch.stop()
      await Promise.all([steering.stop(), house.stop()])
    },
  }
}
