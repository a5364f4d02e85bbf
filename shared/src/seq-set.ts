/**
 * Which sequence numbers of one session have been seen: all up to `upTo`, and the closed ranges in `above`,
 * ascending and apart from each other. Plain data, so that it can stand in a message, a world and a snapshot.
 */
export type SeqSet = {
  readonly upTo: number
  readonly above: readonly (readonly [from: number, to: number])[]
}

export const EMPTY_SEQ_SET: SeqSet = { upTo: 0, above: [] }

export const hasSeq = (set: SeqSet, seq: number): boolean =>
  seq <= set.upTo || set.above.some(([from, to]) => seq >= from && seq <= to)

/** The set with every number from `from` to `to` in it. */
export const addRange = (set: SeqSet, from: number, to: number): SeqSet => {
  if (to <= set.upTo || from > to) return set
  if (from <= set.upTo + 1 && set.above.length === 0) return { upTo: to, above: [] }
  return normalise(set.upTo, [...set.above, [from, to] as const])
}

export const addSeq = (set: SeqSet, seq: number): SeqSet =>
  seq === set.upTo + 1 && set.above.length === 0 ? { upTo: seq, above: [] } : addRange(set, seq, seq)

/** The set of all that is in one or the other. */
export const uniteSeqs = (a: SeqSet, b: SeqSet): SeqSet =>
  b.above.reduce((set, [from, to]) => addRange(set, from, to), addRange(a, 1, b.upTo))

/** The ranges up to the highest known number that are missing. */
export const missingRanges = (set: SeqSet): [from: number, to: number][] => {
  const gaps: [number, number][] = []
  let next = set.upTo + 1
  for (const [from, to] of set.above) {
    gaps.push([next, from - 1])
    next = to + 1
  }
  return gaps
}

const normalise = (upTo: number, ranges: (readonly [number, number])[]): SeqSet => {
  let floor = upTo
  const above: [number, number][] = []
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = above.at(-1)
    if (from <= floor + 1) floor = Math.max(floor, to)
    else if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else above.push([from, to])
  }
  return { upTo: floor, above }
}
