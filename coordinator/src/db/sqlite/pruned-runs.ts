import type { Database } from 'better-sqlite3'

/** What is about to be dropped: positions, and the hash after the last of them. */
export type PrunedRun = { readonly first: number; readonly last: number; readonly hash: Buffer }

/** Remembers dropped entries as few long runs; `runs` are in order. To be called within the transaction that drops them. */
export const createPrunedRuns = (db: Database): ((runs: readonly PrunedRun[]) => void) => {
  const before = db.prepare<[number], PrunedRun>(
    'SELECT first, last, hash FROM pruned WHERE first < ? ORDER BY first DESC LIMIT 1',
  )
  const after = db.prepare<[number], PrunedRun>('SELECT first, last, hash FROM pruned WHERE first = ?')
  const remove = db.prepare('DELETE FROM pruned WHERE first = ?')
  const put = db.prepare('INSERT OR REPLACE INTO pruned (first, last, hash) VALUES (?, ?, ?)')

  const add = (run: PrunedRun): void => {
    const left = before.get(run.first)
    const right = after.get(run.last + 1)
    if (right) remove.run(right.first)
    const first = left?.last === run.first - 1 ? left.first : run.first
    const { last, hash } = right ?? run
    put.run(first, last, hash)
  }
  return (runs) => joined(runs).forEach(add)
}

const joined = (runs: readonly PrunedRun[]): PrunedRun[] => {
  const long: PrunedRun[] = []
  for (const run of runs) {
    const open = long.at(-1)
    if (open?.last === run.first - 1) long[long.length - 1] = { ...run, first: open.first }
    else long.push(run)
  }
  return long
}
