import type { Database } from 'better-sqlite3'
import { addBucket, addReading, bucketAt } from '../series/bucket.ts'
import type { Chunk, ChunkPlace } from '../series/chunk.ts'
import { type Reading, readingsOf } from '../series/readings.ts'
import { floorTo, type Tier, TIERS } from '../series/tier.ts'
import type { Slices } from '../slices.ts'
import type { Chunks, Thing } from './chunks.ts'
import type { Facts } from './facts.ts'
import type { NumbersReader, NumbersRun } from './numbers.ts'

/** A home's hour is one piece; a busy site's is several, so that its commits go on in between. */
const BATCHES_A_SLICE = 4000

export type RollUp = (upTo: number) => Slices<void>

type Fresh = { readonly thing: Thing; readonly place: ChunkPlace; readonly chunk: Chunk }

/**
 * Takes each batch of numbers into the series exactly once: what is in is marked by a position, in the same commit. What
 * comes late, from a backlog, goes into the hour in which it was seen.
 */
export const createRollUp = (
  db: Database,
  parts: { readonly numbers: NumbersReader; readonly chunks: Chunks; readonly facts: Facts },
): RollUp => {
  const { numbers, chunks, facts } = parts

  const save = ({ thing, place, chunk }: Fresh): void => {
    const stored = chunks.read(thing, place)
    chunks.write(thing, place, stored ? merge(stored, chunk) : chunk)
  }

  const slice = db.transaction((upTo: number): boolean => {
    const runs = numbers.next({ after: facts.number('rolled-up'), upTo }, BATCHES_A_SLICE)
    for (const fresh of condense(runs)) save(fresh)
    const last = runs.at(-1)?.last
    if (last !== undefined) facts.setNumber('rolled-up', last)
    return last !== undefined && last < upTo
  })

  return function* rollUp(upTo) {
    const end = numbers.lastBefore(upTo, facts.number('rolled-up'))
    if (end === 0) return
    while (slice.immediate(end)) yield
  }
}

/** The readings of some runs as chunks of every tier, in the order in which they are stored. */
const condense = (runs: readonly NumbersRun[]): Fresh[] => {
  const fresh = new Map<string, Fresh>()
  for (const { texts } of runs)
    for (const text of texts)
      for (const reading of readingsOf(text)) for (const tier of TIERS) take(fresh, reading, tier)
  return [...fresh.values()].sort(
    (a, b) => a.place.tier.id - b.place.tier.id || a.place.start - b.place.start,
  )
}

const take = (all: Map<string, Fresh>, { node, key, metric, at, value }: Reading, tier: Tier): void => {
  const start = floorTo(at, tier.chunkMs)
  const name = `${tier.id} ${start} ${node} ${key}`
  const fresh = all.get(name) ?? { thing: { node, key }, place: { tier, start }, chunk: new Map() }
  all.set(name, fresh)
  const buckets = fresh.chunk.get(metric) ?? new Map()
  fresh.chunk.set(metric, buckets)
  addReading(bucketAt(buckets, floorTo(at, tier.bucketMs)), at, value)
}

const merge = (stored: Chunk, fresh: Chunk): Chunk => {
  for (const [metric, buckets] of fresh) {
    const known = stored.get(metric) ?? new Map()
    stored.set(metric, known)
    for (const [at, bucket] of buckets) addBucket(bucketAt(known, at), bucket)
  }
  return stored
}
