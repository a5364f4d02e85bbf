import { InfraError } from '@infra-home/shared/errors.ts'
import type { Database } from 'better-sqlite3'
import { type ChainHead, GENESIS, link, linkAll } from '../../audit/chain.ts'
import type { PackedRun, Run, SingleRun } from '../../audit/run.ts'
import type { Head } from '../store.ts'
import type { JournalRows } from './journal-rows.ts'
import { pack } from './packing.ts'

export type Appender = {
  readonly append: (runs: readonly Run[]) => Head
  readonly head: () => Head
}

/** The only writer of new entries: chains them, packs numbers, commits. */
export const createAppender = (db: Database, rows: JournalRows): Appender => {
  const single = db.prepare(
    'INSERT INTO journal (pos, id, at, kind, node, cause, hash, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const packed =
    db.prepare(`INSERT INTO packed (first, last, taken_from, taken_to, seen_from, seen_to, hash, bytes)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`)
  const newest = rows.newest()
  let head: ChainHead = newest ? { pos: newest.last, hash: newest.hash } : { pos: 0, hash: GENESIS }

  const insertSingle = (run: SingleRun, previous: Buffer): Buffer => {
    const hash = link(previous, Buffer.from(run.text))
    single.run(run.first, run.id, run.at, run.kind, run.node, run.cause, hash, run.text)
    return hash
  }

  const insertPacked = (run: PackedRun, previous: Buffer): Buffer => {
    const { first, last, takenFrom, takenTo, seenFrom, seenTo, text } = run
    const hash = linkAll(previous, text.split('\n'))
    packed.run(first, last, takenFrom, takenTo, seenFrom, seenTo, hash, pack(text))
    return hash
  }

  const insert = db.transaction((runs: readonly Run[]): ChainHead => {
    let { pos, hash } = head
    for (const run of runs) {
      if (run.first !== pos + 1) throw notConsecutive(pos + 1, run.first)
      hash = run.packed ? insertPacked(run, hash) : insertSingle(run, hash)
      pos = run.last
    }
    return { pos, hash }
  })

  return {
    append(runs) {
      head = insert.immediate(runs) // only a commit moves the head
      return toHead(head)
    },
    head: () => toHead(head),
  }
}

const toHead = ({ pos, hash }: ChainHead): Head => ({ pos, hash: hash.toString('hex') })

const notConsecutive = (expected: number, found: number): InfraError =>
  new InfraError('store-failed', `position ${found} was to be appended where ${expected} comes next`, {
    context: { expected, found },
  })
