import type { Witness } from '@infra-home/shared/messages/witness.ts'
import { formatTable, type Table } from '../http/table/table.ts'
import { type Fault, inspect, type Inspection } from './inspect.ts'
import type { StoredRow } from './stored-row.ts'

/** A journal to check. */
export type Journal = {
  readonly last: number
  rows(): Iterable<StoredRow>
}

/** A witness that the journal does not agree with. */
export type Contradiction = Witness & {
  readonly fault: 'rewritten' | 'shorter'
  /** The hash that the journal has there; null beyond its end. */
  readonly found: string | null
}

export type Verdict = Inspection & {
  readonly faults: readonly Fault[]
  /** There are more than are listed. */
  readonly more: number
  readonly contradictions: readonly Contradiction[]
  /** Witnesses that agree, and those at positions of which only the ends are kept. */
  readonly agreed: number
  readonly unknown: number
}

const MOST_FAULTS = 100
/** Below this many entries it is over before anybody asks. */
const LONG = 200_000
const TENTH = 10

/** Checks a whole journal against itself and against what witnesses have seen of it. */
export const verifyJournal = (
  journal: Journal,
  witnesses: readonly Witness[],
  progress: (percent: number) => void = () => {},
): Verdict => {
  const faults: Fault[] = []
  const hashes = new Map<number, string>([[0, '0'.repeat(64)]])
  let [more, tenths] = [0, 0]
  const inspection = inspect(journal.rows(), {
    onFault: (fault) => void (faults.length < MOST_FAULTS ? faults.push(fault) : more++),
    marks: new Set(witnesses.map(({ position }) => position)),
    onMark: (pos, hash) => void hashes.set(pos, hash),
    onRow(pos) {
      const now = Math.floor((pos * TENTH) / Math.max(1, journal.last))
      if (journal.last < LONG || now <= tenths) return
      tenths = now
      progress(now * TENTH)
    },
  })
  const found = witnesses.map((witness) => ({ witness, hash: hashes.get(witness.position) ?? null }))
  const contradictions = found.flatMap(({ witness, hash }): Contradiction[] => {
    if (hash === 'pruned' || hash === witness.hash) return []
    if (hash === null && witness.position <= inspection.pos) return []
    return [{ ...witness, fault: hash === null ? 'shorter' : 'rewritten', found: hash }]
  })
  const agreed = found.filter(({ witness, hash }) => hash === witness.hash).length
  const unknown = witnesses.length - agreed - contradictions.length
  return { ...inspection, faults, more, contradictions, agreed, unknown }
}

export const isWhole = ({ faults, contradictions }: Verdict): boolean =>
  faults.length === 0 && contradictions.length === 0

/** A verdict for people: tables of what is wrong, and what it comes to. */
export const verdictText = (verdict: Verdict): string => {
  const { faults, more, contradictions, agreed, unknown, pos, hash, read, pruned } = verdict
  const parts = [
    faults.length > 0 && formatTable(faultsTable(faults)),
    more > 0 && `and ${more} more`,
    contradictions.length > 0 && formatTable(contradictionsTable(contradictions)),
    `${read} entries were read, ${pruned} are known by position and hash alone`,
    `the journal ends at position ${pos}\n  ${hash.toString('hex')}`,
    agreed + unknown + contradictions.length > 0 &&
      `${agreed} witnesses agree, ${contradictions.length} don't, ${unknown} are from before what was kept`,
    isWhole(verdict) ? 'the chain holds' : 'the chain does NOT hold',
  ]
  return parts.filter((part) => part !== false).join('\n')
}

const faultsTable = (faults: readonly Fault[]): Table => ({
  head: ['', 'POSITION', 'AT', 'KIND', 'FAULT', 'EXPECTED', 'FOUND'],
  rows: faults.map(({ first, last, at, kind, fault, expected, found }) => [
    '!',
    first === last ? `${first}` : `${first}–${last}`,
    at?.slice(0, 19).replace('T', ' ') ?? '–',
    kind ?? '–',
    fault,
    expected,
    found,
  ]),
  whole: [1],
})

const contradictionsTable = (contradictions: readonly Contradiction[]): Table => ({
  head: ['', 'WITNESS OF', 'SEEN', 'FAULT', 'EXPECTED', 'FOUND'],
  rows: contradictions.map(({ position, at, fault, hash, found }) => [
    '!',
    `${position}`,
    at.slice(0, 19).replace('T', ' '),
    fault === 'shorter' ? 'journal is shorter' : 'journal was rewritten',
    `${hash.slice(0, 12)}…`,
    found === null ? 'nothing' : `${found.slice(0, 12)}…`,
  ]),
})
