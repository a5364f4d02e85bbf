import { type CancelTimer, type Clock, type DurationMs, elapsed, later } from '@infra-home/shared/clock.ts'
import type { LiveEntry } from './entry.ts'
import type { Ledger } from './ledger.ts'

/** Decides when the numbers in memory go to the disk: all together, when the oldest of them waited long enough. */
export type Spilling = {
  /** A number came. */
  arm(): void
  /** All that is in memory up to this number is to be written. */
  upTo(seq: number): void
  wants(entry: LiveEntry): boolean
  stop(): void
}

export type SpillingOptions = {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly after: DurationMs
  readonly kick: () => void
}

export const createSpilling = ({ ledger, clock, after, kick }: SpillingOptions): Spilling => {
  let mark = 0
  let timer: CancelTimer | null = null
  let stopped = false

  const waiting = (): LiveEntry[] =>
    ledger
      .live()
      .filter(({ urgency, place, seq }) => urgency === 'number' && place.kind === 'memory' && seq > mark)

  const look = (): void => {
    timer = null
    const numbers = waiting()
    const [oldest] = numbers
    if (!oldest || oldest.addedAt === null) return
    const left = elapsed(clock.now().mono, later(oldest.addedAt, after))
    if (left > 0) return void (timer = clock.after(left, look))
    mark = numbers.at(-1)?.seq ?? mark
    kick()
  }

  return {
    arm() {
      if (!stopped) timer ??= clock.after(after, look)
    },
    upTo(seq) {
      mark = Math.max(mark, seq)
    },
    wants: ({ seq }) => seq <= mark,
    stop() {
      stopped = true
      timer?.()
      timer = null
    },
  }
}
