import { type CancelTimer, type Clock, type DurationMs, monoMs, wallMs } from '@infra-home/shared/clock.ts'

type Timer = { readonly at: number; fn: (() => void) | null }

/** One time for several machines, which stands still until it is run. Milliseconds since the beginning. */
export type HouseTime = {
  now(): number
  after(delay: number, fn: () => void): CancelTimer
  /** Runs what is due in order of time, letting promises settle after each, and stops at `end`. */
  runTo(end: number): Promise<void>
  /** Time stands still while this is done, which needs time of the real world: files, keys. */
  hold<T>(work: Promise<T>): Promise<T>
  machine(options: { readonly wall: number; readonly bootedAgo: number }): MachineTime
}

/** The clocks of one machine: they go at the same speed as all others, and show something else. */
export type MachineTime = {
  /** The clock as one process sees it; when that is killed, none of its timers comes any more. */
  process(): Clock & { kill(): void }
  stepWall(by: DurationMs): void
  /** Nothing runs while it sleeps; what became due meanwhile comes when it wakes. Both clocks go on. */
  suspend(on: boolean): void
  /** The boot-time clock begins anew. */
  reboot(): void
  /** When it last did, in the house's time. */
  bootedAt(): number
}

/** A boot takes this long before an agent can start, milliseconds. */
const BOOTING = 20_000

/** So many timers run in one turn of Node's event loop, which settles promises after each of them. */
const TOGETHER = 64

/** @param start the true wall clock at the beginning, milliseconds since 1970 */
export const houseTime = (start: number): HouseTime => {
  /** The next one last; of several at one instant, the oldest last. */
  const timers: Timer[] = []
  const held = new Set<Promise<unknown>>()
  let now = 0

  const after = (delay: number, fn: () => void): CancelTimer => {
    const timer: Timer = { at: now + Math.max(0, delay), fn }
    let low = 0
    let high = timers.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((timers[middle] as Timer).at > timer.at) low = middle + 1
      else high = middle
    }
    timers.splice(low, 0, timer)
    return () => {
      timer.fn = null
    }
  }

  /** Runs the next timer; false when none is due by `end`. */
  const step = (end: number): boolean => {
    const next = timers.at(-1)
    if (!next || next.at > end) return false
    timers.pop()
    if (!next.fn) return true
    now = next.at
    next.fn()
    return true
  }

  const turn = (end: number): Promise<boolean> =>
    new Promise((resolve, reject) => {
      let more = true
      const one = (): void => {
        try {
          more &&= held.size > 0 || step(end)
        } catch (error) {
          more = false
          reject(error instanceof Error ? error : new Error(String(error)))
        }
      }
      for (let i = 0; i < TOGETHER; i++) setImmediate(one)
      setImmediate(() => resolve(more))
    })

  return {
    now: () => now,
    after,
    async runTo(end) {
      while (await turn(end)) await Promise.allSettled(held)
      now = end
    },
    hold(work) {
      held.add(work)
      return work.finally(() => held.delete(work))
    },
    machine: (options) => machineTime({ now: () => now, after, start }, options),
  }
}

type Base = Pick<HouseTime, 'now' | 'after'> & { readonly start: number }

const machineTime = (
  { now, after, start }: Base,
  options: { readonly wall: number; readonly bootedAgo: number },
): MachineTime => {
  let ahead = options.wall
  let bootedAt = -options.bootedAgo
  let asleep = false
  const overdue: (() => void)[] = []
  return {
    process() {
      let dead = false
      return {
        now: () => ({ wall: wallMs(start + now() + ahead), mono: monoMs(now() - bootedAt) }),
        after(delay, fn) {
          let cancelled = false
          const run = (): void => {
            if (!dead && !cancelled) fn()
          }
          const cancel = after(delay, () => void (asleep ? overdue.push(run) : run()))
          return () => {
            cancelled = true
            cancel()
          }
        },
        kill() {
          dead = true
        },
      }
    },
    stepWall(by) {
      ahead += by
    },
    suspend(on) {
      asleep = on
      if (!on) for (const run of overdue.splice(0)) after(0, run)
    },
    reboot() {
      bootedAt = now() - BOOTING
    },
    bootedAt: () => bootedAt,
  }
}
