import type { Log } from '@infra-home/shared/log.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { SwitchedEvent, WanWish } from '@infra-home/shared/messages/wan.ts'
import { isAlive, leadsNowhere } from '@infra-home/shared/wan/path.ts'
import { keepHouseFiles } from './house-files.ts'
import { inabilityOf } from './inability.ts'
import { watchIpv6 } from './ipv6-watch.ts'
import { lookingSoon } from './looking-soon.ts'
import { openRouterHands, type RouterHands, type RouterHandsOptions } from './router-hands.ts'
import type { RunningWanOptions } from './running-wan.ts'
import { sayWan } from './say-wan.ts'
import { startSteward, type Steward } from './steward.ts'
import type { SwitchOrder } from './switcher.ts'
import { tellHands } from './tell-hands.ts'
import type { Facts } from './uplink-facts.ts'
import type { UplinkWatch } from './uplink-watch.ts'
import { pathEvents } from './wan-events.ts'

/** Who decides over the uplinks, whose hands do it, and who is told. */
export type Steering = {
  readonly hands: RouterHands
  readonly steward: Steward
  path(uplink: string): UplinkPathState | null
  /** Some path is something else than it was. */
  pathsChanged(): void
  /** Something of the kernel's network is. */
  lookSoon(): void
  /** Our counters, and with them our ruleset, are there no more. */
  rulesetLost(): void
  move(order: SwitchOrder): Promise<SwitchedEvent>
  sayNumbers(): void
  /** Resolves when nothing is done any more; nothing is said from then on, either. */
  stop(): Promise<void>
}

export const openSteering = (
  wish: WanWish,
  watches: ReadonlyMap<string, UplinkWatch>,
  options: RunningWanOptions,
): Steering => {
  const { sys, publisher, log, session } = options
  const { clock } = sys
  const inability = inabilityOf(options)
  let stage: 'unsaid' | 'blind' | 'seeing' | 'stopped' = 'unsaid'
  const path = (uplink: string): UplinkPathState | null => watches.get(uplink)?.path() ?? null

  const onLooked = (facts: Facts): void => {
    if (stage === 'stopped') return
    for (const [id, found] of facts) watches.get(id)?.see(found)
    steward.readBack(hands.active())
    tellRouter('seeing')
    follow()
  }
  /** What is said first is said first on each connection: whose hands the uplinks are in, and then what they are worth. */
  const tellRouter = (now: 'blind' | 'seeing'): void => {
    const isFirst = stage === 'unsaid'
    if (isFirst || now === 'seeing') stage = now
    say.router()
    if (isFirst) pathsChanged()
  }
  const look = lookingSoon(clock, () => hands.look())
  const onDead = (uplink: string): void => void hands.leaveIpv6(uplink)
  const ipv6 = watchIpv6({ uplinks: wish.uplinks, path, onDead, onBack: look.soon, log })
  const telling = tellHands(log, publisher)
  const hands = openRouterHands({
    ...options,
    ...livesOf(path),
    ...telling,
    onFailure(why) {
      telling.onFailure(why)
      if (stage !== 'stopped') tellRouter('blind')
    },
    inability,
    clock,
    wish,
    isDead6: ipv6.isDead,
    isSpent: (uplink) => steward.isSpent(uplink),
    onLooked,
  })
  const files = keepHouseFiles({ ...options, ...wish, ...hands, clock, isAble: inability === null, path })
  const say = sayWan({ publisher, watches, hands, steward: () => steward.hands() })
  const follow = (): void => {
    files.follow()
    void hands.sweep()
  }
  const move = async (order: SwitchOrder): Promise<SwitchedEvent> => {
    const done = await hands.go(order)
    logMove(log, done)
    publisher.event('switched', done)
    if (stage === 'stopped') return done
    steward.hear({ kind: done.ok ? 'applied' : 'not-applied', uplink: done.to })
    say.router()
    follow()
    return done
  }
  const pathsChanged = (): void => {
    if (stage === 'unsaid' || stage === 'stopped') return
    if (stage === 'seeing') files.follow()
    if (stage === 'seeing' && !hands.isLedRight()) look.soon()
    ipv6.follow()
    for (const event of pathEvents(say.paths())) steward.hear(event)
    void hands.sweep() // after what the steward ordered
  }
  const steward = startSteward({
    clock,
    session,
    params: () => wish,
    memory: options.memory,
    canAct: () => inability === null && stage !== 'stopped',
    hasLooked: () => stage === 'seeing',
    onStay: (why) => log('info', 'traffic stays where it is', { why }),
    go: ({ to, reason }) => void move({ command: null, by: 'agent', to, reason }),
    onHands(now) {
      log('info', 'the uplinks are in other hands', { holder: now.holder, term: now.term })
      say.router()
    },
  })

  return {
    hands,
    steward,
    path,
    pathsChanged,
    lookSoon: look.soon,
    rulesetLost() {
      hands.doubtRuleset()
      look.soon()
    },
    move,
    sayNumbers: say.numbers,
    stop() {
      stage = 'stopped'
      look.stop()
      steward.stop()
      files.stop()
      return hands.stop()
    },
  }
}

const livesOf = (
  path: (uplink: string) => UplinkPathState | null,
): Pick<RouterHandsOptions, 'isDead' | 'isAlive'> => ({
  isDead(uplink) {
    const known = path(uplink)
    return known !== null && leadsNowhere(known)
  },
  isAlive: (uplink) => isAlive(path(uplink) ?? { state: 'unknown' }),
})

const logMove = (log: Log, { from, to, reason, by, tookMs, ok, error }: SwitchedEvent): void =>
  log(ok ? 'info' : 'error', ok ? 'traffic goes to another uplink' : 'could not move traffic', {
    from,
    to,
    reason,
    by,
    tookMs,
    error,
  })
