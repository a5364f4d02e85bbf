import { createPoints } from '../series/points.ts'
import { readingsOf, textsOf } from '../series/readings.ts'
import { chooseTier } from '../series/tier.ts'
import type { Slices } from '../slices.ts'
import type { SeriesPoint, SeriesQuery } from '../store.ts'
import type { Chunks } from './chunks.ts'
import type { Facts } from './facts.ts'
import type { NumbersReader } from './numbers.ts'

const BATCHES_A_SLICE = 4000

type Parts = { readonly numbers: NumbersReader; readonly chunks: Chunks; readonly facts: Facts }

/** One metric over time: from chunks as far as they were rolled up, from the batches themselves after that. */
export function* readSeries(query: SeriesQuery, { numbers, chunks, facts }: Parts): Slices<SeriesPoint[]> {
  const floors = { raw: facts.number('floor-raw'), minute: facts.number('floor-minute') }
  const tier = chooseTier(query, floors)
  const points = createPoints(query, tier?.bucketMs ?? 1)
  if (tier)
    for (const chunk of chunks.between(query, tier, query))
      for (const [at, bucket] of chunk.get(query.metric) ?? []) points.bucket(at, bucket)
  let after = tier ? facts.number('rolled-up') : 0
  for (;;) {
    const runs = numbers.next({ after, from: query.from, to: query.to }, BATCHES_A_SLICE)
    for (const text of runs.flatMap(({ texts }) => textsOf(texts, query.node)))
      for (const { key, metric, at, value } of readingsOf(text))
        if (key === query.key && metric === query.metric) points.reading(at, value)
    const last = runs.at(-1)
    if (!last) return points.done()
    after = last.last
    yield
  }
}
