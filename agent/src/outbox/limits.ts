import { type DurationMs, minutes, seconds } from '@infra-home/shared/clock.ts'
import type { Rate } from './token-bucket.ts'

export type OutboxLimits = {
  /** Most bytes of all segment files together; room for at least six segments. */
  readonly diskBytes: number
  /** Most bytes of what is not on the disk (yet). */
  readonly memoryBytes: number
  /** A segment file that would grow beyond this is followed by the next. */
  readonly segmentBytes: number
  /** A longer entry is refused: a backlog with it in could not be sent. */
  readonly entryBytes: number
  /** Numbers that are not acknowledged after this go to the disk. */
  readonly spillAfter: DurationMs
  /** How long the first sending of an event or number may stay unacknowledged before it is backlog. */
  readonly liveFor: { readonly event: DurationMs; readonly number: DurationMs }
  /** How long a backlog entry may stay unacknowledged before it is sent again. */
  readonly resendAfter: DurationMs
  /** Losses of this time are told together. */
  readonly gapDelay: DurationMs
  /** Waits after failed writes grow from the first to the longest. */
  readonly retryFirst: DurationMs
  readonly retryLongest: DurationMs
  readonly backlogRate: Rate
}

/** The coordinator commits events within 0.2 s and numbers within 60 s, and acknowledges a second later. */
export const DEFAULT_LIMITS: OutboxLimits = {
  diskBytes: 8 * 1024 * 1024,
  memoryBytes: 2 * 1024 * 1024,
  segmentBytes: 256 * 1024,
  entryBytes: 64 * 1024,
  spillAfter: minutes(2),
  liveFor: { event: seconds(15), number: seconds(90) },
  resendAfter: seconds(90),
  gapDelay: seconds(1),
  retryFirst: seconds(1),
  retryLongest: seconds(60),
  backlogRate: { entriesPerSecond: 50, bytesPerSecond: 32 * 1024 },
}
