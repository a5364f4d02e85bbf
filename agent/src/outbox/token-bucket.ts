import type { MonoMs } from '@infra-home/shared/clock.ts'

export type Rate = { readonly entriesPerSecond: number; readonly bytesPerSecond: number }

/** What may be sent at `at`; below zero after something large, until time has paid for it. */
export type TokenBucket = { readonly at: MonoMs; readonly entries: number; readonly bytes: number }

/** The bucket holds this many seconds of its rate. */
const BURST_SECONDS = 2

export const fullBucket = (rate: Rate, at: MonoMs): TokenBucket => ({
  at,
  entries: rate.entriesPerSecond * BURST_SECONDS,
  bytes: rate.bytesPerSecond * BURST_SECONDS,
})

/** The bucket after the time up to `now` has flowed in. */
export const refill = (bucket: TokenBucket, rate: Rate, now: MonoMs): TokenBucket => {
  const passed = Math.max(0, now - bucket.at) / 1000
  const full = fullBucket(rate, now)
  return {
    at: now,
    entries: Math.min(full.entries, bucket.entries + passed * rate.entriesPerSecond),
    bytes: Math.min(full.bytes, bucket.bytes + passed * rate.bytesPerSecond),
  }
}

/** Whether one more entry may go. One larger than the whole bucket may too: the ones after it wait the longer. */
export const mayTake = (bucket: TokenBucket): boolean => bucket.entries >= 1 && bucket.bytes > 0

export const takeEntry = (bucket: TokenBucket, bytes: number): TokenBucket => ({
  at: bucket.at,
  entries: bucket.entries - 1,
  bytes: bucket.bytes - bytes,
})
