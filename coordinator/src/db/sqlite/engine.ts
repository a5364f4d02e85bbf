import type { Database } from 'better-sqlite3'
import type { Engine } from '../engine.ts'
import { createAppender } from './append.ts'
import { createChunks } from './chunks.ts'
import { connect } from './connect.ts'
import { takeEpoch } from './epoch.ts'
import { createFacts } from './facts.ts'
import { storeError } from './failure.ts'
import { guarded } from './guarded.ts'
import { createJournalRows } from './journal-rows.ts'
import { createNumbersReader } from './numbers.ts'
import { createPrune } from './prune.ts'
import { createQueries } from './queries.ts'
import { readChunk, verifyAll } from './read-chain.ts'
import { createRollUp } from './roll-up.ts'
import { readSeries } from './series.ts'
import { sizes } from './sizes.ts'
import { createSnapshots } from './snapshots.ts'

export type SqliteOptions = {
  readonly path: string
  /** What the store may use before numbers are dropped early, bytes; by default 1 GiB. */
  readonly maxBytes?: number | undefined
}

/**
 * The store in one SQLite file.
 * @throws InfraError store-corrupt, store-newer, store-full, store-failed
 */
export const openSqlite = ({ path, maxBytes = 1024 ** 3 }: SqliteOptions): Engine => {
  const db = connect(path)
  try {
    return guarded(assemble(db, maxBytes))
  } catch (error) {
    db.close()
    throw storeError(error)
  }
}

const assemble = (db: Database, maxBytes: number): Engine => {
  const rows = createJournalRows(db)
  const facts = createFacts(db)
  const chunks = createChunks(db)
  const numbers = createNumbersReader(db)
  const snapshots = createSnapshots(db, rows)
  const { append, head } = createAppender(db, rows)
  const rollUp = createRollUp(db, { numbers, chunks, facts })
  return {
    ...createQueries(db),
    append,
    head: () => ({ ...head(), epoch: facts.number('epoch') }),
    chunk: (after) => readChunk(rows, after),
    hashAt(pos) {
      const hash = rows.hashAt(pos)
      return hash === null || hash === 'pruned' ? hash : hash.toString('hex')
    },
    verify: () => verifyAll(rows),
    takeEpoch: (above = 0) => takeEpoch(db, facts, above),
    saveSnapshot: snapshots.save,
    newestSnapshot: snapshots.newest,
    rollUp,
    series: (query) => readSeries(query, { numbers, chunks, facts }),
    prune: createPrune(db, { rollUp, chunks, facts, snapshots, maxBytes }),
    sizes: () => sizes(db),
    get: facts.get,
    set: facts.set,
    close: () => void db.close(),
  }
}
