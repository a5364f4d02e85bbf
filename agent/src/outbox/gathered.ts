import type { OwedSession } from '@infra-home/shared/messages/birth.ts'
import { isCovered, lostNumbers, type Trail, without } from './damage.ts'
import { compareMarks, type Gap, type LiveEntry, URGENCIES, type Urgency } from './entry.ts'

/** What all files of the disk say together. */
export type Gathered = {
  /** Every entry that was read, settled or not. */
  readonly marks: Map<string, LiveEntry>
  /** What the markers among them tell. */
  readonly gaps: Gap[]
  readonly settledBelow: Map<number, number>
  readonly trails: Record<Urgency, Trail>
  highestSession: number
}

export const nothingGathered = (): Gathered => ({
  marks: new Map(),
  gaps: [],
  settledBelow: new Map(),
  highestSession: 0,
  trails: { event: [], number: [] },
})

/** Takes in a hint. */
export const noteSettled = ({ settledBelow }: Gathered, owed: readonly OwedSession[]): void => {
  for (const { session, from } of owed)
    settledBelow.set(session, Math.max(from, settledBelow.get(session) ?? 1))
}

const isSettled = ({ settledBelow }: Gathered, { session, seq }: LiveEntry): boolean =>
  seq < (settledBelow.get(session) ?? 1)

/** What is not known to be settled or told as lost, in order. */
export const stillOwed = (gathered: Gathered): LiveEntry[] =>
  [...gathered.marks.values()]
    .filter((entry) => !isSettled(gathered, entry) && !isCovered(entry, gathered.gaps))
    .sort(compareMarks)

/** Markers that were given up themselves: what they told may not have been told again before the crash. */
export const givenUpMarkers = (gathered: Gathered): LiveEntry[] =>
  [...gathered.marks.values()].filter(
    (entry) => entry.gap && !isSettled(gathered, entry) && isCovered(entry, gathered.gaps),
  )

/** What `givenUp` told and no marker that is `owed` tells. */
export const untoldBy = (givenUp: readonly LiveEntry[], owed: readonly LiveEntry[]): Gap[] => {
  const told = owed.flatMap(({ gap }) => (gap ? [gap] : []))
  return givenUp.flatMap(({ gap }) => (gap ? without(gap, told) : []))
}

/** What damage may have taken, as far as it is neither here nor settled nor told. */
export const damagedOf = ({ trails, marks, gaps, settledBelow }: Gathered, session: number): Gap[] => {
  const settled = [...settledBelow].map(([session, from]) => ({ session, from: 1, to: from - 1 }))
  const seen = [...marks.values()].map(({ session, seq }) => ({ session, from: seq, to: seq }))
  const known = [...seen, ...settled, ...gaps].map((range) => ({ reason: 'corrupt' as const, ...range }))
  return URGENCIES.flatMap((kind) => lostNumbers(trails[kind], known, session))
}
