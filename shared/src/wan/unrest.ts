import { type DurationMs, elapsed, hours, later, minutes, type MonoMs, seconds } from '../clock.ts'

/** How often a path broke of late: each time counts one, and half of what is counted is forgotten in an hour. */
export type Unrest = { readonly breaks: number; readonly at: MonoMs }

const HALF_LIFE = hours(1)
const SHORTEST = seconds(60)
const LONGEST = minutes(60)

/** What is left of it by now. Pure. */
export const breaksBy = ({ breaks, at }: Unrest, now: MonoMs): number =>
  breaks * 0.5 ** (elapsed(at, now) / HALF_LIFE)

/** One more. Pure. */
export const brokeAgain = (before: Unrest | null, now: MonoMs): Unrest => ({
  breaks: (before ? breaksBy(before, now) : 0) + 1,
  at: now,
})

/** How long a path has to be whole before anybody goes back to it: a minute after one break of late, twice as long for each more, an hour at most. Pure. */
export const stableTime = (unrest: Unrest | null, now: MonoMs): DurationMs => {
  const breaks = unrest ? breaksBy(unrest, now) : 0
  return Math.min(LONGEST, SHORTEST * 2 ** Math.max(0, Math.round(breaks) - 1)) as DurationMs
}

/** When a path that has worked since `since` will have been whole for long enough. Pure. */
export const stableAt = (
  { since, unrest }: { readonly since: MonoMs; readonly unrest: Unrest | null },
  now: MonoMs,
): MonoMs => later(since, stableTime(unrest, now))
