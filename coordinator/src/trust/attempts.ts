import { networkOf } from './network-of.ts'

/** A slip of the finger costs nothing. */
const FREE = 3
const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 60_000
const FORGOTTEN_MS = 600_000
const MOST_SOURCES = 4096

/** Slows down whoever guesses: each failed attempt of a source doubles how long it has to wait for the next. */
export type Attempts = {
  /** How long `source` has to wait before it may try, in milliseconds; 0 when it need not. */
  waitMs(source: string): number
  failed(source: string): void
  succeeded(source: string): void
}

type Record = { readonly failures: number; readonly at: number }

/** @param now milliseconds, monotonic */
export const createAttempts = (now: () => number): Attempts => {
  const records = new Map<string, Record>()
  const recordOf = (key: string): Record | null => {
    const known = records.get(key)
    return known && now() - known.at < FORGOTTEN_MS ? known : null
  }
  return {
    waitMs(source) {
      const known = recordOf(networkOf(source))
      if (!known || known.failures < FREE) return 0
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (known.failures - FREE))
      return Math.max(0, known.at + wait - now())
    },
    failed(source) {
      const key = networkOf(source)
      const failures = (recordOf(key)?.failures ?? 0) + 1
      records.delete(key)
      if (records.size >= MOST_SOURCES) records.delete(records.keys().next().value ?? '')
      records.set(key, { failures, at: now() })
    },
    succeeded: (source) => void records.delete(networkOf(source)),
  }
}
