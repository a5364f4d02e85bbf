import type { Database } from 'better-sqlite3'
import { unpack } from './packing.ts'

/** A run of batches of numbers, unpacked. */
export type NumbersRun = { readonly first: number; readonly last: number; readonly texts: readonly string[] }

export type NumbersRange = {
  /** Runs that begin after this position. */
  readonly after: number
  /** Runs that begin at this position or before. */
  readonly upTo?: number
  /** Runs with readings in from…to; milliseconds. */
  readonly from?: number
  readonly to?: number
}

export type NumbersReader = {
  /** The next few runs in order, with up to `most` batches (one run at least). */
  next(range: NumbersRange, most: number): NumbersRun[]
  /** The last position of the runs of which some was taken in before `before` (milliseconds); 0 when there is none. */
  lastBefore(before: number, after: number): number
}

type Row = { readonly first: number; readonly last: number; readonly bytes: Buffer }

export const createNumbersReader = (db: Database): NumbersReader => {
  const rows = db.prepare<[number, number, number, number], Row>(
    `SELECT first, last, bytes FROM packed
     WHERE first > ? AND first <= ? AND seen_to >= ? AND seen_from < ? ORDER BY first`,
  )
  const last = db
    .prepare<[number, number], number | null>(
      'SELECT MAX(last) FROM packed WHERE first > ? AND taken_from < ?',
    )
    .pluck()
  return {
    next({ after, upTo, from, to }, most) {
      const runs: NumbersRun[] = []
      let count = 0
      const far = Number.MAX_SAFE_INTEGER
      for (const { bytes, ...run } of rows.iterate(after, upTo ?? far, from ?? 0, to ?? far)) {
        runs.push({ ...run, texts: unpack(bytes) })
        count += run.last - run.first + 1
        if (count >= most) break
      }
      return runs
    },
    lastBefore: (before, after) => last.get(after, before) ?? 0,
  }
}
