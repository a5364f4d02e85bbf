import { InfraError } from '@infra-home/shared/errors.ts'
import type { Database } from 'better-sqlite3'
import { first } from './migrations/001-first.ts'

/** One change of the schema. What only adds leaves `oldestReader`; what takes away raises it, one release later. */
export type Migration = {
  /** Consecutive from 1: SQLite's user_version after it. */
  readonly version: number
  /** The oldest version of the program's schema that can still work with the database after it. */
  readonly oldestReader: number
  readonly sql: string
}

export const MIGRATIONS: readonly Migration[] = [first]

/**
 * Brings the schema up to date. A newer database is used as it is while its migrations say that we still may: NixOS rolls
 * a host back without asking the database.
 * @throws InfraError store-newer
 */
export const migrate = (db: Database, migrations: readonly Migration[] = MIGRATIONS): void => {
  const ours = migrations.at(-1)?.version ?? 0
  const found = db.pragma('user_version', { simple: true }) as number
  if (found > ours) return mayRead(db, { found, ours })
  for (const migration of migrations.slice(found)) {
    db.transaction(() => {
      db.exec(migration.sql)
      db.prepare(`INSERT OR REPLACE INTO facts (key, value) VALUES ('oldest-reader', ?)`).run(
        String(migration.oldestReader),
      )
      db.pragma(`user_version = ${migration.version}`)
    }).immediate()
  }
}

const mayRead = (db: Database, { found, ours }: { found: number; ours: number }): void => {
  const oldest = db.prepare(`SELECT value FROM facts WHERE key = 'oldest-reader'`).pluck().get()
  if (Number(oldest ?? Infinity) <= ours) return
  throw new InfraError('store-newer', `the database is of schema ${found}, this program knows ${ours}`, {
    context: { found, ours, oldestReader: String(oldest) },
  })
}
