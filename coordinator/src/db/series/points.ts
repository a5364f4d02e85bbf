import { addBucket, addReading, type Bucket, bucketAt } from './bucket.ts'
import { floorTo } from './tier.ts'
import type { SeriesPoint, SeriesQuery } from '../store.ts'

/** More points than this nobody draws: the step is widened instead. */
const MOST_POINTS = 20_000

/** Gathers readings and buckets into the steps of a query. */
export type Points = {
  reading(at: number, value: number | null): void
  bucket(at: number, bucket: Bucket): void
  /** In order of time. */
  done(): SeriesPoint[]
}

/** @param finest what the data's own resolution is, milliseconds */
export const createPoints = ({ from, to, stepMs }: SeriesQuery, finest: number): Points => {
  const step = Math.max(1, stepMs, finest, Math.ceil((to - from) / MOST_POINTS))
  const steps = new Map<number, Bucket>()
  return {
    reading(at, value) {
      if (at >= from && at < to) addReading(bucketAt(steps, floorTo(at, step)), at, value)
    },
    bucket(at, bucket) {
      if (at + finest > from && at < to) addBucket(bucketAt(steps, floorTo(at, step)), bucket)
    },
    done: () => [...steps].sort(([a], [b]) => a - b).map(([at, bucket]) => toPoint(at, bucket)),
  }
}

const toPoint = (at: number, { count, min, max, sum, last }: Bucket): SeriesPoint =>
  count === 0
    ? { at, min: null, max: null, mean: null, last: null }
    : { at, min, max, mean: sum / count, last }
