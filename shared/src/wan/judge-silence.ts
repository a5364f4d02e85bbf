import { elapsed, milliseconds, type MonoMs, seconds } from '../clock.ts'
import { roundTripMsOf } from './round-trip.ts'
import type { Silence, SilenceEvidence, Waiting } from './silence.ts'

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
  const givenUp = deadBy(silence, now)
  if (givenUp) return { ...silence, beyond: 'fails', probing: 'wait', givenUp }
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

const deadBy = (silence: Silence, now: MonoMs): SilenceEvidence | null => {
  const { waiting, provenAt, unanswered } = silence
  const [oldest] = waiting
  if (!oldest || !isEnough(silence, now)) return null
  const patienceMs = DEAD_AFTER + 2 * roundTripMsOf(silence)
  const asked = waiting.filter(({ at }) => provenAt === null || at > provenAt)
  const starts = [asked[0]?.at, unanswered?.afterAnswers ? unanswered.since : undefined]
  const quietMs = now - Math.min(...starts.filter((start) => start !== undefined))
  if (quietMs >= patienceMs) return evidenceOf(asked, { quietMs, patienceMs, isReceiving: false }, now)
  const unheard = { quietMs: elapsed(oldest.at, now), patienceMs: patienceMs + GRACE_FOR_RECEIVED }
  return unheard.quietMs >= unheard.patienceMs
    ? evidenceOf(waiting, { ...unheard, isReceiving: true }, now)
    : null
}

const evidenceOf = (
  asked: readonly Waiting[],
  by: Pick<SilenceEvidence, 'quietMs' | 'patienceMs' | 'isReceiving'>,
  now: MonoMs,
): SilenceEvidence => ({
  quietMs: Math.round(by.quietMs),
  patienceMs: Math.round(by.patienceMs),
  isReceiving: by.isReceiving,
  ms: Math.round(now - (asked[0]?.at ?? now)),
  probes: asked.length,
  targets: new Set(asked.map(({ target }) => target)).size,
  methods: new Set(asked.map(({ method }) => method)).size,
})

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
