import { existsSync } from 'node:fs'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import type { Database } from 'better-sqlite3'
import type { StoredRow } from '../../audit/stored-row.ts'
import { storedRows } from './stored-rows.ts'

/** A journal as it lies in a database file, to be read and nothing else. */
export type JournalFile = {
  /** The last position in it. */
  readonly last: number
  /** Every row, in order, as of one instant. @throws InfraError store-corrupt when a part cannot be read */
  rows(): Generator<StoredRow>
  close(): void
}

/**
 * Opens a database file for reading, also beside a coordinator that writes to it. The library is loaded here and not before.
 * @throws InfraError usage, store-corrupt when it is no database with a journal
 */
export const openJournalFile = async (path: string): Promise<JournalFile> => {
  if (!existsSync(path)) throw new InfraError('usage', `${path}: there is no such file`)
  const { default: Sqlite } = await import('better-sqlite3')
  const db = guarded(path, () => {
    const db = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: 5000 })
    db.pragma('trusted_schema = OFF')
    db.exec('BEGIN') // one instant, whatever is pruned meanwhile
    return db
  })
  return {
    last: guarded(path, () => lastIn(db)),
    *rows() {
      const rows = storedRows(db)
      for (;;) {
        const { done, value } = guarded(path, () => rows.next())
        if (done) return
        yield value
      }
    },
    close: () => void db.close(),
  }
}

const lastIn = (db: Database): number => {
  const ends = [
    'SELECT MAX(pos) FROM journal',
    'SELECT MAX(last) FROM packed',
    'SELECT MAX(last) FROM pruned',
  ]
  return Math.max(...ends.map((sql) => Number(db.prepare(sql).pluck().get() ?? 0)))
}

const guarded = <T>(path: string, does: () => T): T => {
  try {
    return does()
  } catch (cause) {
    const message = `${path}: cannot be read as a journal: ${describeError(cause)}`
    throw new InfraError('store-corrupt', message, { cause, context: { path } })
  }
}
