import type { Database } from 'better-sqlite3'
import { type Chunk, type ChunkPlace, decodeChunk, encodeChunk } from '../series/chunk.ts'
import type { Tier } from '../series/tier.ts'

/** A thing that has numbers: a state key of a node. */
export type Thing = { readonly node: string; readonly key: string }

export type Chunks = {
  read(thing: Thing, place: ChunkPlace): Chunk | null
  write(thing: Thing, place: ChunkPlace, chunk: Chunk): void
  /** Those that touch from…to, in order of time. */
  between(thing: Thing, tier: Tier, range: { readonly from: number; readonly to: number }): Chunk[]
  /** Drops those that end before `before`. */
  drop(tier: Tier, before: number): void
  /** Drops those of the earliest time, and returns when they ended; null when there are none. */
  dropOldest(tier: Tier): number | null
}

export const createChunks = (db: Database): Chunks => {
  const findThing = db
    .prepare<[string, string], number>('SELECT id FROM things WHERE node = ? AND key = ?')
    .pluck()
  const newThing = db.prepare('INSERT INTO things (node, key) VALUES (?, ?)')
  const find = db
    .prepare<[number, number, number], Buffer>(
      'SELECT bytes FROM chunks WHERE tier = ? AND start = ? AND thing = ?',
    )
    .pluck()
  const put = db.prepare('INSERT OR REPLACE INTO chunks (tier, start, thing, bytes) VALUES (?, ?, ?, ?)')
  const remove = db.prepare('DELETE FROM chunks WHERE tier = ? AND start < ?')
  const earliest = db.prepare<[number], number | null>('SELECT MIN(start) FROM chunks WHERE tier = ?').pluck()
  const later = db
    .prepare<[number, number], number | null>('SELECT MIN(start) FROM chunks WHERE tier = ? AND start >= ?')
    .pluck()

  const read = (id: number, place: ChunkPlace): Chunk | null => {
    const bytes = find.get(place.tier.id, place.start, id)
    return bytes ? decodeChunk(bytes, place) : null
  }

  return {
    read({ node, key }, place) {
      const id = findThing.get(node, key)
      return id === undefined ? null : read(id, place)
    },
    write({ node, key }, place, chunk) {
      const id = findThing.get(node, key) ?? newThing.run(node, key).lastInsertRowid
      put.run(place.tier.id, place.start, id, encodeChunk(chunk, place))
    },
    between({ node, key }, tier, { from, to }) {
      const id = findThing.get(node, key)
      if (id === undefined) return []
      const chunks: Chunk[] = []
      const first = Math.floor(from / tier.chunkMs) * tier.chunkMs
      for (let start = later.get(tier.id, first); typeof start === 'number' && start < to;) {
        const chunk = read(id, { tier, start })
        if (chunk) chunks.push(chunk)
        start = later.get(tier.id, start + 1)
      }
      return chunks
    },
    drop: (tier, before) => void remove.run(tier.id, before - tier.chunkMs),
    dropOldest(tier) {
      const start = earliest.get(tier.id) ?? null
      if (start === null) return null
      remove.run(tier.id, start + 1)
      return start + tier.chunkMs
    },
  }
}
