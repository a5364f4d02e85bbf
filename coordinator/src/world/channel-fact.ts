import {
  type DurationMs,
  elapsed,
  type Instant,
  later,
  milliseconds,
  minutes,
  type MonoMs,
  seconds,
  type WallMs,
} from '@infra-home/shared/clock.ts'
import type { StepOutcome } from './input.ts'

/** How it goes with one channel, whoever is told by it. */
export type ChannelFact = {
  /** When the newest messages went out by it, or may have, oldest first. */
  readonly sent: readonly MonoMs[]
  /** How many attempts in a row got no clear answer. */
  readonly failures: number
  /** It is left alone until then; null: it may be tried. */
  readonly restsUntil: MonoMs | null
  /** It refused the newest message for good, in these words; null when it did not. */
  readonly refusal: { readonly at: WallMs; readonly words: string; readonly by: string } | null
}

export const NEW_CHANNEL: ChannelFact = { sent: [], failures: 0, restsUntil: null, refusal: null }

/** As many as the most that a channel may have an hour. */
const SENT_KEPT = 60

/** Waits between attempts double from the first to the longest: long enough for a metered line, short for a person. */
const FIRST_REST = seconds(5)
const LONGEST_REST = minutes(5)
/** A failure of longer ago than this says nothing of now. */
const FORGOTTEN_AFTER = minutes(15)

/** Our own end between start and answer is no fault of the channel, unless that happens again and again: it may be what ends us. */
const INTERRUPTIONS = 3

type Attempt = {
  readonly outcome: StepOutcome
  /** How often what it was to tell has been tried, this time included. */
  readonly attempts: number
  /** The entry that says it. */
  readonly by: string
}

/** A channel after an attempt. Pure. */
export const channelAfter = (
  before: ChannelFact,
  { outcome, attempts, by }: Attempt,
  { mono, wall }: Instant,
): ChannelFact => {
  const wentOut = outcome.ok || !outcome.unsent
  const sent = wentOut ? [...before.sent, mono].slice(-SENT_KEPT) : before.sent
  if (outcome.ok) return { ...NEW_CHANNEL, sent }
  if (!outcome.retryable) return { ...NEW_CHANNEL, sent, refusal: { at: wall, words: outcome.error, by } }
  if (outcome.interrupted && attempts <= INTERRUPTIONS) return { ...before, sent }
  const failures = failuresAfter(before, mono)
  const rest = Math.max(outcome.retryAfterMs ?? 0, restAfter(failures))
  const until = later(mono, milliseconds(rest))
  return {
    ...before,
    sent,
    failures,
    restsUntil: before.restsUntil !== null && before.restsUntil > until ? before.restsUntil : until,
  }
}

/** Attempts for several contacts that fail together are one failure. */
const failuresAfter = (channel: ChannelFact, now: MonoMs): number => {
  if (!isFailing(channel, now)) return 1
  const { failures, restsUntil } = channel
  return restsUntil !== null && restsUntil > now ? failures : failures + 1
}

/** Whether the newest that is known of it is a failure, of not too long ago. Pure. */
export const isFailing = ({ failures, restsUntil }: ChannelFact, now: MonoMs): boolean =>
  failures > 0 && restsUntil !== null && elapsed(restsUntil, now) <= FORGOTTEN_AFTER

const restAfter = (failures: number): DurationMs =>
  milliseconds(Math.min(LONGEST_REST, FIRST_REST * 2 ** Math.min(20, failures - 1)))

/** The same channel, which may be tried at once. Pure. */
export const rested = (channel: ChannelFact): ChannelFact => ({ ...channel, failures: 0, restsUntil: null })
