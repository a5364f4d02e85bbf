import { InfraError } from '@infra-home/shared/errors.ts'
import Database from 'better-sqlite3'
import { storeError } from './failure.ts'
import { migrate } from './migrate.ts'

/** Pages of the write-ahead log after which it is brought into the file: pages written often go there once. */
const CHECKPOINT_PAGES = 1000
/** What the log is cut back to, bytes. */
const LOG_BYTES = 8 * 1024 * 1024

/**
 * Opens a database for writing, whole and up to date.
 * @throws InfraError store-corrupt, store-newer, store-full, store-failed
 */
export const connect = (path: string): Database.Database => {
  let db: Database.Database | undefined
  try {
    db = new Database(path, { timeout: 5000 })
    tune(db)
    migrate(db)
    checkWhole(db)
    return db
  } catch (error) {
    db?.close()
    throw storeError(error)
  }
}

const tune = (db: Database.Database): void => {
  db.pragma('page_size = 4096')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  db.pragma(`journal_size_limit = ${LOG_BYTES}`)
  db.pragma('cache_size = -4096') // KiB
  db.pragma('temp_store = MEMORY')
  db.pragma('trusted_schema = OFF')
}

const checkWhole = (db: Database.Database): void => {
  const found = db.pragma('quick_check(1)', { simple: true })
  if (found !== 'ok') throw new InfraError('store-corrupt', `SQLite's quick_check: ${String(found)}`)
}
