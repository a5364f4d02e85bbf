import type { Database } from 'better-sqlite3'
import { createFacts, type Facts } from './facts.ts'

/**
 * As many epochs may have gone by since a backup was made. Nodes keep what they were wished by the newest of them and take nothing
 * from an older one, and not every node can tell of the newest: so whoever starts from a backup begins far above them all.
 */
const GONE_BY = 1_000_000

/** Says in a copy that it is one. */
export const markBackup = (db: Database): void => createFacts(db).setNumber('is-backup', 1)

/** The next epoch: above the last one here, above `above`, and in a backup above all that can have been since. */
export const takeEpoch = (db: Database, facts: Facts, above: number): number =>
  db
    .transaction(() => {
      const since = facts.number('is-backup') === 1 ? facts.number('epoch') + GONE_BY : 0
      facts.setNumber('is-backup', 0)
      return facts.count('epoch', Math.max(above, since))
    })
    .immediate()
