/** What is known of one metric in a stretch of time. A count of 0: it was looked at, and unknown every time. */
export type Bucket = {
  count: number
  min: number
  max: number
  sum: number
  last: number
  /** When `last` was seen: wall clock, milliseconds. */
  lastAt: number
}

export const emptyBucket = (): Bucket => ({ count: 0, min: 0, max: 0, sum: 0, last: 0, lastAt: 0 })

/** Takes one reading in. */
export const addReading = (bucket: Bucket, at: number, value: number | null): void => {
  if (value !== null)
    addBucket(bucket, { count: 1, min: value, max: value, sum: value, last: value, lastAt: at })
}

/** Takes in what another bucket knows; the order in which buckets come does not matter. */
export const addBucket = (bucket: Bucket, other: Bucket): void => {
  if (other.count === 0) return
  if (bucket.count === 0) {
    Object.assign(bucket, other)
    return
  }
  bucket.count += other.count
  bucket.min = Math.min(bucket.min, other.min)
  bucket.max = Math.max(bucket.max, other.max)
  bucket.sum += other.sum
  if (other.lastAt >= bucket.lastAt) {
    bucket.last = other.last
    bucket.lastAt = other.lastAt
  }
}

/** The bucket of `key`, made when there is none yet. */
export const bucketAt = <K>(buckets: Map<K, Bucket>, key: K): Bucket => {
  const found = buckets.get(key)
  if (found) return found
  const fresh = emptyBucket()
  buckets.set(key, fresh)
  return fresh
}
