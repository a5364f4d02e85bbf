import type { Clock } from '@infra-home/shared/clock.ts'

/** A smaller difference is slewing and rounding. */
const STEP_MS = 2_000

/** Each call says by how many milliseconds the wall clock has jumped against the monotonic one since the last; or null. */
export const clockWatch = (clock: Clock): (() => number | null) => {
  let last = clock.now()
  return () => {
    const now = clock.now()
    const jump = now.wall - last.wall - (now.mono - last.mono)
    last = now
    return Math.abs(jump) >= STEP_MS ? Math.round(jump) : null
  }
}
