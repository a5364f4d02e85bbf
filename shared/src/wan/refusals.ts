import { type DurationMs, elapsed, hours, later, minutes, type MonoMs, seconds } from '../clock.ts'

/** Orders in a row that came to nothing, and when the last did, by the uplink that traffic did not go to. */
export type Failures = Readonly<Record<string, Failure>>
type Failure = { readonly times: number; readonly at: MonoMs }

/** After any failure nothing is ordered for so long; the first one is then tried again. */
const PAUSE = seconds(2)
/** From here on others come first: once may be chance. */
const OFTEN = 2
/** How rarely it is tried at last: while nothing else would do, and while all is well without it. */
const LONGEST_IN_NEED = minutes(5)
const LONGEST = hours(1)
/** What failed so long ago was another failure. */
const FORGOTTEN = hours(2)

/** One more. Pure. */
export const failedAgain = (failures: Failures, uplink: string, now: MonoMs): Failures => {
  const before = failures[uplink]
  const times = before && elapsed(before.at, now) < FORGOTTEN ? before.times : 0
  return { ...failures, [uplink]: { times: times + 1, at: now } }
}

/** Without those of an uplink. Pure. */
export const forgiven = (failures: Failures, uplink: string | null): Failures =>
  Object.fromEntries(Object.entries(failures).filter(([id]) => id !== uplink))

/** Until when nothing is ordered at all; null where nothing failed. Pure. */
export const pausedUntil = (failures: Failures): MonoMs | null => {
  const ends = Object.values(failures).map(({ at }) => later(at, PAUSE))
  return ends.length === 0 ? null : (Math.max(...ends) as MonoMs)
}

/** That an uplink refused traffic twice or more, and until when it is not tried. */
export type Refusal = { readonly isOver: boolean; readonly until: MonoMs }

/**
 * Null for what did not, or failed but once.
 * @param isNeeded whether traffic is where it should not be Pure.
 */
export const refusalOf = (failure: Failure | undefined, isNeeded: boolean, now: MonoMs): Refusal | null => {
  if (!failure || failure.times < OFTEN || elapsed(failure.at, now) >= FORGOTTEN) return null
  const wait = PAUSE * 2 ** Math.min(20, failure.times - 1)
  const until = later(failure.at, Math.min(isNeeded ? LONGEST_IN_NEED : LONGEST, wait) as DurationMs)
  return { isOver: now >= until, until }
}
