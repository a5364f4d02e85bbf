import type { Database } from 'better-sqlite3'
import { type ChainRow, GENESIS, linkAll } from '../../audit/chain.ts'
import { unpack } from './packing.ts'

/** The journal as it lies on the disk, in order of position, whichever table a part of it is in. */
export type JournalRows = {
  /** Rows that end after `after`. */
  after(after: number): Generator<ChainRow>
  /** The last row. */
  newest(): Omit<ChainRow, 'texts'> | null
  /** The hash after the entry at `pos`; null beyond the end, `pruned` when it was dropped with what follows it. */
  hashAt(pos: number): Buffer | 'pruned' | null
}

type SingleRow = { readonly pos: number; readonly hash: Buffer; readonly text: string }
type RunRow = { readonly first: number; readonly last: number; readonly hash: Buffer }
type PackedRow = RunRow & { readonly bytes: Buffer }

export const createJournalRows = (db: Database): JournalRows => {
  const singles = db.prepare<[number], SingleRow>(
    'SELECT pos, hash, text FROM journal WHERE pos > ? ORDER BY pos',
  )
  const packed = db.prepare<[number, number], PackedRow>(fromRun('packed', 'first, last, hash, bytes'))
  const pruned = db.prepare<[number, number], RunRow>(fromRun('pruned', 'first, last, hash'))
  const ends = [
    'SELECT pos AS first, pos AS last, hash FROM journal ORDER BY pos DESC LIMIT 1',
    'SELECT first, last, hash FROM packed ORDER BY first DESC LIMIT 1',
    'SELECT first, last, hash FROM pruned ORDER BY first DESC LIMIT 1',
  ].map((sql) => db.prepare<[], RunRow>(sql))
  const after = (after: number): Generator<ChainRow> =>
    inOrder([
      map(singles.iterate(after), ({ pos, hash, text }) => ({
        first: pos,
        last: pos,
        hash,
        texts: [text],
      })),
      map(packed.iterate(after, after), ({ bytes, ...run }) => ({ ...run, texts: unpack(bytes) })),
      map(pruned.iterate(after, after), (run) => ({ ...run, texts: null })),
    ])
  return {
    after,
    newest: () => ends.map((end) => end.get()).reduce<RunRow | null>(later, null),
    hashAt(pos) {
      if (pos === 0) return GENESIS
      const row = only(after(pos - 1))
      if (!row || row.last === pos) return row?.hash ?? null
      const before = row.first === 1 ? GENESIS : only(after(row.first - 2))?.hash
      return row.texts && before ? linkAll(before, row.texts.slice(0, pos - row.first + 1)) : 'pruned'
    },
  }
}

/** The first row; the rest is left unread. */
const only = (rows: Generator<ChainRow>): ChainRow | null => {
  const row = take(rows)
  rows.return(undefined)
  return row
}

/** Runs do not overlap: the one that holds a position is the last that begins at it or before. */
const fromRun = (table: string, columns: string): string => `
  SELECT ${columns} FROM ${table}
  WHERE first >= COALESCE((SELECT MAX(first) FROM ${table} WHERE first <= ? + 1), 0) AND last > ? ORDER BY first`

const later = (a: RunRow | null, b: RunRow | undefined): RunRow | null =>
  b && (!a || b.last > a.last) ? b : a

function* map<A>(rows: IterableIterator<A>, make: (row: A) => ChainRow): Generator<ChainRow> {
  for (const row of rows) yield make(row)
}

/** Merges rows that are each in order; closes what it did not read to the end. */
function* inOrder(sources: readonly Generator<ChainRow>[]): Generator<ChainRow> {
  const heads = sources.map((source) => ({ source, row: take(source) }))
  try {
    for (;;) {
      const next = heads.reduce((a, b) => (first(b.row) < first(a.row) ? b : a))
      if (!next.row) return
      yield next.row
      next.row = take(next.source)
    }
  } finally {
    for (const { source } of heads) source.return(undefined)
  }
}

const take = (source: Generator<ChainRow>): ChainRow | null => {
  const { done, value } = source.next()
  return done ? null : value
}

const first = (row: ChainRow | null): number => row?.first ?? Infinity
