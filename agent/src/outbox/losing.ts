import type { CancelTimer, Clock, DurationMs } from '@infra-home/shared/clock.ts'
import type { Gap, LiveEntry } from './entry.ts'
import { takeOut } from './holding.ts'
import type { Ledger } from './ledger.ts'
import { createLossBook, type LossBook } from './loss-book.ts'
import type { Shelf } from './shelf.ts'

/** Gives up entries, and sees to it that this is told. */
export type Losing = {
  readonly book: Pick<LossBook, 'isEmpty' | 'lowest'>
  /** Tells of entries that never came into the ledger. */
  lose(entries: readonly LiveEntry[], reason: Gap['reason']): void
  /** Takes these out of the ledger and gives them up. */
  drop(entries: ReadonlySet<LiveEntry>, reason: Gap['reason']): void
  /** Damage that was found. */
  found(gaps: readonly Gap[], count: number): void
  /** Tells now what is not yet told. */
  tell(): void
  /** How many entries were given up. */
  dropped(): number
  stop(): void
}

export type LosingOptions = {
  readonly ledger: Ledger
  readonly shelf: Shelf
  readonly clock: Clock
  readonly delay: DurationMs
  readonly onGap: (gap: Gap) => void
  readonly onTold: () => void
}

export const createLosing = ({ ledger, shelf, clock, delay, onGap, onTold }: LosingOptions): Losing => {
  const book = createLossBook()
  let timer: CancelTimer | null = null
  let dropped = 0
  let stopped = false

  const tell = (): void => {
    timer?.()
    timer = null
    for (const gap of book.takeAll(ledger.live())) onGap(gap)
    onTold()
  }

  const note = (gaps: readonly Gap[]): void => {
    for (const gap of gaps) book.add(gap)
    if (gaps.length > 0 && !stopped) timer ??= clock.after(delay, tell)
  }

  /** A marker that goes gives back what it told. */
  const lose = (entries: readonly LiveEntry[], reason: Gap['reason']): void => {
    dropped += entries.length
    for (const { session, seq, gap } of entries)
      note([{ session, from: seq, to: seq, reason }, ...(gap ? [gap] : [])])
  }

  return {
    book,
    lose,
    drop(entries, reason) {
      for (const { place } of entries) {
        const segment = place.kind === 'disk' ? shelf.get(place.segment) : undefined
        if (segment) segment.lossy = true
      }
      lose(
        takeOut({ ledger, shelf }, (entry) => entries.has(entry)),
        reason,
      )
    },
    found(gaps, count) {
      dropped += count
      note(gaps)
    },
    tell,
    dropped: () => dropped,
    stop() {
      stopped = true
      timer?.()
      timer = null
    },
  }
}
