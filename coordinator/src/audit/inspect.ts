import { GENESIS, link } from './chain.ts'
import { entriesOf, follows, leadsTo, saidPosition, shiftOf, type StoredRow, whatIn } from './stored-row.ts'

/** Where the chain does not hold: what was to be there, and what is. */
export type Fault = {
  readonly fault: 'changed' | 'removed' | 'inserted' | 'reordered' | 'misfiled'
  readonly first: number
  readonly last: number
  /** Time (RFC 3339) and kind of what is found there; null when nothing can be read. */
  readonly at: string | null
  readonly kind: string | null
  readonly expected: string
  readonly found: string
}

export type Inspection = {
  /** Where the chain ends. */
  readonly pos: number
  readonly hash: Buffer
  /** How many entries were read, and how many are known by position and hash alone. */
  readonly read: number
  readonly pruned: number
}

export type Watching = {
  readonly onFault: (fault: Fault) => void
  /** After each row: everything up to this position was looked at. */
  readonly onRow?: (pos: number) => void
  /** Positions whose hash somebody asks for; `pruned` for one within what was dropped. */
  readonly marks?: ReadonlySet<number>
  readonly onMark?: (pos: number, hash: string) => void
}

/** How far the chain was followed; `shift` is by how much entries say they are ahead of where they lie. */
type Place = { readonly pos: number; readonly hash: Buffer; readonly shift: number }
type Step = { readonly faults: readonly Fault[]; readonly place: Place; readonly both?: true }

/**
 * Follows the chain from its beginning and tells every place where it does not hold. Behind one it goes on with what is
 * stored there, so that a fault is told once and hides no other.
 */
export const inspect = (rows: Iterable<StoredRow>, watching: Watching): Inspection => {
  let place: Place = { pos: 0, hash: GENESIS, shift: 0 }
  let [read, pruned, skip] = [0, 0, false]
  for (const [row, next] of withNext(rows)) {
    const count = row.last - row.first + 1
    if (row.entries === null) pruned += count
    else read += count
    if (!skip) {
      const step = take(row, next, place)
      for (const fault of step.faults) watching.onFault(fault)
      tellMarks(row, place.hash, watching)
      place = step.place
      skip = step.both ?? false
    } else skip = false
    watching.onRow?.(row.last)
  }
  return { pos: place.pos, hash: place.hash, read, pruned }
}

const take = (row: StoredRow, next: StoredRow | null, place: Place): Step => {
  const { first, last, hash } = row
  const onTrust: Place = { pos: last, hash, shift: shiftOf(row) ?? place.shift }
  if (first <= place.pos) {
    const words = { expected: `position ${place.pos + 1}`, found: `position ${first} again` }
    return { faults: [told(row, 'inserted', words)], place }
  }
  if (first > place.pos + 1) return { faults: [gapBefore(row, place)], place: onTrust }
  if (row.entries === null) return { faults: [], place: { ...onTrust, shift: place.shift } }
  if (typeof row.entries === 'string') {
    const words = { expected: `entries ${first} to ${last}`, found: row.entries }
    return { faults: [told(row, 'changed', words)], place: { ...onTrust, shift: place.shift } }
  }
  if (follows(row, place.hash) && shiftOf(row) === place.shift && countsRight(row)) {
    return { faults: row.misfiled ? [told(row, 'misfiled', row.misfiled)] : [], place: onTrust }
  }
  return takeWrong(row, next, place)
}

const countsRight = (row: StoredRow): boolean => entriesOf(row)?.length === row.last - row.first + 1

/** A row that is where one should be and is not the one that was written there. */
const takeWrong = (row: StoredRow, next: StoredRow | null, place: Place): Step => {
  const { first, last, hash } = row
  const said = saidPosition(entriesOf(row)?.[0])
  const words = {
    expected: `entry ${first + place.shift} behind ${short(place.hash)}`,
    found: said === null ? 'no entry' : `entry ${said}`,
  }
  const swapped = swappedWith(row, next, place)
  if (swapped && next) {
    const faults = [{ ...told(row, 'reordered', words), last: next.last }]
    return { faults, place: { pos: next.last, hash: swapped, shift: place.shift }, both: true }
  }
  if (follows(next, place.hash)) {
    const shift = place.shift - (last - first + 1)
    return { faults: [told(row, 'inserted', words)], place: { ...place, pos: last, shift } }
  }
  const shift = shiftOf(row)
  if (shift !== null && shift > place.shift && shiftOf(next) === shift)
    return { faults: [told(row, 'removed', words)], place: { pos: last, hash, shift } }
  return takeChanged(row, next, place)
}

const takeChanged = (row: StoredRow, next: StoredRow | null, place: Place): Step => {
  const { first, last, hash } = row
  const lead = leadsTo(row, place.hash) ?? hash
  const hashIsWrong = !lead.equals(hash) && follows(next, lead)
  const stray = entriesOf(row)?.findIndex((entry, i) => saidPosition(entry) !== first + i + place.shift) ?? -1
  const said = saidPosition(entriesOf(row)?.[stray])
  const there = {
    expected: `entry ${first + stray + place.shift}`,
    found: `${said === null ? 'no' : 'an'} entry ${said ?? ''}`.trim(),
  }
  const words = hashIsWrong
    ? { expected: `hash ${short(lead)}`, found: `hash ${short(hash)}` }
    : { expected: `hash ${short(hash)}`, found: `hash ${short(lead)}` }
  const fault = told(row, 'changed', stray < 0 || hashIsWrong ? words : there)
  return { faults: [fault], place: { pos: last, hash: hashIsWrong ? lead : hash, shift: place.shift } }
}

/** The hash after both when `row` and `next` lie in each other's place; null when they don't. */
const swappedWith = (row: StoredRow, next: StoredRow | null, { hash }: Place): Buffer | null => {
  const [mine, other] = [entriesOf(row), entriesOf(next)]
  if (!next || !mine || !other) return null
  const both = [...other, ...mine].reduce(link, hash)
  return both.equals(row.hash) || both.equals(next.hash) ? both : null
}

const gapBefore = (row: StoredRow, { pos, hash }: Place): Fault => ({
  fault: 'removed',
  first: pos + 1,
  last: row.first - 1,
  at: null,
  kind: null,
  expected: `entry ${pos + 1} behind ${short(hash)}`,
  found: `position ${row.first} next`,
})

const told = (
  row: StoredRow,
  fault: Fault['fault'],
  words: { readonly expected: string; readonly found: string },
): Fault => ({ fault, first: row.first, last: row.last, ...whatIn(row), ...words })

const short = (hash: Buffer): string => `${hash.toString('hex').slice(0, 12)}…`

const tellMarks = (row: StoredRow, before: Buffer, { marks, onMark }: Watching): void => {
  if (!marks || !onMark || marks.size === 0) return
  const entries = entriesOf(row)
  let running = before
  for (let pos = row.first; pos <= row.last; pos++) {
    const entry = entries?.[pos - row.first]
    if (entry) running = link(running, entry)
    if (!marks.has(pos)) continue
    if (pos === row.last) onMark(pos, row.hash.toString('hex'))
    else onMark(pos, entry ? running.toString('hex') : 'pruned')
  }
}

/** Each with the one after it. */
function* withNext<T>(items: Iterable<T>): Generator<[T, T | null]> {
  let waiting: { readonly item: T } | null = null
  for (const item of items) {
    if (waiting) yield [waiting.item, item]
    waiting = { item }
  }
  if (waiting) yield [waiting.item, null]
}
