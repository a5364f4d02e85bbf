import {
  type DurationMs,
  elapsed,
  milliseconds,
  minutes,
  type MonoMs,
  seconds,
} from '@infra-home/shared/clock.ts'

/** How often the same was done in a row, and when last; null for never of late. */
export type Insistence = { readonly times: number; readonly at: MonoMs } | null

/** Who changes an interface changes it several times within a moment. */
const AT_ONCE = 3
const FIRST_WAIT = seconds(2)
const LONGEST_WAIT = minutes(5)
/** Longer than the longest wait: who comes back only after this begins afresh. */
const FORGOTTEN_AFTER = minutes(10)

/** Whether it is to be done again: three times at once, then ever more rarely, since somebody else may insist as well. Pure. */
export const isDueAgain = (insistence: Insistence, now: MonoMs): boolean =>
  insistence === null || elapsed(insistence.at, now) >= waitAfter(insistence.times)

/** After it was done once more. Pure. */
export const insistedAt = (insistence: Insistence, now: MonoMs): Insistence => {
  const isOfLate = insistence !== null && elapsed(insistence.at, now) < FORGOTTEN_AFTER
  return { times: isOfLate ? insistence.times + 1 : 1, at: now }
}

const waitAfter = (times: number): DurationMs =>
  milliseconds(times < AT_ONCE ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(20, times - AT_ONCE)))
