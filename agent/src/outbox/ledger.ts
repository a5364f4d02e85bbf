import type { OwedSession } from '@infra-home/shared/messages/birth.ts'
import { compareMarks, type LiveEntry, type Place } from './entry.ts'

/** Everything that is not acknowledged, in order. */
export type Ledger = {
  live(): readonly LiveEntry[]
  add(entry: LiveEntry): void
  move(entry: LiveEntry, place: Place): void
  /** Takes out what `goes` says, and returns it. */
  remove(goes: (entry: LiveEntry) => boolean): LiveEntry[]
  memoryBytes(): number
  /** The lowest number that is live, by session. */
  lowest(): Map<number, number>
}

export const createLedger = (recovered: readonly LiveEntry[]): Ledger => {
  let live = [...recovered]
  let memoryBytes = 0
  const count = (entry: LiveEntry, sign: 1 | -1): void => {
    if (entry.place.kind === 'memory') memoryBytes += sign * entry.bytes
  }
  return {
    live: () => live,
    add(entry) {
      const last = live.at(-1)
      live.push(entry)
      if (last && compareMarks(last, entry) > 0) live.sort(compareMarks)
      count(entry, 1)
    },
    move(entry, place) {
      if (entry.gone) return
      count(entry, -1)
      entry.place = place
      count(entry, 1)
    },
    remove(goes) {
      const gone = live.filter(goes)
      if (gone.length === 0) return gone
      for (const entry of gone) {
        entry.gone = true
        count(entry, -1)
      }
      live = live.filter((entry) => !entry.gone)
      return gone
    },
    memoryBytes: () => memoryBytes,
    lowest() {
      const lowest = new Map<number, number>()
      for (const { session, seq } of live) if (!lowest.has(session)) lowest.set(session, seq)
      return lowest
    },
  }
}

/**
 * What is owed, by session, in order: the lowest live number; for a session of which only settled entries are left on
 * the disk the number after them. It stays listed, since after a crash they may come again and must then be known as
 * settled.
 */
export const owedSessions = (
  lowest: ReadonlyMap<number, number>,
  onDisk: ReadonlyMap<number, number>,
): OwedSession[] =>
  [...new Set([...onDisk.keys(), ...lowest.keys()])]
    .sort((a, b) => a - b)
    .map((session) => ({ session, from: lowest.get(session) ?? (onDisk.get(session) ?? 0) + 1 }))
