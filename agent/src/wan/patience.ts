import {
  type Clock,
  type DurationMs,
  elapsed,
  milliseconds,
  minutes,
  type MonoMs,
  seconds,
} from '@infra-home/shared/clock.ts'

/** Who changes an interface changes it several times within a moment. */
const AT_ONCE = 3
const FIRST_WAIT = seconds(2)
const LONGEST_WAIT = minutes(5)
/** Longer than the longest wait: what comes back only after this begins afresh. */
const FORGOTTEN_AFTER = minutes(10)

/**
 * When a thing is to be tried again that came to nothing, or that somebody else undoes: three times at once, then ever more rarely. Each thing by a
 * name of its own.
 */
export type Patience = {
  isDue(what: string): boolean
  /** It was tried once more. Answers how often of late. */
  tried(what: string): number
  /** It is done, or nobody wants it any more; all of it, unless told what. */
  over(what?: string): void
}

export const patience = (clock: Clock): Patience => {
  const tries = new Map<string, { readonly times: number; readonly at: MonoMs }>()
  return {
    isDue(what) {
      const last = tries.get(what)
      return !last || elapsed(last.at, clock.now().mono) >= waitAfter(last.times)
    },
    tried(what) {
      const { mono } = clock.now()
      for (const [other, { at }] of tries) if (elapsed(at, mono) >= FORGOTTEN_AFTER) tries.delete(other)
      const times = (tries.get(what)?.times ?? 0) + 1
      tries.set(what, { times, at: mono })
      return times
    },
    over: (what) => void (what === undefined ? tries.clear() : tries.delete(what)),
  }
}

const waitAfter = (times: number): DurationMs =>
  milliseconds(times < AT_ONCE ? 0 : Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(20, times - AT_ONCE)))
