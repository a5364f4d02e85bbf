import { statSync } from 'node:fs'
import type { Database } from 'better-sqlite3'
import type { StoreSizes } from '../store.ts'

/** Bytes in use inside the file. */
export const usedBytes = (db: Database): number =>
  (pragma(db, 'page_count') - pragma(db, 'freelist_count')) * pragma(db, 'page_size')

export const sizes = (db: Database): StoreSizes => ({
  used: usedBytes(db),
  free: pragma(db, 'freelist_count') * pragma(db, 'page_size'),
  log: statSync(`${db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0,
})

const pragma = (db: Database, name: string): number => db.pragma(name, { simple: true }) as number
