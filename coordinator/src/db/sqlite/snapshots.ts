import { hash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Database } from 'better-sqlite3'
import type { NewSnapshot, Snapshot } from '../store.ts'
import type { JournalRows } from './journal-rows.ts'

export type Snapshots = {
  readonly save: (snapshot: NewSnapshot) => void
  readonly newest: () => Snapshot | null
  /** The position of the newest, 0 when there is none. */
  readonly position: () => number
}

type Stamp = Omit<Snapshot, 'state'>
type SnapshotRow = Stamp & { readonly checksum: Buffer; readonly bytes: Buffer }

const KEPT = 3

export const createSnapshots = (db: Database, rows: JournalRows): Snapshots => {
  const insert = db.prepare(
    'INSERT OR REPLACE INTO snapshots (pos, hash, at, checksum, bytes) VALUES (?, ?, ?, ?, ?)',
  )
  const forget = db.prepare(
    `DELETE FROM snapshots WHERE pos NOT IN (SELECT pos FROM snapshots ORDER BY pos DESC LIMIT ${KEPT})`,
  )
  const all = db.prepare<[], SnapshotRow>(
    'SELECT pos, hash, at, checksum, bytes FROM snapshots ORDER BY pos DESC',
  )
  const newestPos = db.prepare<[], number | null>('SELECT MAX(pos) FROM snapshots').pluck()

  /** What was pruned inside a run is no longer known, and then taken on trust. */
  const isOurs = ({ pos, hash }: Stamp): boolean => {
    const here = rows.hashAt(pos)
    return here === 'pruned' || here?.toString('hex') === hash
  }

  const save = db.transaction(({ pos, at, state }: NewSnapshot) => {
    const here = rows.hashAt(pos)
    if (here === null || here === 'pruned') throw notInJournal(pos)
    const bytes = deflateRawSync(state)
    const stamp = { pos, at, hash: here.toString('hex') }
    insert.run(pos, stamp.hash, at, checksumOf(stamp, bytes), bytes)
    forget.run()
  })

  return {
    save: (snapshot) => save.immediate(snapshot),
    newest() {
      for (const { checksum, bytes, ...stamp } of all.all())
        if (checksumOf(stamp, bytes).equals(checksum) && isOurs(stamp))
          return { ...stamp, state: inflateRawSync(bytes).toString() }
      return null
    },
    position: () => newestPos.get() ?? 0,
  }
}

/** Over everything: a state at the wrong position would be as bad as a wrong state. */
const checksumOf = ({ pos, hash: head, at }: Stamp, bytes: Buffer): Buffer =>
  hash('sha256', Buffer.concat([Buffer.from(`${pos}\n${head}\n${at}\n`), bytes]), 'buffer')

const notInJournal = (pos: number): InfraError =>
  new InfraError(
    'store-failed',
    `a snapshot of position ${pos} was to be kept, which the journal does not have`,
    {
      context: { pos },
    },
  )
