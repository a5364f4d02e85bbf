import type { Database } from 'better-sqlite3'

/** Single values by name. */
export type Facts = {
  readonly get: (key: string) => string | null
  readonly set: (key: string, value: string | null) => void
  readonly number: (key: FactName) => number
  /** Goes one above the last value and above `above`, and returns that. */
  readonly count: (key: FactName, above: number) => number
  readonly setNumber: (key: FactName, value: number) => void
}

/**
 * epoch · 1 in a backup, until somebody starts from it · the position up to which numbers are in the series · the time before
 * which numbers were dropped
 */
export type FactName = 'epoch' | 'is-backup' | 'rolled-up' | 'floor-raw' | 'floor-minute'

/** Where callers' own keys live, apart from ours. */
const CALLERS = 'kept/'

export const createFacts = (db: Database): Facts => {
  const read = db.prepare<[string], string>('SELECT value FROM facts WHERE key = ?').pluck()
  const write = db.prepare('INSERT OR REPLACE INTO facts (key, value) VALUES (?, ?)')
  const forget = db.prepare('DELETE FROM facts WHERE key = ?')
  const number = (key: FactName): number => Number(read.get(key) ?? 0)
  const count = db.transaction((key: FactName, above: number): number => {
    const next = Math.max(number(key), above) + 1
    write.run(key, String(next))
    return next
  })
  return {
    get: (key) => read.get(CALLERS + key) ?? null,
    set(key, value) {
      if (value === null) forget.run(CALLERS + key)
      else write.run(CALLERS + key, value)
    },
    number,
    count: (key, above) => count.immediate(key, above),
    setNumber: (key, value) => void write.run(key, String(value)),
  }
}
