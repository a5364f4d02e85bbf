import {
  type CancelTimer,
  type Clock,
  type DurationMs,
  type Instant,
  monoMs,
  type WallMs,
  wallMs,
} from '@infra-home/shared/clock.ts'

export type FakeClock = Clock & {
  /** Runs due timers in order of time, letting promises settle after each, until `by` has passed. */
  advance(by: DurationMs): Promise<void>
  /** Moves the wall clock alone, as NTP does. */
  stepWall(by: DurationMs): void
}

/** A clock that stands still until it is turned. */
export const fakeClock = (wall: WallMs = wallMs(Date.UTC(2026, 10, 1)), mono = 100_000): FakeClock => {
  let now: { wall: number; mono: number } = { wall, mono }
  let order = 0
  const timers = new Map<number, { at: number; fn: () => void }>()
  const next = (): [number, { at: number; fn: () => void }] | undefined =>
    [...timers].sort(([a, x], [b, y]) => x.at - y.at || a - b)[0]
  return {
    now: (): Instant => ({ wall: wallMs(now.wall), mono: monoMs(now.mono) }),
    after(delay, fn): CancelTimer {
      const id = order++
      timers.set(id, { at: now.mono + Math.max(0, delay), fn })
      return () => timers.delete(id)
    },
    async advance(by) {
      const end = now.mono + by
      for (let due = next(); due && due[1].at <= end; due = next()) {
        const [id, timer] = due
        timers.delete(id)
        now = { wall: now.wall + Math.max(0, timer.at - now.mono), mono: Math.max(now.mono, timer.at) }
        timer.fn()
        await settle()
      }
      now = { wall: now.wall + (end - now.mono), mono: end }
      await settle()
    },
    stepWall(by) {
      now = { wall: now.wall + by, mono: now.mono }
    },
  }
}

/** Lets promises and immediates that are ready run. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise<void>((resolve) => setImmediate(resolve))
}
