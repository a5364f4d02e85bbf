import { isInfraError } from '@infra-home/shared/errors.ts'
import type { Disk } from '../sys/sys.ts'
import type { Milestone, Trail } from './damage.ts'
import { type Gap, type LiveEntry, URGENCIES, type Urgency } from './entry.ts'
import {
  damagedOf,
  type Gathered,
  givenUpMarkers,
  noteSettled,
  nothingGathered,
  stillOwed,
  untoldBy,
} from './gathered.ts'
import { readPayload, type RecordPayload, type SealedBefore } from './record.ts'
import { type DecodedSegment, decodeSegment } from './segment.ts'
import { noteHighest, parseSegmentName, type Segment } from './shelf.ts'

export type Recovered = {
  readonly segments: Segment[]
  readonly highestNumber: Record<Urgency, number>
  /** What is not known to be settled or told as lost, in order. */
  readonly entries: LiveEntry[]
  /** 0: none */
  readonly highestSession: number
  /** What is lost and not told, for the session that begins now. */
  lost(session: number): Gap[]
}

/** Reads every segment on the disk. Damage is stepped over and told; a file that the disk does not give is left alone. */
export const recover = async (disk: Disk): Promise<Recovered> => {
  const names = await listSegments(disk)
  const gathered = nothingGathered()
  const segments: Segment[] = []
  const highestNumber = { event: 0, number: 0 }
  for (const kind of URGENCIES) {
    const mine = names.filter((name) => name.kind === kind)
    highestNumber[kind] = mine.at(-1)?.number ?? 0
    segments.push(...(await recoverKind(disk, mine, { kind, gathered })))
  }
  const entries = stillOwed(gathered)
  const givenUp = givenUpMarkers(gathered)
  countLive(segments, entries)
  markLossy(segments, givenUp)
  const untold = untoldBy(givenUp, entries)
  const { highestSession } = gathered
  const lost = (session: number): Gap[] => [...damagedOf(gathered, session), ...untold]
  return { segments, highestNumber, entries, highestSession, lost }
}

type Name = { readonly name: string; readonly kind: Urgency; readonly number: number }

const listSegments = async (disk: Disk): Promise<Name[]> => {
  const names = (await orNull(disk.list())) ?? []
  return names
    .flatMap((name) => {
      const parsed = parseSegmentName(name)
      return parsed ? [{ name, ...parsed }] : []
    })
    .sort((a, b) => a.number - b.number)
}

/** Where a file ends well is told by the one after it: so they are read from the newest to the oldest. */
const recoverKind = async (
  disk: Disk,
  names: readonly Name[],
  { kind, gathered }: { readonly kind: Urgency; readonly gathered: Gathered },
): Promise<Segment[]> => {
  const segments: Segment[] = []
  const parts: Trail[] = []
  let sealed: SealedBefore | null = null
  for (const name of names.toReversed()) {
    const bytes = await orNull(disk.read(name.name))
    if (!bytes) continue
    const sealedAt: number | null = sealed?.segment === name.number ? sealed.bytes : null
    const decoded = decodeSegment(bytes, sealedAt)
    const payloads = decoded.records.map(({ value }) => readPayload(value))
    const last = segments.length === 0
    const segment = segmentOf(name, { decoded, bytes: bytes.length, last })
    parts.unshift(trailOf(decoded, payloads))
    gather(segment, { decoded, payloads, gathered })
    segments.unshift(segment)
    const head = payloads[0]
    sealed = head?.kind === 'segment' ? head.after : null
  }
  gathered.trails[kind] = parts.flat()
  return segments
}

type Read = { readonly decoded: DecodedSegment; readonly bytes: number; readonly last: boolean }

const segmentOf = ({ name, kind, number }: Name, { decoded, bytes, last }: Read): Segment => {
  const whole = !decoded.torn && decoded.broken.length === 0 && decoded.records.length > 0
  return {
    name,
    kind,
    number,
    bytes,
    goodBytes: decoded.goodBytes,
    lossy: decoded.broken.length > 0,
    live: 0,
    highest: new Map(),
    state: last && whole ? 'open' : 'sealed',
  }
}

const trailOf = (decoded: DecodedSegment, payloads: readonly (RecordPayload | null)[]): Trail => {
  const brokenBefore = new Set(decoded.broken.map(({ before }) => before))
  const trail: (Milestone | 'broken')[] = []
  for (let at = 0; at <= payloads.length; at++) {
    if (brokenBefore.has(at)) trail.push('broken')
    const payload = payloads[at]
    if (payload?.kind === 'entry') {
      const { session, seq } = payload.mark
      trail.push({ session, last: seq, next: seq })
    }
    if (payload?.kind === 'segment') {
      const { session, seq } = payload.floor
      trail.push({ session, last: seq, next: seq + 1 })
    }
  }
  return trail
}

type Parts = {
  readonly decoded: DecodedSegment
  readonly payloads: readonly (RecordPayload | null)[]
  readonly gathered: Gathered
}

const gather = (segment: Segment, { decoded, payloads, gathered }: Parts): void => {
  for (const [at, payload] of payloads.entries()) {
    const record = decoded.records[at]
    if (!payload || !record) continue
    if (payload.kind === 'owed') noteSettled(gathered, payload.owed)
    if (payload.kind === 'segment')
      gathered.highestSession = Math.max(gathered.highestSession, payload.floor.session)
    if (payload.kind !== 'entry') continue
    const { session, seq } = payload.mark
    noteHighest(segment, payload.mark)
    gathered.highestSession = Math.max(gathered.highestSession, session)
    if (payload.gap) gathered.gaps.push(payload.gap)
    gathered.marks.set(`${session}/${seq}`, {
      session,
      seq,
      urgency: segment.kind,
      bytes: record.length,
      gap: payload.gap,
      addedAt: null,
      offeredAt: null,
      asked: false,
      gone: false,
      place: { kind: 'disk', segment: segment.name, offset: record.offset, length: record.length },
    })
  }
}

const countLive = (segments: readonly Segment[], entries: readonly LiveEntry[]): void =>
  withSegments(segments, entries, (segment) => {
    segment.live++
  })

const markLossy = (segments: readonly Segment[], entries: readonly LiveEntry[]): void =>
  withSegments(segments, entries, (segment) => {
    segment.lossy = true
  })

const withSegments = (
  segments: readonly Segment[],
  entries: readonly LiveEntry[],
  note: (segment: Segment) => void,
): void => {
  const byName = new Map(segments.map((segment) => [segment.name, segment]))
  for (const { place } of entries) {
    const segment = place.kind === 'disk' ? byName.get(place.segment) : undefined
    if (segment) note(segment)
  }
}

const orNull = async <T>(answer: Promise<T>): Promise<T | null> => {
  try {
    return await answer
  } catch (error) {
    if (!isInfraError(error)) throw error
    return null
  }
}
