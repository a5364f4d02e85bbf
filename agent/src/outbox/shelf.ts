import type { Disk } from '../sys/sys.ts'
import type { Mark, Place, Urgency } from './entry.ts'
import { segmentJson, type SealedBefore } from './record.ts'
import { encodeRecord, SEGMENT_MAGIC } from './segment.ts'

export type Segment = {
  readonly name: string
  readonly kind: Urgency
  readonly number: number
  /** On the disk, with what a failed write may have left behind. */
  bytes: number
  goodBytes: number
  /** open: may grow; doomed: goes as soon as its loss is on record */
  state: 'open' | 'sealed' | 'doomed'
  /** Something in it is lost, and that must be on record before it goes. */
  lossy: boolean
  /** Live entries in it. */
  live: number
  /** The highest number in it, by session. */
  readonly highest: Map<number, number>
}

export type Written = { readonly mark: Mark | null; readonly record: Uint8Array }

/** The segment files. One kind of entry to a file, so that the oldest numbers go by removing a file. */
export type Shelf = {
  segments(): readonly Segment[]
  get(name: string): Segment | undefined
  bytes(): number
  /** How many bytes of records fit into the file that is written next. */
  room(kind: Urgency): number
  /** Writes records to one file and tells where they lie. @throws InfraError disk-full, disk-failed: none of them count */
  append(kind: Urgency, records: readonly Written[]): Promise<Place[]>
  /** @throws InfraError disk-failed */
  remove(segment: Segment): Promise<void>
}

export const segmentName = (kind: Urgency, number: number): string =>
  `outbox-${kind}-${String(number).padStart(8, '0')}`

/** Kind and number of a segment's file; null for any other file. */
export const parseSegmentName = (name: string): { kind: Urgency; number: number } | null => {
  const match = /^outbox-(event|number)-(\d{8,15})$/.exec(name)
  return match && { kind: match[1] as Urgency, number: Number(match[2]) }
}

/** @param highestNumber of all files that are there, by kind, readable or not */
export const createShelf = (
  disk: Disk,
  found: { readonly segments: readonly Segment[]; readonly highestNumber: Record<Urgency, number> },
  segmentBytes: number,
): Shelf => {
  const segments = new Map(found.segments.map((segment) => [segment.name, segment]))
  const numbers = { ...found.highestNumber }
  const lastGood = sealedLast(found.segments)

  const open = (kind: Urgency): Segment | undefined =>
    [...segments.values()].find((segment) => segment.kind === kind && segment.state === 'open')

  const freshSegment = (kind: Urgency): Segment => {
    const number = ++numbers[kind]
    const name = segmentName(kind, number)
    const fresh: Segment = {
      name,
      kind,
      number,
      bytes: 0,
      goodBytes: 0,
      state: 'open',
      lossy: false,
      live: 0,
      highest: new Map(),
    }
    segments.set(name, fresh)
    return fresh
  }

  const write = async (segment: Segment, bytes: Uint8Array): Promise<void> => {
    segment.bytes += bytes.length
    try {
      await disk.append(segment.name, bytes)
    } catch (error) {
      segment.state = segment.goodBytes === 0 ? 'doomed' : 'sealed'
      throw error
    }
    segment.goodBytes = segment.bytes
    lastGood[segment.kind] = { segment: segment.number, bytes: segment.goodBytes }
  }

  return {
    segments: () => [...segments.values()],
    get: (name) => segments.get(name),
    bytes: () => [...segments.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    room(kind) {
      const left = segmentBytes - (open(kind)?.bytes ?? segmentBytes)
      return left > 0 ? left : segmentBytes
    },
    async append(kind, records) {
      const size = records.reduce((sum, { record }) => sum + record.length, 0)
      let segment = open(kind)
      if (segment && segment.bytes + size > segmentBytes) {
        segment.state = 'sealed'
        segment = undefined
      }
      const head = segment ? [] : opening(floorOf(records), lastGood[kind])
      const target = segment ?? freshSegment(kind)
      const places: Place[] = []
      let offset = target.bytes + head.reduce((sum, { length }) => sum + length, 0)
      for (const { record } of records) {
        places.push({ kind: 'disk', segment: target.name, offset, length: record.length })
        offset += record.length
      }
      await write(target, Buffer.concat([...head, ...records.map(({ record }) => record)]))
      for (const { mark } of records) if (mark) noteHighest(target, mark)
      return places
    },
    async remove(segment) {
      await disk.remove(segment.name)
      segments.delete(segment.name)
    },
  }
}

/** Notes that `segment` holds a number. */
export const noteHighest = (segment: Segment, { session, seq }: Mark): void => {
  segment.highest.set(session, Math.max(seq, segment.highest.get(session) ?? 0))
}

const floorOf = (records: readonly Written[]): Mark => {
  const first = records.find(({ mark }) => mark !== null)?.mark
  return { session: first?.session ?? 1, seq: (first?.seq ?? 1) - 1 }
}

const opening = (floor: Mark, after: SealedBefore | null): Uint8Array[] => [
  SEGMENT_MAGIC,
  encodeRecord(segmentJson(floor, after)),
]

const sealedLast = (segments: readonly Segment[]): Record<Urgency, SealedBefore | null> => {
  const last = (kind: Urgency): SealedBefore | null => {
    const good = segments.findLast((segment) => segment.kind === kind && segment.goodBytes > 0)
    return good ? { segment: good.number, bytes: good.goodBytes } : null
  }
  return { event: last('event'), number: last('number') }
}
