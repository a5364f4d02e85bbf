import { callOn } from './engine.ts'
import { backupInto } from './sqlite/backup.ts'
import { openSqlite, type SqliteOptions } from './sqlite/engine.ts'
import type { Store } from './store.ts'
import { storeOver } from './store-over.ts'

/** The SQLite store in this very thread, which waits for its disk: for commands that run alone, and for tests. */
export const openStoreHere = async (options: SqliteOptions): Promise<Store> => {
  const engine = openSqlite(options)
  return storeOver(callOn(engine), {
    backup: async (toFile) => backupInto(options.path, toFile),
    close: async () => engine.close(),
  })
}
