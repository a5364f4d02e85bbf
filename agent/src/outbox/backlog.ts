import type { Clock, MonoMs } from '@infra-home/shared/clock.ts'
import type { LiveEntry, StoredEntry } from './entry.ts'
import type { Ledger } from './ledger.ts'
import type { OutboxLimits } from './limits.ts'
import { readPayload } from './record.ts'
import { recordAt } from './segment.ts'
import { fullBucket, mayTake, refill, takeEntry } from './token-bucket.ts'
import type { Window } from './window.ts'

export type BacklogOptions = {
  readonly ledger: Ledger
  readonly window: Window
  readonly clock: Clock
  readonly limits: OutboxLimits
  /** The disk no longer has what it took. */
  readonly lost: (entries: ReadonlySet<LiveEntry>) => void
}

export type Backlog = {
  /** At most `max` entries. Those on the disk may come with the next call, after they were read. */
  due(now: MonoMs, max: number): StoredEntry[]
}

/** Hands out what is to be sent again, oldest first, no faster than the rate. */
export const createBacklog = (options: BacklogOptions): Backlog => {
  const { ledger, window, clock, limits } = options
  let bucket = fullBucket(limits.backlogRate, clock.now().mono)

  return {
    due(now, max) {
      bucket = refill(bucket, limits.backlogRate, now)
      const picked: StoredEntry[] = []
      const lost = new Set<LiveEntry>()
      const waiting = ledger.live().filter((entry) => isDue(entry, now, limits))
      for (const entry of waiting) {
        if (picked.length >= max || !mayTake(bucket)) break
        const stored = textOf(entry, window)
        if (stored === 'later') break // what is younger must not go before it
        if (stored === 'gone') lost.add(entry)
        if (typeof stored === 'string') continue
        bucket = takeEntry(bucket, entry.bytes)
        entry.offeredAt = now
        picked.push(stored)
      }
      if (waiting.length === 0) window.close()
      if (lost.size > 0) options.lost(lost)
      return picked
    },
  }
}

/** Whether to send it again: what an earlier start left, what went out and stayed without an answer, what is missed. */
const isDue = (entry: LiveEntry, now: MonoMs, limits: OutboxLimits): boolean => {
  if (entry.offeredAt !== null) return now - entry.offeredAt >= limits.resendAfter
  return entry.asked || entry.addedAt === null || now - entry.addedAt >= limits.liveFor[entry.urgency]
}

const textOf = (entry: LiveEntry, window: Window): StoredEntry | 'later' | 'unreadable' | 'gone' => {
  const { place } = entry
  const value = place.kind === 'memory' ? (recordAt(place.record, 0)?.value ?? 'gone') : window.look(place)
  if (typeof value === 'string') return value
  const payload = readPayload(value)
  const same =
    payload?.kind === 'entry' && payload.mark.session === entry.session && payload.mark.seq === entry.seq
  return same ? { topic: payload.topic, message: payload.message } : 'gone'
}
