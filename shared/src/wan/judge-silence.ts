import { elapsed, milliseconds, type MonoMs, seconds } from '../clock.ts'
import { roundTripMsOf } from './round-trip.ts'
import type { Silence } from './silence.ts'

/** Users' packets without an answer for so long, beside two round trips, are a reason to look. */
const SUSPECT_USERS = milliseconds(350)
export const SUSPECT_PACKETS = 2
/** A probe that is so late, beside two round trips, is a reason to look. */
const SUSPECT_PROBE = milliseconds(300)
/** Of both, and of patience, when the modem says that nothing can pass. */
const WARNED = 1 / 2
/** Silence of so long, beside two round trips, is the end: an outage of a second is not. */
const DEAD_AFTER = milliseconds(1200)
/** Packets for users that still arrive while no probe is answered delay the end by so much, and no more. */
const GRACE_FOR_RECEIVED = seconds(3)
const ENOUGH = { probes: 12, targets: 3, methods: 2, age: milliseconds(80) }
/** A probe that was not answered in so long is no evidence any more, of anything. */
const FORGOTTEN = seconds(30)

/** What time alone makes of a silence: nothing yet, a suspicion, or the end. Pure. */
export const judgeSilence = (before: Silence, now: MonoMs): Silence => {
  const waiting = before.waiting.filter(({ at }) => elapsed(at, now) <= FORGOTTEN)
  const silence = { ...before, waiting }
  if (silence.beyond === 'fails') return silence
  if (isDead(silence, now)) return { ...silence, beyond: 'fails', probing: 'wait' }
  return isSuspect(silence, now) ? { ...silence, probing: 'burst' } : silence
}

const isSuspect = (silence: Silence, now: MonoMs): boolean => {
  const { waiting, unanswered, patience, isWarned } = silence
  const haste = isWarned ? WARNED : 1
  const trips = 2 * roundTripMsOf(silence)
  const [oldest] = waiting
  if (oldest && elapsed(oldest.at, now) >= SUSPECT_PROBE * haste + trips) return true
  if (!unanswered || unanswered.packets < SUSPECT_PACKETS) return false
  return elapsed(unanswered.since, now) >= SUSPECT_USERS * haste + Math.max(trips, patience * haste)
}

const isDead = (silence: Silence, now: MonoMs): boolean => {
  const { waiting, provenAt, unanswered } = silence
  const [oldest] = waiting
  if (!oldest || !isEnough(silence, now)) return false
  const limit = DEAD_AFTER + 2 * roundTripMsOf(silence)
  if (elapsed(oldest.at, now) >= limit + GRACE_FOR_RECEIVED) return true
  const asked = waiting.find(({ at }) => provenAt === null || at > provenAt)
  const starts = [asked?.at, unanswered?.afterAnswers ? unanswered.since : undefined]
  const since = Math.min(...starts.filter((start) => start !== undefined))
  return now - since >= limit
}

/** Enough was asked, of enough others, in enough ways, and long enough ago to have come back. */
const isEnough = (silence: Silence, now: MonoMs): boolean => {
  const age = ENOUGH.age + roundTripMsOf(silence)
  const old = silence.waiting.filter(({ at }) => elapsed(at, now) >= age)
  if (old.length < ENOUGH.probes) return false
  const [targets, methods] = [
    new Set(old.map(({ target }) => target)),
    new Set(old.map(({ method }) => method)),
  ]
  return targets.size >= ENOUGH.targets && methods.size >= ENOUGH.methods
}
