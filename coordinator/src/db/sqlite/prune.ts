import { days } from '@infra-home/shared/clock.ts'
import type { Database } from 'better-sqlite3'
import { KEEP_RAW, MINUTE, QUARTER, TIERS } from '../series/tier.ts'
import type { Slices } from '../slices.ts'
import type { Chunks } from './chunks.ts'
import type { Facts } from './facts.ts'
import { createPrunedRuns, type PrunedRun } from './pruned-runs.ts'
import type { RollUp } from './roll-up.ts'
import { usedBytes } from './sizes.ts'
import type { Snapshots } from './snapshots.ts'

/** Decisions and changes. */
const KEEP_ENTRIES = days(400)
const ROWS_A_SLICE = 256
/** When it is for room only, no more than need be. */
const ROWS_A_BITE = 8

export type PruneParts = {
  readonly rollUp: RollUp
  readonly chunks: Chunks
  readonly facts: Facts
  readonly snapshots: Snapshots
  /** What the store may use, bytes. */
  readonly maxBytes: number
}

/** Drops up to `rows` of the oldest rows of one table, of before `before`; true when more may be left. */
type Dropper = (before: number, rows?: number) => boolean
type OldRow = PrunedRun & { readonly at: number }

/** Drops what need not be kept. Batches of numbers go only when the series have them. */
export const createPrune = (db: Database, parts: PruneParts): ((now: number) => Slices<void>) => {
  const { rollUp, chunks, facts, snapshots, maxBytes } = parts
  const dropEntries = entryDropper(db, snapshots)
  const dropNumbers = numbersDropper(db, facts, snapshots)

  function* shrink(): Slices<void> {
    const tooBig = (): boolean => usedBytes(db) > maxBytes
    if (!tooBig()) return
    yield* rollUp(Infinity)
    while (tooBig() && dropNumbers(Infinity, ROWS_A_BITE)) yield
    for (const tier of TIERS) {
      for (let end: number | null = 0; end !== null && tooBig(); yield) {
        end = chunks.dropOldest(tier)
        if (tier === MINUTE && end !== null) facts.setNumber('floor-minute', end)
      }
    }
  }

  const dropSeries = db.transaction((now: number) => {
    chunks.drop(MINUTE, now - MINUTE.keepMs)
    chunks.drop(QUARTER, now - QUARTER.keepMs)
    facts.setNumber('floor-minute', Math.max(facts.number('floor-minute'), now - MINUTE.keepMs))
  })

  return function* prune(now) {
    yield* rollUp(now - KEEP_RAW)
    while (dropNumbers(now - KEEP_RAW)) yield
    while (dropEntries(now - KEEP_ENTRIES)) yield
    dropSeries.immediate(now)
    yield* shrink()
  }
}

const dropper = (
  db: Database,
  table: { readonly oldest: string; readonly remove: string },
  limit: () => number,
  dropped: (rows: readonly OldRow[]) => void = () => {},
): Dropper => {
  const oldest = db.prepare<[number, number], OldRow>(table.oldest)
  const remove = db.prepare(table.remove)
  const remember = createPrunedRuns(db)
  const drop = db.transaction((before: number, count: number): boolean => {
    const rows = oldest.all(limit(), count)
    const young = rows.findIndex(({ at }) => at >= before)
    const old = young < 0 ? rows : rows.slice(0, young)
    const newest = old.at(-1)
    if (!newest) return false
    remove.run(newest.first)
    remember(old)
    dropped(old)
    return old.length === count
  })
  return (before, count = ROWS_A_SLICE) => drop.immediate(before, count)
}

/** A start needs everything after the newest snapshot; without one, age alone decides. */
const settled = (snapshots: Snapshots): number => snapshots.position() || Number.MAX_SAFE_INTEGER

const entryDropper = (db: Database, snapshots: Snapshots): Dropper =>
  dropper(
    db,
    {
      oldest: 'SELECT pos AS first, pos AS last, hash, at FROM journal WHERE pos <= ? ORDER BY pos LIMIT ?',
      remove: 'DELETE FROM journal WHERE pos <= ?',
    },
    () => settled(snapshots),
  )

const numbersDropper = (db: Database, facts: Facts, snapshots: Snapshots): Dropper =>
  dropper(
    db,
    {
      oldest: 'SELECT first, last, hash, taken_to AS at FROM packed WHERE last <= ? ORDER BY first LIMIT ?',
      remove: 'DELETE FROM packed WHERE first <= ?',
    },
    () => Math.min(settled(snapshots), facts.number('rolled-up')),
    (rows) =>
      facts.setNumber('floor-raw', Math.max(facts.number('floor-raw'), ...rows.map(({ at }) => at + 1))),
  )
