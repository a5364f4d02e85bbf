import { networkOf } from './network-of.ts'

/** What a source has left: each wrong token costs one, and time gives back. `at` is monotonic, milliseconds. */
export type Bucket = { readonly left: number; readonly at: number }

export type BucketParams = { readonly size: number; readonly refillMs: number }

/** Ten slips at once, and one more every ten seconds. */
export const ATTEMPTS: BucketParams = { size: 10, refillMs: 10_000 }

/** A wrong token at `now`: what is left after it, and how long the source had better wait; 0 while it need not. */
export const attempt = (
  bucket: Bucket | undefined,
  now: number,
  { size, refillMs }: BucketParams = ATTEMPTS,
): { readonly bucket: Bucket; readonly waitMs: number } => {
  const left = bucket ? Math.min(size, bucket.left + (now - bucket.at) / refillMs) : size
  if (left >= 1) return { bucket: { left: left - 1, at: now }, waitMs: 0 }
  return { bucket: { left, at: now }, waitMs: Math.ceil((1 - left) * refillMs) }
}

/** Counts wrong tokens by where they came from. */
export type TokenAttempts = {
  /** A wrong token came; returns how long the source has to wait, milliseconds, 0 when it may go on. */
  failed(source: string): number
}

export type TokenAttemptsOptions = {
  /** Milliseconds, monotonic. */
  readonly now: () => number
  /** Called at most once an hour for a source, and only so often for all: so many attempts since the last time. */
  readonly report: (source: string, attempts: number) => void
}

type Source = { readonly bucket: Bucket; readonly unreported: number; readonly reportedAt: number }

const HOUR_MS = 3_600_000
/** Memory and journal are not for strangers to fill: who tries longest ago is forgotten first. */
const MOST_SOURCES = 2048
const MOST_REPORTS = 100

export const createTokenAttempts = ({ now, report }: TokenAttemptsOptions): TokenAttempts => {
  const sources = new Map<string, Source>()
  let reports = { began: now(), count: 0 }

  const mayReport = (at: number, reportedAt: number): boolean => {
    if (at - reports.began >= HOUR_MS) reports = { began: at, count: 0 }
    return at - reportedAt >= HOUR_MS && reports.count < MOST_REPORTS
  }

  return {
    failed(address) {
      const at = now()
      const key = networkOf(address)
      const known = sources.get(key) ?? { bucket: undefined, unreported: 0, reportedAt: -Infinity }
      const { bucket, waitMs } = attempt(known.bucket, at)
      const unreported = known.unreported + 1
      const told = mayReport(at, known.reportedAt)
      sources.delete(key)
      if (sources.size >= MOST_SOURCES) sources.delete(sources.keys().next().value ?? '')
      sources.set(key, {
        bucket,
        unreported: told ? 0 : unreported,
        reportedAt: told ? at : known.reportedAt,
      })
      if (told) {
        reports = { ...reports, count: reports.count + 1 }
        report(key, unreported)
      }
      return waitMs
    },
  }
}
