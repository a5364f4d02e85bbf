import type { LiveEntry, Urgency } from './entry.ts'

/** What one write brings to the disk. */
export type Chunk = {
  readonly kind: Urgency
  readonly entries: readonly LiveEntry[]
  readonly bytes: number
}

/** As many of `waiting`, in order, as have room, and one in any case. */
export const fillChunk = (kind: Urgency, waiting: readonly LiveEntry[], room: number): Chunk => {
  let bytes = 0
  const entries = waiting.filter((entry, at) => {
    bytes += entry.bytes
    return at === 0 || bytes <= room
  })
  return { kind, entries, bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0) }
}
