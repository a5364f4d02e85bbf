import {
  type Clock,
  type DurationMs,
  elapsed,
  milliseconds,
  type MonoMs,
  seconds,
} from '@infra-home/shared/clock.ts'
import type { LeaseMessage } from '@infra-home/shared/messages/lease.ts'
import { decideWan, type StayReason } from '@infra-home/shared/wan/decide.ts'
import { isSpent } from '@infra-home/shared/wan/candidates.ts'
import { begunAnew, expired, isNews, remember } from '@infra-home/shared/wan/remember.ts'
import type { Switch, WanEvent, WanParams } from '@infra-home/shared/wan/state.ts'
import { type Hands, handsAt, isOfTerm, leased, takenBack } from './lease.ts'
import type { WanMemory } from './wan-memory.ts'

/** How often time alone may make this agent decide otherwise. */
const TICK = milliseconds(200)
/** While a lease lasts only its end is waited for: the next one may be a shorter one. */
const LONGEST_WAIT = seconds(1)

export type StewardOptions = {
  readonly clock: Clock
  readonly session: number
  readonly params: () => WanParams
  /** Whose hands the uplinks were in, and what was known, before a changed plan. */
  readonly memory: Pick<WanMemory, 'hands' | 'state'>
  /** Whether this process can move anything. */
  readonly canAct: () => boolean
  /** Whether it has seen what there is: before that it neither decides nor leaves it to anybody. */
  readonly hasLooked: () => boolean
  /** Why traffic stays, while this agent decides; told when it changes. */
  readonly onStay: (why: StayReason) => void
  readonly go: (to: Switch) => void
  /** The uplinks are in other hands now. */
  readonly onHands: (hands: Hands) => void
}

export type Steward = {
  hear(event: WanEvent): void
  /** What the kernel was seen to do. */
  readBack(uplink: string | null): void
  heardLease(lease: LeaseMessage): void
  /** True for an order that may be obeyed; from then on nothing else is ordered until it is done. */
  accepts(order: { readonly session: unknown; readonly term: unknown }, to: string): boolean
  hands(): Hands
  /** Whether its data plan is used up, as far as is known. */
  isSpent(uplink: string): boolean
  /** Whether people want traffic to stay where it is. */
  isHeld(): boolean
  /** Takes back what was leased, before another plan: whoever goes on knows nothing yet. */
  takeBack(): void
  stop(): void
}

/**
 * Goes through everything that the coordinator's machine goes through, and decides by the same function; acts on it while no lease says that
 * the coordinator does.
 */
export const startSteward = (options: StewardOptions): Steward => {
  const { clock, session, params, memory, canAct, hasLooked, go, onHands, onStay } = options
  let { state, hands } = memory
  let stays: StayReason | null = null

  const hold = (fresh: Hands): void => {
    const isOther = fresh.holder !== hands.holder || fresh.term !== hands.term
    hands = fresh
    if (isOther) onHands(hands)
  }
  const order = (to: Switch): void => {
    state = remember(state, { kind: 'ordered', ...to }, clock.now())
  }
  const decide = (): void => {
    if (hands.holder !== 'agent' || !canAct() || !hasLooked()) return
    const decision = decideWan(state, params(), clock.now())
    if (decision.stay !== null && decision.stay !== stays) onStay(decision.stay)
    stays = decision.stay
    if (!decision.switch) return
    order(decision.switch)
    go(decision.switch)
  }
  const tick = (): void => {
    const now = clock.now().mono
    hold(handsAt(hands, now))
    cancel = clock.after(waitWith(hands, now), tick)
    decide()
  }
  let cancel = clock.after(TICK, tick)

  const hear = (event: WanEvent): void => {
    state = remember(state, event, clock.now())
    decide()
  }

  return {
    hear,
    readBack(uplink) {
      if (isNews(state, uplink)) hear({ kind: 'applied', uplink })
    },
    heardLease(lease) {
      if (!hasLooked()) return
      if (hands.holder === 'agent' && state.ordered) return // what we have begun we tell of first
      hold(leased(handsAt(hands, clock.now().mono), lease, { session, now: clock.now().mono }))
    },
    accepts(asked, to) {
      hold(handsAt(hands, clock.now().mono))
      if (!isOfTerm(hands, asked, session)) return false
      order({ from: state.active, to, reason: 'override' })
      return true
    },
    hands: () => hands,
    isSpent: (uplink) => isSpent(params(), state, uplink),
    isHeld: () => expired(state, clock.now()).hold !== null,
    takeBack: () => hold(takenBack(hands)),
    stop() {
      cancel()
      memory.hands = takenBack(hands)
      memory.state = begunAnew(state, clock.now())
    },
  }
}

const waitWith = ({ until }: Hands, now: MonoMs): DurationMs =>
  until === null ? TICK : milliseconds(Math.min(LONGEST_WAIT, elapsed(now, until)))
