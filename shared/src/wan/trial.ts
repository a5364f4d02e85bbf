import { type DurationMs, elapsed, later, milliseconds, minutes, type MonoMs, seconds } from '../clock.ts'
import { type FalseAlarms, falseAgain, isDeaf, NO_FALSE_ALARMS } from './false-alarms.ts'
import type { LayerVerdict } from './path.ts'

/** What may be out of order on a path that lives. */
export type Service = 'own-dns' | 'public-dns' | 'tcp' | 'page' | 'full-size' | 'ipv6'

/** `portal`, `quota`: somebody answers in place of the internet, and wants a click, or money. */
export type ServiceVerdict = LayerVerdict | 'portal' | 'quota'

/** What one question came to. `fails`: an answer that helps nobody, such as a resolver's refusal. */
export type Finding = Exclude<ServiceVerdict, 'unknown'>

/** What is known of one service of one path. */
export type Trial = {
  readonly verdict: ServiceVerdict
  /** Since when it is broken; null while it is not. */
  readonly brokenAt: MonoMs | null
  /** The last single question; null when one is due at once. */
  readonly askedAt: MonoMs | null
  /** Whether that one is still without an answer. */
  readonly isOpen: boolean
  /** Everybody is asked in rounds; null while there is no doubt. */
  readonly doubt: Doubt | null
  readonly falseAlarms: FalseAlarms
  /** Who made the next question, or the doubt, begin; null for nobody. */
  readonly suspectedBy: 'users' | 'silence' | null
}

type Doubt = {
  readonly rounds: readonly MonoMs[]
  /** Who said something else, and what. */
  readonly wrong: ReadonlyMap<string, Finding>
}

export const UNTRIED: Trial = {
  verdict: 'unknown',
  brokenAt: null,
  askedAt: null,
  isOpen: false,
  doubt: null,
  falseAlarms: NO_FALSE_ALARMS,
  suspectedBy: null,
}

/** How long an answer is waited for, the first and the last beside two round trips. */
export type Waits = {
  /** A single question without an answer for so long is a reason to ask everybody. */
  readonly one: DurationMs
  /** From one round of questions to everybody to the next. */
  readonly between: DurationMs
  readonly last: DurationMs
}

/** TCP asks again after a second by itself (RFC 6298 §2): who has not answered by then may yet. */
const WAITS: Waits = { one: milliseconds(500), between: milliseconds(400), last: milliseconds(1200) }
/** Of what is asked once and not again: an echo is back after a round trip, or lost. */
export const WAITS_FOR_ECHO: Waits = {
  one: milliseconds(300),
  between: milliseconds(250),
  last: milliseconds(500),
}
/** A quarter of all packets lost each way leaves three rounds of three questions unanswered once in 1,500 times. */
const ROUNDS = 3
/** One of those who are asked may itself be somebody in between. */
const QUORUM = 2
/** What is broken is asked so often at first whether it still is, unless told otherwise. */
const RETRY = seconds(15)
/** Then after such a part of the time that it has been broken, and at last as seldom as what is in order. */
const PART_OF_AGE = 1 / 30
/** The same for what is not asked while it is in order. */
const LONGEST_RETRY = minutes(5)

/** One thing has been said to a question. Pure. */
export const answeredTrial = (
  before: Trial,
  { target, found, others }: { readonly target: string; readonly found: Finding; readonly others: number },
  now: MonoMs,
): Trial => {
  if (found === 'works') {
    const isFalseAlarm = before.suspectedBy === 'users'
    return {
      ...before,
      verdict: 'works',
      brokenAt: null,
      isOpen: false,
      doubt: null,
      suspectedBy: null,
      falseAlarms: isFalseAlarm ? falseAgain(before.falseAlarms, now) : before.falseAlarms,
    }
  }
  const wrong = new Map(before.doubt?.wrong).set(target, found)
  const doubt = { ...(before.doubt ?? { rounds: [] }), wrong }
  const inPlace = [...wrong.values()].filter(isInPlace)
  if (inPlace.length >= Math.max(1, Math.min(QUORUM, others)))
    return concluded(before, verdictOf(inPlace), now)
  return before.verdict === found ? { ...before, isOpen: false } : { ...before, isOpen: false, doubt }
}

/** Somebody has a reason to think that it works no more: users whose flows come to nothing, or a burst in which it alone was silent. Pure. */
export const suspectTrial = (before: Trial, by: 'users' | 'silence', now: MonoMs): Trial => {
  if (before.doubt || before.isOpen || isBad(before.verdict)) return before
  if (by === 'users' && isDeaf(before.falseAlarms, now)) return before
  return { ...before, askedAt: null, suspectedBy: by }
}

/**
 * What is asked now: nothing, one of them, or everybody. Silence counts for a verdict only on a path that has proven its life since each round: what
 * was asked in an outage got lost with everything else. Pure.
 */
export const nextTrial = (
  before: Trial,
  path: {
    /** How often one question is asked while all is well; null for never. */
    readonly pace: DurationMs | null
    /** How often at most it is asked whether what is broken still is. */
    readonly retry?: DurationMs
    /** How long answers are waited for, where not as long as usual. */
    readonly waits?: Waits
    readonly isAlive: boolean
    readonly provenAt: MonoMs | null
    /** The largest of the last ones. */
    readonly roundTripMs: number
  },
  now: MonoMs,
): { readonly trial: Trial; readonly ask: 'none' | 'one' | 'all' } => {
  if (!path.isAlive) return { trial: suspended(before), ask: 'none' }
  const { waits = WAITS, provenAt } = path
  const slack = 2 * path.roundTripMs
  if (before.doubt) return inDoubt(before, before.doubt, { provenAt, waits, slack }, now)
  if (before.isOpen && before.askedAt !== null) {
    if (now < later(before.askedAt, milliseconds(waits.one + slack))) return { trial: before, ask: 'none' }
    if (isBad(before.verdict)) return { trial: { ...before, isOpen: false }, ask: 'none' }
    const doubt: Doubt = { rounds: [now], wrong: new Map() }
    return { trial: { ...before, isOpen: false, doubt }, ask: 'all' }
  }
  return isDue(before, path, now)
    ? { trial: { ...before, askedAt: now, isOpen: true }, ask: 'one' }
    : { trial: before, ask: 'none' }
}

const inDoubt = (
  before: Trial,
  doubt: Doubt,
  {
    provenAt,
    waits,
    slack,
  }: { readonly provenAt: MonoMs | null; readonly waits: Waits; readonly slack: number },
  now: MonoMs,
): ReturnType<typeof nextTrial> => {
  const last = doubt.rounds.at(-1)
  const isLast = doubt.rounds.length >= ROUNDS
  const wait = isLast ? milliseconds(waits.last + slack) : waits.between
  const isWaiting = last !== undefined && (now < later(last, wait) || provenAt === null || provenAt < last)
  if (isWaiting) return { trial: before, ask: 'none' }
  if (isLast) return { trial: concluded(before, 'fails', now), ask: 'none' }
  return { trial: { ...before, doubt: { ...doubt, rounds: [...doubt.rounds, now] } }, ask: 'all' }
}

const concluded = (before: Trial, verdict: ServiceVerdict, now: MonoMs): Trial => ({
  ...before,
  verdict,
  brokenAt: before.brokenAt ?? now,
  askedAt: now,
  isOpen: false,
  doubt: null,
  suspectedBy: null,
})

/** What nobody answered while nothing else was answered either says nothing of a service. */
const suspended = (before: Trial): Trial => {
  const doubt = before.doubt && { ...before.doubt, rounds: [] }
  return before.isOpen || doubt ? { ...before, doubt, isOpen: false, askedAt: null } : before
}

const isDue = (
  { askedAt, brokenAt, suspectedBy }: Trial,
  { pace, retry = RETRY }: { readonly pace: DurationMs | null; readonly retry?: DurationMs },
  now: MonoMs,
): boolean => {
  if (askedAt === null) return pace !== null || suspectedBy !== null
  const period = brokenAt === null ? pace : retryAfter(elapsed(brokenAt, now), pace, retry)
  return period !== null && elapsed(askedAt, now) >= period
}

const retryAfter = (age: DurationMs, pace: DurationMs | null, retry: DurationMs): DurationMs => {
  const longest = pace ?? LONGEST_RETRY
  return milliseconds(Math.min(longest, Math.max(retry, age * PART_OF_AGE)))
}

const isInPlace = (found: Finding): boolean => found === 'portal' || found === 'quota'
const verdictOf = (found: readonly Finding[]): Finding => (found.includes('quota') ? 'quota' : 'portal')
const isBad = (verdict: ServiceVerdict): boolean => verdict !== 'works' && verdict !== 'unknown'
