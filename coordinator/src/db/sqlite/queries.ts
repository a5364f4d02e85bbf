import { isUlid, ulidTime } from '@infra-home/shared/ulid.ts'
import type { Database, Statement } from 'better-sqlite3'
import { type EntryKind, peekEntry } from '../../audit/entry.ts'
import type { EntryQuery } from '../store.ts'
import { unpack } from './packing.ts'

export type Queries = {
  readonly entry: (id: string) => string | null
  readonly entries: (query: EntryQuery) => string[]
  readonly effectsOf: (id: string, limit: number) => string[]
}

type Placed = { readonly pos: number; readonly text: string }
type PackedRow = { readonly first: number; readonly bytes: Buffer }

/** Finds entries; answers are canonical texts. */
export const createQueries = (db: Database): Queries => {
  const byId = db.prepare<[string], string>('SELECT text FROM journal WHERE id = ?').pluck()
  const byCause = db
    .prepare<[string, number], string>('SELECT text FROM journal WHERE cause = ? ORDER BY pos LIMIT ?')
    .pluck()
  const packedAt = db
    .prepare<[number, number], Buffer>('SELECT bytes FROM packed WHERE taken_from <= ? AND taken_to >= ?')
    .pluck()
  const listSingles = singlesLister(db)
  const listNumbers = numbersLister(db)

  const inPacked = (id: string): string | null => {
    const taken = ulidTime(id)
    for (const bytes of packedAt.iterate(taken, taken)) {
      const text = unpack(bytes).find((text) => peekEntry(text)?.id === id)
      if (text !== undefined) return text
    }
    return null
  }

  return {
    entry: (id) => (isUlid(id) ? (byId.get(id) ?? inPacked(id)) : null),
    effectsOf: (id, limit) => byCause.all(id, limit),
    entries(query) {
      const found = listSingles(query)
      if (query.kinds?.includes('numbers')) found.push(...listNumbers(query))
      const sign = query.newestFirst ? -1 : 1
      return found
        .sort((a, b) => sign * (a.pos - b.pos))
        .slice(0, query.limit)
        .map(({ text }) => text)
    },
  }
}

const bounds = ({ after = 0, before = Number.MAX_SAFE_INTEGER }: EntryQuery): [number, number] => [
  after,
  before,
]

/** Each kind is read by its own index in order of position, so that rare kinds are found at once. */
const singlesLister = (db: Database): ((query: EntryQuery) => Placed[]) => {
  const prepared = new Map<string, Statement<unknown[], Placed>>()
  const select = (query: EntryQuery, condition: string, values: readonly unknown[]): Placed[] => {
    const order = query.newestFirst ? 'DESC' : 'ASC'
    const sql = `SELECT pos, text FROM journal WHERE pos > ? AND pos < ? ${condition} ORDER BY pos ${order} LIMIT ?`
    const statement = prepared.get(sql) ?? db.prepare<unknown[], Placed>(sql)
    prepared.set(sql, statement)
    return statement.all(...bounds(query), ...values, query.limit)
  }
  return (query) => {
    const { kinds, node } = query
    if (node === undefined && !kinds) return select(query, '', [])
    if (node === undefined) return kindsOf(kinds).flatMap((kind) => select(query, 'AND kind = ?', [kind]))
    if (!kinds) return select(query, 'AND node = ?', [node])
    // the plus keeps SQLite from the index of kinds: a node's own is the shorter way
    const condition = 'AND node = ? AND +kind IN (SELECT value FROM json_each(?))'
    return select(query, condition, [node, JSON.stringify(kindsOf(kinds))])
  }
}

const kindsOf = (kinds: readonly EntryKind[] = []): EntryKind[] => [...new Set(kinds)]

/** Unpacks runs from the asked end until there are enough. */
const numbersLister = (db: Database): ((query: EntryQuery) => Placed[]) => {
  const sql = (order: string): string =>
    `SELECT first, bytes FROM packed WHERE last > ? AND first < ? ORDER BY first ${order}`
  const upwards = db.prepare<[number, number], PackedRow>(sql('ASC'))
  const downwards = db.prepare<[number, number], PackedRow>(sql('DESC'))
  return (query) => {
    const [after, before] = bounds(query)
    const mark = query.node === undefined ? '' : `"kind":"numbers","node":${JSON.stringify(query.node)},`
    const found: Placed[] = []
    for (const { first, bytes } of (query.newestFirst ? downwards : upwards).iterate(after, before)) {
      const placed = unpack(bytes).map((text, i) => ({ pos: first + i, text }))
      const wanted = placed.filter(({ pos, text }) => pos > after && pos < before && text.includes(mark))
      found.push(...(query.newestFirst ? wanted.reverse() : wanted))
      if (found.length >= query.limit) break
    }
    return found.slice(0, query.limit)
  }
}
