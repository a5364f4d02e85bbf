import type { Urgency } from './entry.ts'

/** What may be dropped, in order of age. `shelf` names the file that holds it. */
export type Droppable = { readonly urgency: Urgency; readonly bytes: number; readonly shelf: string | null }
export type DroppableFile = { readonly name: string; readonly kind: Urgency }

/**
 * Every run of dropped entries costs a gap marker, which is as large as an entry: numbers that lie scattered between
 * events are not worth dropping alone.
 */
const MOST_RUNS = 16

/**
 * Which entries in memory to drop: the oldest numbers first, then the oldest events, until `bytes` are free.
 * @param entries all live entries, in order; only those without a file are dropped
 */
export const chooseEntries = <E extends Droppable>(entries: readonly E[], bytes: number): Set<E> => {
  const inMemory = entries.filter(({ shelf }) => shelf === null)
  const numbersFirst = [
    ...inMemory.filter(({ urgency }) => urgency === 'number'),
    ...inMemory.filter(({ urgency }) => urgency === 'event'),
  ]
  const choice = firstOf(numbersFirst, bytes)
  return countRuns(entries, (entry) => choice.has(entry)) <= MOST_RUNS ? choice : firstOf(inMemory, bytes)
}

/**
 * Which file to drop, and with it which entries: the oldest file with numbers; none left, the oldest with events. When
 * what is in it lies scattered, everything older goes too, wherever it is.
 * @param files in order of age within each kind
 * @param entries all live entries, in order
 */
export const chooseFile = <E extends Droppable>(
  files: readonly DroppableFile[],
  entries: readonly E[],
): { readonly file: string; readonly entries: Set<E> } | null => {
  const file = files.find(({ kind }) => kind === 'number') ?? files[0]
  if (!file) return null
  const inFile = new Set(entries.filter(({ shelf }) => shelf === file.name))
  if (countRuns(entries, (entry) => inFile.has(entry)) <= MOST_RUNS)
    return { file: file.name, entries: inFile }
  const last = entries.findLastIndex((entry) => inFile.has(entry))
  return { file: file.name, entries: new Set(entries.slice(0, last + 1)) }
}

const firstOf = <E extends Droppable>(entries: readonly E[], bytes: number): Set<E> => {
  const chosen = new Set<E>()
  let freed = 0
  for (const entry of entries) {
    if (freed >= bytes) break
    chosen.add(entry)
    freed += entry.bytes
  }
  return chosen
}

const countRuns = <E extends Droppable>(entries: readonly E[], dropped: (entry: E) => boolean): number => {
  let runs = 0
  let inRun = false
  for (const entry of entries) {
    const now = dropped(entry)
    if (now && !inRun) runs++
    inRun = now
  }
  return runs
}
