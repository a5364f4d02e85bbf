import { ulidTime } from '@infra-home/shared/ulid.ts'
import { type Entry, type EntryKind, entryText } from './entry.ts'

/** One entry on its way to the store: its canonical text, and what it is found by. */
export type SingleRun = {
  readonly packed: false
  readonly first: number
  readonly last: number
  readonly id: string
  /** Wall clock, milliseconds. */
  readonly at: number
  readonly kind: EntryKind
  readonly node: string | null
  readonly cause: string | null
  readonly text: string
}

/** Consecutive batches of numbers, kept together: canonical texts, one a line. */
export type PackedRun = {
  readonly packed: true
  readonly first: number
  readonly last: number
  /** The earliest and latest wall clock under which they were taken in, by entry and by id; milliseconds. */
  readonly takenFrom: number
  readonly takenTo: number
  /** The earliest and latest time of their readings; milliseconds. */
  readonly seenFrom: number
  readonly seenTo: number
  readonly text: string
}

export type Run = SingleRun | PackedRun

/** So that nothing that is unpacked whole is ever large. */
const MOST_TOGETHER = 2048

/** Groups entries for the store: numbers that follow each other become one run, everything else stands alone. */
export const toRuns = (entries: readonly Entry[]): Run[] => {
  const runs: Run[] = []
  let numbers: NumbersEntry[] = []
  const pack = (): void => {
    if (numbers.length > 0) runs.push(packedRun(numbers))
    numbers = []
  }
  for (const entry of entries) {
    if (entry.kind !== 'numbers') {
      pack()
      runs.push(singleRun(entry))
      continue
    }
    if (numbers.length === MOST_TOGETHER || !follows(numbers.at(-1), entry)) pack()
    numbers.push(entry)
  }
  pack()
  return runs
}

type NumbersEntry = Extract<Entry, { kind: 'numbers' }>

/** A hole in the positions is for the store to refuse: it may not vanish inside a run. */
const follows = (before: Entry | undefined, entry: Entry): boolean =>
  before === undefined || entry.pos === before.pos + 1

const singleRun = (entry: Entry): SingleRun => ({
  packed: false,
  first: entry.pos,
  last: entry.pos,
  id: entry.id,
  at: Date.parse(entry.at),
  kind: entry.kind,
  node: entry.node,
  cause: entry.cause,
  text: entryText(entry),
})

const packedRun = (entries: readonly NumbersEntry[]): PackedRun => {
  const { at, id, pos } = entries[0] as NumbersEntry
  const least = { at, id, seen: Infinity }
  const most = { at, id, seen: -Infinity }
  for (const { at, id, body } of entries) {
    // both kinds of text sort as their times do, and comparing is cheaper than reading
    if (at < least.at) least.at = at
    if (at > most.at) most.at = at
    if (id < least.id) least.id = id
    if (id > most.id) most.id = id
    least.seen = Math.min(least.seen, body.seen.wall)
    most.seen = Math.max(most.seen, body.seen.wall)
  }
  return {
    packed: true,
    first: pos,
    last: pos + entries.length - 1,
    takenFrom: Math.min(Date.parse(least.at), ulidTime(least.id)),
    takenTo: Math.max(Date.parse(most.at), ulidTime(most.id)),
    seenFrom: least.seen,
    seenTo: most.seen,
    text: entries.map(entryText).join('\n'),
  }
}
