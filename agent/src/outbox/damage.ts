import { compareMarks, type Gap, type Mark } from './entry.ts'

/** A place in a file of which we know what is before it, up to `last`, and what comes from here, from `next` on. */
export type Milestone = { readonly session: number; readonly last: number; readonly next: number }

/** What the files of one kind say, in order: what was read, and stretches that could not be. */
export type Trail = readonly (Milestone | 'broken')[]

/** A session that is over gets nothing more: a loss at its end is open-ended, since nobody knows how far it went. */
export const END_OF_SESSION = Number.MAX_SAFE_INTEGER

const MOST_SESSIONS_NAMED = 8

/**
 * Which numbers the broken stretches may have held: what lies between the marks before and after each, without what was
 * read elsewhere. Numbers that never were on the disk are among them; they will not come either.
 * @param known everything that was read, of all kinds, and what earlier gap markers told
 * @param session the one that begins now: nothing of it can be lost
 */
export const lostNumbers = (trail: Trail, known: readonly Gap[], session: number): Gap[] =>
  trail.flatMap((item, at) => {
    if (item !== 'broken') return []
    const after = trail.slice(at + 1).find((item) => item !== 'broken') ?? { session, last: 0, next: 1 }
    const before = trail[at - 1] ?? { session: Math.max(1, after.session - 1), last: 0, next: 1 }
    if (before === 'broken') return [] // told with the one before
    return between(before, after).flatMap((gap) => without(gap, known))
  })

const between = (before: Milestone, after: Milestone): Gap[] =>
  sessionsBetween(before.session, after.session)
    .map((session) => ({
      session,
      from: session === before.session ? before.last + 1 : 1,
      to: session === after.session ? after.next - 1 : END_OF_SESSION,
      reason: 'corrupt' as const,
    }))
    .filter(({ from, to }) => from <= to)

/** Session numbers may jump: the first few and the last stand for all. */
const sessionsBetween = (from: number, to: number): number[] => {
  const first = Array.from({ length: Math.min(MOST_SESSIONS_NAMED, to - from + 1) }, (_, i) => from + i)
  return [...new Set([...first, Math.max(from, to - 1), to])].filter((session) => session <= to)
}

/** What of `gap` is in none of `known`. */
export const without = (gap: Gap, known: readonly Gap[]): Gap[] => {
  const left: Gap[] = []
  let from = gap.from
  const mine = known.filter(({ session, to }) => session === gap.session && to >= gap.from)
  for (const range of mine.sort((a, b) => a.from - b.from)) {
    if (range.from > gap.to) break
    if (range.from > from) left.push({ ...gap, from, to: range.from - 1 })
    from = Math.max(from, range.to + 1)
  }
  return from <= gap.to ? [...left, { ...gap, from }] : left
}

/** Whether a gap marker among `gaps` has told of this one. */
export const isCovered = (mark: Mark, gaps: readonly Gap[]): boolean =>
  gaps.some(
    ({ session, from, to }) =>
      compareMarks(mark, { session, seq: from }) >= 0 && compareMarks(mark, { session, seq: to }) <= 0,
  )
