import { compareMarks, type Gap, type Mark } from './entry.ts'

/** What was lost and is not yet told. */
export type LossBook = {
  add(gap: Gap): void
  isEmpty(): boolean
  /** The lowest number of `session` in the book; null when there is none. */
  lowest(session: number): number | null
  /** Empties the book: as few ranges as can tell it, in order. @param live what still comes, in order */
  takeAll(live: readonly Mark[]): Gap[]
}

export const createLossBook = (): LossBook => {
  let gaps: Gap[] = []
  return {
    add(gap) {
      gaps.push(gap)
    },
    isEmpty: () => gaps.length === 0,
    lowest(session) {
      const mine = gaps.filter((gap) => gap.session === session).map(({ from }) => from)
      return mine.length === 0 ? null : mine.reduce((a, b) => Math.min(a, b))
    },
    takeAll(live) {
      const all = coalesce(gaps, live)
      gaps = []
      return all
    },
  }
}

/**
 * Joins ranges of one session and reason between which nothing lies that still comes: what is neither lost nor live was
 * acknowledged, and naming it again does no harm.
 */
export const coalesce = (gaps: readonly Gap[], live: readonly Mark[]): Gap[] => {
  const joined: Gap[] = []
  const sorted = gaps.toSorted((a, b) => a.session - b.session || a.from - b.from)
  for (const gap of sorted) {
    const last = joined.at(-1)
    if (last && joins(last, gap, live)) joined[joined.length - 1] = { ...last, to: Math.max(last.to, gap.to) }
    else joined.push(gap)
  }
  return joined
}

const joins = (last: Gap, next: Gap, live: readonly Mark[]): boolean => {
  if (last.session !== next.session || last.reason !== next.reason) return false
  if (next.from <= last.to + 1) return true
  const between = live[firstAfter(live, { session: last.session, seq: last.to })]
  return !between || compareMarks(between, { session: next.session, seq: next.from }) > 0
}

/** The index of the first of `marks`, which are in order, that is later than `mark`. */
const firstAfter = (marks: readonly Mark[], mark: Mark): number => {
  let low = 0
  let high = marks.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareMarks(marks[middle] ?? mark, mark) > 0) high = middle
    else low = middle + 1
  }
  return low
}
