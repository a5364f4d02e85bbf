import type { Entry } from '../world/input.ts'

/** The live stream of journal entries, with the newest kept at hand for those who come back. */
export type EntryStream = {
  publish(entry: Entry): void
  /** Calls `listener` with every entry from now on; returns the way to stop. */
  subscribe(listener: (entry: Entry) => void): () => void
  /** Entries after position `pos`, or null when some of them are no longer here: then the store has them. */
  since(pos: number): readonly Entry[] | null
  /** All that are kept, oldest first. */
  newest(): readonly Entry[]
  listeners(): number
}

/** @param kept how many entries stay in memory: numbers may be a minute on their way to the disk */
export const createEntryStream = (kept = 2048): EntryStream => {
  const listeners = new Set<(entry: Entry) => void>()
  const ring: Entry[] = []
  let start = 0
  const inOrder = (): Entry[] => [...ring.slice(start), ...ring.slice(0, start)]
  return {
    publish(entry) {
      if (ring.length < kept) ring.push(entry)
      else {
        ring[start] = entry
        start = (start + 1) % kept
      }
      for (const listener of listeners) listener(entry)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    since(pos) {
      const oldest = ring[ring.length < kept ? 0 : start]
      if (!oldest) return pos === 0 ? [] : null
      return pos >= oldest.pos - 1 ? inOrder().filter((entry) => entry.pos > pos) : null
    },
    newest: inOrder,
    listeners: () => listeners.size,
  }
}
