import { every, fromRfc3339, monoMs, seconds } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { LeaseMessage } from '@infra-home/shared/messages/lease.ts'
import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { SwitchedEvent, WanRouterState, WanWish } from '@infra-home/shared/messages/wan.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { leadsNowhere } from '@infra-home/shared/wan/path.ts'
import { monthBytesOf } from '@infra-home/shared/wan/quota.ts'
import type { WanEvent, WanParams } from '@infra-home/shared/wan/state.ts'
import type { Family } from '../router/families.ts'
import { keepHouseFiles } from './house-files.ts'
import { keepHouse } from './housekeeping.ts'
import { inabilityOf } from './inability.ts'
import { watchIpv6 } from './ipv6-watch.ts'
import type { LinkBouncer } from './link-bouncer.ts'
import type { WanOptions } from './open-wan.ts'
import type { Probes } from './probes.ts'
import { lookingSoon } from './looking-soon.ts'
import { keepMonthCounts } from './month-counts.ts'
import { openRouterHands, type RouterHands } from './router-hands.ts'
import { tellHands } from './tell-hands.ts'
import { type SayWan, sayWan } from './say-wan.ts'
import { startSteward } from './steward.ts'
import type { SwitchOrder } from './switcher.ts'
import type { UplinkNumbers } from './uplink-numbers.ts'
import type { UplinkWatch } from './uplink-watch.ts'
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
  /** Resolves when what was counted is kept, and nothing is done to the kernel any more. */
  stop(): Promise<void>
}

export type RunningWanOptions = WanOptions & {
  readonly numbers: UplinkNumbers
  readonly families: readonly Family[]
  readonly probes: Probes
  readonly links: LinkBouncer
  /** What this machine lacks, with which it does less than it could. */
  readonly lack: WanRouterState['fault']
}

const NUMBERS_EVERY = seconds(60)

/** Watches the uplinks of a wish, keeps the kernel as it should be, and moves traffic: by order, or by itself when nobody has the lease. */
export const startWan = (wish: WanWish, options: RunningWanOptions): RunningWan => {
  const { sys, publisher, log, session } = options
  const inability = inabilityOf(options)
  const { clock } = sys
  const stops: (() => void)[] = []
  let isLooked = false
  const watches = new Map<string, UplinkWatch>()
  const isDead = (uplink: string): boolean => {
    const known = path(uplink)
    return known !== null && leadsNowhere(known)
  }

  const hands: RouterHands = openRouterHands({
    ...options,
    inability,
    clock,
    wish,
    isDead,
    isDead6: (uplink) => ipv6.isDead(uplink),
    isAlive: (uplink) => ['up', 'degraded'].includes(path(uplink)?.state ?? ''),
    ...tellHands(log, publisher),
    onLooked(facts) {
      isLooked = true
      for (const [id, found] of facts) watches.get(id)?.see(found)
      steward.readBack(hands.active())
      say.router()
      files.follow()
      void hands.sweep()
    },
  })
  const path = (uplink: string): UplinkPathState | null => watches.get(uplink)?.path() ?? null
  const onDead = (uplink: string): void => void hands.leaveIpv6(uplink)
  const ipv6 = watchIpv6({ uplinks: wish.uplinks, path, onDead, onBack: () => look.soon(), log })
  const files = keepHouseFiles({ ...options, ...wish, ...hands, clock, isAble: inability === null, path })
  stops.push(files.stop)
  const say = sayWan({ publisher, watches, hands, steward: () => steward.hands() })

  const tellPaths = (): void => {
    if (isLooked) files.follow()
    if (isLooked && !hands.isLedRight()) look.soon()
    ipv6.follow()
    for (const event of pathEvents(say.paths())) steward.hear(event)
    void hands.sweep() // after what the steward ordered
  }
  const move = async (order: SwitchOrder): Promise<SwitchedEvent> => {
    const done = await hands.go(order)
    logMove(log, done)
    publisher.event('switched', done)
    steward.hear(done.ok ? { kind: 'applied', uplink: done.to } : { kind: 'not-applied' })
    say.router()
    files.follow()
    void hands.sweep()
    return done
  }
  const steward = startSteward({
    clock,
    session,
    params: () => paramsOf(wish),
    canAct: () => inability === null && isLooked,
    onStay: (why) => log('info', 'traffic stays where it is', { why }),
    go: ({ to, reason }) => void move({ command: null, by: 'agent', to, reason }),
    onHands(now) {
      log('info', 'the uplinks are in other hands', { holder: now.holder, term: now.term })
      say.router()
    },
  })
  stops.push(steward.stop)
  say.router() // the first of what is said again on each connection: whose hands the uplinks are in comes before what they are worth

  watchAll(watches, { ...options, wish, clock, hands, tell: tellPaths })
  stops.push(() => {
    for (const watch of watches.values()) watch.stop()
  })

  const months = keepMonthCounts((uplink, usedBytes) => steward.hear({ kind: 'usage', uplink, usedBytes }))
  const look = lookingSoon(clock, hands.look)
  stops.push(
    look.stop,
    every(clock, NUMBERS_EVERY, () => say.numbers()),
  )
  const house = keepHouse({
    ...options,
    wish,
    isAble: inability === null,
    isHeld: steward.isHeld,
    path,
    onPassed: (uplink, passed) => watches.get(uplink)?.traffic(passed),
    onUsed: months.byRouter,
  })
  const wished: RunningWan['wished'] = (people) => {
    for (const event of wishEvents(people)) steward.hear(event)
  }
  wished(wish)
  void hands.look()

  return {
    kernelChanged: look.soon,
    heardLease: steward.heardLease,
    order: (order, hand) => (steward.accepts(hand, order.to) ? move(order) : null),
    knows: (uplink) => watches.has(uplink),
    hearModem(id, state, numbers) {
      for (const uplink of wish.uplinks.filter(({ modem }) => modem === id)) {
        watches.get(uplink.id)?.hearModem(state)
        months.byModem(uplink.id, monthBytesOf(numbers), clock.now().wall)
      }
    },
    wished,
    async stop() {
      for (const stop of stops.splice(0)) stop()
      await Promise.all([hands.stop(), house.stop()])
    },
  }
}

/** The others first: whoever decides is to know what they are worth when the one in use is given up. */
const pathEvents = (paths: ReturnType<SayWan['paths']>): WanEvent[] =>
  paths.map(([uplink, { state, cause, isWarned, provenMono }]) => ({
    kind: 'path',
    uplink,
    state,
    cause,
    isWarned,
    provenAt: provenMono === null ? null : monoMs(provenMono),
  }))

const logMove = (log: Log, { from, to, reason, by, tookMs, ok, error }: SwitchedEvent): void =>
  log(ok ? 'info' : 'error', ok ? 'traffic goes to another uplink' : 'could not move traffic', {
    from,
    to,
    reason,
    by,
    tookMs,
    error,
  })

const wishEvents = ({ hold, override }: Pick<WanWish, 'hold' | 'override'>): WanEvent[] => [
  hold === null
    ? { kind: 'release' }
    : { kind: 'hold', hold: { ...hold, until: hold.until === null ? null : fromRfc3339(hold.until) } },
  override === null
    ? { kind: 'end-override' }
    : { kind: 'override', override: { ...override, until: fromRfc3339(override.until) } },
]

const paramsOf = ({ uplinks, timeZone, badHours }: WanWish): WanParams => ({ uplinks, timeZone, badHours })
