import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Bucket } from './bucket.ts'
import type { Tier } from './tier.ts'

/** All metrics of one thing over one chunk of time: metric → start of bucket (milliseconds) → what is known. */
export type Chunk = Map<string, Map<number, Bucket>>

/** Which buckets, then each figure of them; columns, because like beside like deflates best. */
type Columns = {
  readonly i: number[]
  readonly n: number[]
  readonly min: number[]
  readonly max: number[]
  readonly sum: number[]
  readonly last: number[]
  /** Milliseconds from the bucket's start to its last reading. */
  readonly late: number[]
}

export type ChunkPlace = { readonly tier: Tier; readonly start: number }

/** A chunk as it is stored: columns of figures as JSON, deflated. */
export const encodeChunk = (chunk: Chunk, place: ChunkPlace): Buffer =>
  deflateRawSync(
    JSON.stringify(
      Object.fromEntries([...chunk].map(([metric, buckets]) => [metric, columns(buckets, place)])),
    ),
  )

export const decodeChunk = (bytes: Uint8Array, place: ChunkPlace): Chunk => {
  const stored = JSON.parse(inflateRawSync(bytes).toString()) as Record<string, Columns>
  return new Map(Object.entries(stored).map(([metric, stored]) => [metric, buckets(stored, place)]))
}

const columns = (buckets: ReadonlyMap<number, Bucket>, { tier, start }: ChunkPlace): Columns => {
  const sorted = [...buckets].sort(([a], [b]) => a - b)
  const column = (pick: (bucket: Bucket, at: number) => number): number[] =>
    sorted.map(([at, bucket]) => pick(bucket, at))
  return {
    i: column((_, at) => (at - start) / tier.bucketMs),
    n: column(({ count }) => count),
    min: column(({ min }) => min),
    max: column(({ max }) => max),
    sum: column(({ sum }) => withoutNoise(sum)),
    last: column(({ last }) => last),
    late: column(({ count, lastAt }, at) => (count === 0 ? 0 : lastAt - at)),
  }
}

const buckets = (stored: Columns, { tier, start }: ChunkPlace): Map<number, Bucket> =>
  new Map(
    stored.i.map((index, row) => {
      const at = start + index * tier.bucketMs
      const figure = (name: keyof Columns): number => stored[name][row] ?? 0
      const bucket = {
        count: figure('n'),
        min: figure('min'),
        max: figure('max'),
        sum: figure('sum'),
        last: figure('last'),
        lastAt: at + figure('late'),
      }
      return [at, bucket]
    }),
  )

/** 0.30000000000000004 takes room and says nothing. */
const withoutNoise = (sum: number): number => Number(sum.toPrecision(15))
