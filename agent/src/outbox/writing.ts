import type { OwedSession } from '@infra-home/shared/messages/birth.ts'
import { type Chunk, fillChunk } from './chunk.ts'
import type { LiveEntry, Urgency } from './entry.ts'
import { countLive, droppable } from './holding.ts'
import type { Ledger } from './ledger.ts'
import type { OutboxLimits } from './limits.ts'
import type { Losing } from './losing.ts'
import { owedJson } from './record.ts'
import { chooseFile } from './retention.ts'
import { encodeRecord } from './segment.ts'
import type { Segment, Shelf, Written } from './shelf.ts'
import type { Sweeping } from './sweeping.ts'

export type WritingOptions = {
  readonly ledger: Ledger
  readonly shelf: Shelf
  readonly losing: Pick<Losing, 'drop' | 'tell'>
  readonly sweeping: Sweeping
  readonly limits: OutboxLimits
  /** Whether a number that is in memory is to be written now. */
  readonly wantsNumber: (entry: LiveEntry) => boolean
  readonly owed: () => OwedSession[]
}

/** Puts on the disk what belongs there, and removes what no longer does. */
export type Writing = {
  /** Says whether something was written. @throws InfraError disk-full, disk-failed: what was not written stays in memory */
  write(): Promise<boolean>
  /** Removes every file that nothing needs, the growing ones too, and notes what is settled in the others. */
  tidy(): Promise<void>
}

/** Sessions in one hint; the others are sent again after a crash. */
const MOST_HINTS = 64

/** Room for what a new file begins with. */
const OPENING_BYTES = 256

export const createWriting = (options: WritingOptions): Writing => {
  const { ledger, shelf, losing, sweeping, limits, wantsNumber } = options
  const roomFor = limits.diskBytes - 2 * limits.segmentBytes
  let lastHint = ''

  const wanted = (kind: Urgency): LiveEntry[] =>
    ledger
      .live()
      .filter(
        (entry) =>
          entry.urgency === kind && entry.place.kind === 'memory' && (kind === 'event' || wantsNumber(entry)),
      )

  const nextChunk = (): Chunk | null => {
    for (const kind of ['event', 'number'] as const) {
      const waiting = wanted(kind)
      if (waiting.length > 0) return fillChunk(kind, waiting, shelf.room(kind))
    }
    return null
  }

  const makeRoom = ({ bytes, ...chunk }: Chunk): Chunk | null => {
    const kept = (): Segment[] => shelf.segments().filter(({ state }) => state !== 'doomed')
    while (kept().reduce((sum, { bytes }) => sum + bytes, bytes) > roomFor) {
      const entries = ledger.live().map((entry) => ({ ...droppable(entry), entry }))
      const chosen = chooseFile(kept(), entries)
      const file = chosen && shelf.get(chosen.file)
      if (!file) break
      file.state = 'doomed'
      losing.drop(new Set([...chosen.entries].map(({ entry }) => entry)), 'full')
      losing.tell()
    }
    if (shelf.bytes() + bytes <= limits.diskBytes - limits.segmentBytes / 2) return { ...chunk, bytes }
    return markersOnly(limits.diskBytes - shelf.bytes() - OPENING_BYTES)
  }

  /** Only when they are written, more can go. */
  const markersOnly = (room: number): Chunk | null => {
    const markers = wanted('event').filter(({ gap, bytes }) => gap && bytes <= room)
    return markers.length > 0 ? fillChunk('event', markers, room) : null
  }

  /** What was given up looks settled in a hint: so there is none until its marker is safe. */
  const hint = (): Written[] => {
    if (!sweeping.lossesAreSafe() || shelf.bytes() > roomFor) return []
    const json = owedJson(options.owed().slice(0, MOST_HINTS))
    if (json === lastHint) return []
    lastHint = json
    return [{ mark: null, record: encodeRecord(json) }]
  }

  const append = async ({ kind, entries }: Chunk): Promise<boolean> => {
    const waiting = entries.filter(({ gone }) => !gone) // making room may have cost some
    const records = waiting.flatMap((entry) =>
      entry.place.kind === 'memory' ? [{ mark: entry, record: entry.place.record }] : [],
    )
    if (records.length === 0) return false
    const more = kind === 'event' && waiting.length === wanted(kind).length ? hint() : []
    const places = await shelf.append(kind, [...records, ...more])
    for (const [at, entry] of waiting.entries()) {
      const place = places[at]
      if (place?.kind !== 'disk' || entry.gone) continue
      ledger.move(entry, place)
      countLive(shelf, place.segment, 1)
    }
    return true
  }

  return {
    async write() {
      let wrote = false
      await sweeping.sweep()
      for (let next = nextChunk(); next; next = nextChunk()) {
        const chunk = makeRoom(next)
        if (chunk && (await append(chunk))) wrote = true
        if (!(await sweeping.sweep()) && !chunk) break
      }
      return wrote
    },
    async tidy() {
      await sweeping.sweepAll()
      const more = shelf.segments().some(({ live }) => live > 0) ? hint() : []
      if (more.length > 0) await shelf.append('event', more)
    },
  }
}
