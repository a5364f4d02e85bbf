import { elapsed, type MonoMs, seconds } from '@infra-home/shared/clock.ts'

/** How far a device's wall clock is from ours, by what it says. */
export type ClockHeard = {
  /** Positive: ahead of ours. */
  readonly offsetMs: number
  /** It has seemed to be further behind since then, and at least so far; a message that was held up on its way seems so, too. */
  readonly seems: { readonly offsetMs: number; readonly since: MonoMs } | null
}

/** Nothing on the way makes a clock seem ahead; behind it has to stay for so long. */
const BELIEVED_AFTER = seconds(60)
/** Messages take a little more time, or less. */
const JITTER_MS = 1000

/** What is thought of a device's clock after another message. Pure. */
export const hearClock = (before: ClockHeard | null, offsetMs: number, now: MonoMs): ClockHeard => {
  if (!before || offsetMs >= before.offsetMs - JITTER_MS) return { offsetMs, seems: null }
  const seems = {
    offsetMs: Math.max(before.seems?.offsetMs ?? offsetMs, offsetMs),
    since: before.seems?.since ?? now,
  }
  return elapsed(seems.since, now) < BELIEVED_AFTER
    ? { ...before, seems }
    : { offsetMs: seems.offsetMs, seems: null }
}
