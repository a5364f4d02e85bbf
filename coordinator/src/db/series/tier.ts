import { days, hours, minutes } from '@infra-home/shared/clock.ts'

/** A resolution in which numbers are kept: buckets, stored together in chunks. All in milliseconds. */
export type Tier = {
  readonly id: 1 | 2
  readonly bucketMs: number
  /** A chunk is rewritten while its time lasts: long ones wear the flash, short ones take room. */
  readonly chunkMs: number
  readonly keepMs: number
}

export const MINUTE: Tier = { id: 1, bucketMs: minutes(1), chunkMs: hours(1), keepMs: days(7) }
export const QUARTER: Tier = { id: 2, bucketMs: minutes(15), chunkMs: hours(6), keepMs: days(90) }
export const TIERS: readonly Tier[] = [MINUTE, QUARTER]

/** How long batches of numbers themselves are kept, milliseconds. */
export const KEEP_RAW = hours(48)

/** The earliest time of which something is still there in full, milliseconds; 0 while nothing was dropped. */
export type Floors = { readonly raw: number; readonly minute: number }

/** The coarsest tier that is fine enough for the step, or a coarser one that reaches back to `from`; null for raw. */
export const chooseTier = (
  query: { readonly from: number; readonly stepMs: number },
  floors: Floors,
): Tier | null => {
  if (query.stepMs >= QUARTER.bucketMs) return QUARTER
  if (query.stepMs < MINUTE.bucketMs && query.from >= floors.raw) return null
  return query.from >= floors.minute ? MINUTE : QUARTER
}

export const floorTo = (at: number, width: number): number => Math.floor(at / width) * width
