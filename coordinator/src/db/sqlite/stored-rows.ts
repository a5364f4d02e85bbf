import { inflateRawSync } from 'node:zlib'
import type { Database } from 'better-sqlite3'
import { toRuns } from '../../audit/run.ts'
import { parseEntry } from '../../audit/entry.ts'
import type { StoredRow } from '../../audit/stored-row.ts'

type SingleRow = {
  readonly pos: number
  readonly id: string
  readonly at: number
  readonly kind: string
  readonly node: string | null
  readonly cause: string | null
  readonly hash: Buffer
  readonly bytes: Buffer
}
type RunRow = { readonly first: number; readonly last: number; readonly hash: Buffer }
type PackedRow = RunRow & {
  readonly takenFrom: number
  readonly takenTo: number
  readonly seenFrom: number
  readonly seenTo: number
  readonly bytes: Buffer
}

/** Texts as bytes: what is no UTF-8 any more is not to be read as something else. */
const SINGLES =
  'SELECT pos, id, at, kind, node, cause, hash, CAST(text AS BLOB) AS bytes FROM journal ORDER BY pos'
const PACKED = `SELECT first, last, taken_from AS takenFrom, taken_to AS takenTo, seen_from AS seenFrom, seen_to AS seenTo,
  hash, bytes FROM packed ORDER BY first`
const PRUNED = 'SELECT first, last, hash FROM pruned ORDER BY first'

/** The whole journal as it lies on the disk, in order of position, for whoever checks it. Nothing is believed. */
export function* storedRows(db: Database): Generator<StoredRow> {
  const sources = [
    each(db.prepare<[], SingleRow>(SINGLES).iterate(), single),
    each(db.prepare<[], PackedRow>(PACKED).iterate(), packed),
    each(db.prepare<[], RunRow>(PRUNED).iterate(), ({ first, last, hash }) => ({
      first,
      last,
      hash: bytesOf(hash),
      entries: null,
      misfiled: null,
    })),
  ].map((rows) => ({ rows, head: rows.next() }))
  try {
    for (;;) {
      const waiting = sources.filter(({ head }) => !head.done)
      if (waiting.length === 0) return
      const next = waiting.reduce((a, b) => (firstOf(b) < firstOf(a) ? b : a))
      yield next.head.value as StoredRow
      next.head = next.rows.next()
    }
  } finally {
    for (const { rows } of sources) rows.return(undefined)
  }
}

type Source = { readonly rows: Generator<StoredRow>; head: IteratorResult<StoredRow> }
const firstOf = ({ head }: Source): number => (head.value as StoredRow).first

function* each<T>(rows: IterableIterator<T>, make: (row: T) => StoredRow): Generator<StoredRow> {
  for (const row of rows) yield make(row)
}

const single = (row: SingleRow): StoredRow => {
  const entries = [bytesOf(row.bytes)]
  const misfiled = differs(entries, ({ id, at, kind, node, cause, packed }) => [
    ['id', id, row.id],
    ['at', at, row.at],
    ['kind', kind, row.kind],
    ['node', node, row.node],
    ['cause', cause, row.cause],
    ['packed', packed, false],
  ])
  return { first: row.pos, last: row.pos, hash: bytesOf(row.hash), entries, misfiled }
}

const packed = (row: PackedRow): StoredRow => {
  const { first, last } = row
  const entries = unpackBytes(row.bytes)
  const misfiled =
    typeof entries === 'string'
      ? null
      : differs(entries, ({ takenFrom, takenTo, seenFrom, seenTo, packed }) => [
          ['taken_from', takenFrom, row.takenFrom],
          ['taken_to', takenTo, row.takenTo],
          ['seen_from', seenFrom, row.seenFrom],
          ['seen_to', seenTo, row.seenTo],
          ['packed', packed, true],
        ])
  return { first, last, hash: bytesOf(row.hash), entries, misfiled }
}

type Columns = Readonly<Record<string, unknown>>

/** The first column that says something else than the entries would be stored under; null when they agree or are no entries. */
const differs = (
  entries: readonly Buffer[],
  columns: (run: Columns) => readonly (readonly [string, unknown, unknown])[],
): StoredRow['misfiled'] => {
  try {
    const runs = toRuns(entries.map((bytes) => parseEntry(bytes.toString())))
    const [column, said, stored] = columns(runs[0] ?? {}).find(([, said, stored]) => said !== stored) ?? []
    return column === undefined
      ? null
      : { expected: `${column} ${String(said)}`, found: `${column} ${String(stored)}` }
  } catch {
    return null // no entries: the chain tells that
  }
}

/** SQLite lets anything stand in any column. */
const bytesOf = (value: unknown): Buffer => (Buffer.isBuffer(value) ? value : Buffer.from(String(value)))

const NEWLINE = 10
/** A run that was made larger than any of ours is not unpacked to its end. */
const MOST_BYTES = 256 * 1024 * 1024

const unpackBytes = (bytes: unknown): Buffer[] | string => {
  try {
    const text = inflateRawSync(bytesOf(bytes), { maxOutputLength: MOST_BYTES })
    const entries: Buffer[] = []
    for (let from = 0; from <= text.length;) {
      const end = text.indexOf(NEWLINE, from)
      const to = end < 0 ? text.length : end
      entries.push(text.subarray(from, to))
      from = to + 1
    }
    return entries
  } catch (error) {
    return `a batch that cannot be unpacked (${(error as Error).message})`
  }
}
