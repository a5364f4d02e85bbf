import {
  type Clock,
  type DurationMs,
  elapsed,
  milliseconds,
  minutes,
  type MonoMs,
  seconds,
} from '@infra-home/shared/clock.ts'

type Insisted = { readonly times: number; readonly at: MonoMs }
/** How often the same was done in a row, and when last; null for never of late. */
export type Insistence = Insisted | null

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
export const insistedAt = (insistence: Insistence, now: MonoMs): Insisted => {
  const isOfLate = insistence !== null && elapsed(insistence.at, now) < FORGOTTEN_AFTER
  return { times: isOfLate ? insistence.times + 1 : 1, at: now }
}

/** How often what is to be done came to nothing, and whether it is to be tried again by now: as who insists, by its name. */
export type Patience = {
  isDue(what: string): boolean
  /** It came to nothing. Answers how often of late. */
  failed(what: string): number
  /** It is done, or nobody wants it any more; all of it, unless told what. */
  over(what?: string): void
}

export const patience = (clock: Clock): Patience => {
  const tried = new Map<string, Insisted>()
  return {
    isDue: (what) => isDueAgain(tried.get(what) ?? null, clock.now().mono),
    failed(what) {
      const { mono } = clock.now()
      for (const [other, { at }] of tried) if (elapsed(at, mono) >= FORGOTTEN_AFTER) tried.delete(other)
      const again = insistedAt(tried.get(what) ?? null, mono)
      tried.set(what, again)
      return again.times
    },
    over: (what) => void (what === undefined ? tried.clear() : tried.delete(what)),
  }
}

const waitAfter = (times: number): DurationMs =>
  milliseconds(times < AT_ONCE ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(20, times - AT_ONCE)))
