import {
  type DurationMs,
  later,
  milliseconds,
  minutes,
  type MonoMs,
  seconds,
} from '@infra-home/shared/clock.ts'
import type { PhoneFault } from '@infra-home/shared/wan/choice.ts'
import type { TetherFact, TetherStage } from '../world/tether.ts'
import { earliest } from './policy.ts'

/** What a phone's network is wanted for: it may be needed soon, it carries traffic, or somebody wished it. */
export type TetherNeed = 'prepare' | 'in-use' | 'wished'

export type TetherReason =
  | TetherNeed
  /** Its time would end. */
  | 'renew'
  /** It was ordered, and is not there. */
  | 'again'
  /** Nobody needs it at the moment: it is kept for a while. */
  | 'spare'
  /** Nobody has needed it for a while. */
  | 'not-needed'
  | PhoneFault
  /** Nothing is heard of the phone, or it lends nothing any more. */
  | 'phone-lost'

export type TetherSeen = {
  /** Null when nobody needs it. */
  readonly need: TetherNeed | null
  /** Whether it is heard, and says that it can lend. */
  readonly isCommandable: boolean
  readonly fault: PhoneFault | null
  /** Traffic is on its way from it to another uplink. */
  readonly isLeaving: boolean
  /** By the phone's own word. */
  readonly isOn: boolean
  /** The router sees its link, and has an address there. */
  readonly isThere: boolean
  readonly idle: DurationMs
}

export type TetherMove = {
  readonly reason: TetherReason
  /** `afresh`: off, then on. Null when the phone is told nothing. */
  readonly order: 'lend' | 'afresh' | 'put-away' | null
  readonly stage: TetherStage
}

/** What a phone lends at a time: a coordinator may be restarted meanwhile, and one that is gone for good costs no more than this. */
export const LEND = minutes(10)
const RENEW_AFTER = minutes(5)
/** A phone takes some seconds to turn it on, and the router some to get an address. */
const FIRST_RETRY = seconds(20)
const LONGEST_RETRY = minutes(5)
/** A phone that passed its limits is left alone for so long after. */
export const REST = minutes(10)

type Next = { readonly move: TetherMove | null; readonly nextAt: MonoMs | null }

/** What becomes of a phone's network now, and why. Pure. */
export const nextTether = (fact: TetherFact | null, seen: TetherSeen, now: MonoMs): Next => {
  if (!fact || fact.stage === 'away' || fact.stage === 'resting') return whileAway(fact, seen, now)
  if (!seen.isCommandable) return move('phone-lost', null, 'away')
  if (seen.fault) return seen.isLeaving ? wait(null) : move(seen.fault, 'put-away', 'resting')
  if (seen.need === null) return whileSpare(fact, seen, now)
  if (fact.stage === 'spare') return move(seen.need, null, 'lent')
  const retryAt = seen.isOn && seen.isThere ? null : later(fact.orderedAt, retryAfter(fact.tries))
  if (retryAt !== null && now >= retryAt) return move('again', seen.isOn ? 'afresh' : 'lend', 'lent')
  return renewed(fact, retryAt, now)
}

const whileAway = (fact: TetherFact | null, seen: TetherSeen, now: MonoMs): Next => {
  if (seen.need === null || seen.fault || !seen.isCommandable) return wait(null)
  const restedAt = fact?.stage === 'resting' ? later(fact.since, REST) : now
  return now < restedAt ? wait(restedAt) : move(seen.need, 'lend', 'lent')
}

const whileSpare = (fact: TetherFact, { idle }: TetherSeen, now: MonoMs): Next => {
  if (fact.stage === 'lent') return move('spare', null, 'spare')
  const end = later(fact.since, idle)
  return now >= end ? move('not-needed', 'put-away', 'away') : renewed(fact, end, now)
}

const renewed = ({ orderedAt, stage }: TetherFact, nextAt: MonoMs | null, now: MonoMs): Next => {
  const due = later(orderedAt, RENEW_AFTER)
  return now >= due ? move('renew', 'lend', stage) : wait(earliest(due, nextAt))
}

const retryAfter = (tries: number): DurationMs =>
  milliseconds(Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(tries, 20)))

const move = (reason: TetherReason, order: TetherMove['order'], stage: TetherStage): Next => ({
  move: { reason, order, stage },
  nextAt: null,
})
const wait = (nextAt: MonoMs | null): Next => ({ move: null, nextAt })
