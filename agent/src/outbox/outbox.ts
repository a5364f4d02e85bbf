import type { Clock, MonoMs } from '@infra-home/shared/clock.ts'
import type { OwedSession } from '@infra-home/shared/messages/birth.ts'
import { hasSeq, type SeqSet } from '@infra-home/shared/seq-set.ts'
import type { Disk } from '../sys/sys.ts'
import type { Gap, LiveEntry, OutboxEntry, StoredEntry } from './entry.ts'
import { droppable, takeOut } from './holding.ts'
import { assemble, type Parts } from './assemble.ts'
import { DEFAULT_LIMITS, type OutboxLimits } from './limits.ts'
import { entryJson, gapIn } from './record.ts'
import { recover } from './recover.ts'
import { chooseEntries } from './retention.ts'
import { encodeRecord } from './segment.ts'
import { nextSession } from './session-number.ts'

export type OutboxStats = {
  /** Not acknowledged. */
  readonly entries: number
  /** In memory and on the disk together. */
  readonly bytes: number
  readonly memoryBytes: number
  readonly diskBytes: number
  /** Entries given up since the start; each damaged stretch of the disk counts as one. */
  readonly dropped: number
  readonly writeFailures: number
  /** The disk did not take the last write: entries wait in memory. */
  readonly failing: boolean
  /** What the disk said to it. */
  readonly failure: string | null
}

/** Keeps what the agent says until the coordinator has it on its disk, through outages, crashes and power cuts. */
export type Outbox = {
  readonly session: number
  /** The number of the next message; it must be added in the same tick. */
  next(): number
  /** Events are written to the disk at once, numbers only when they stay unacknowledged. @throws RangeError not of this session */
  add(entry: OutboxEntry): void
  /** The coordinator has these. */
  settle(ack: SeqSet & { readonly session: number }): void
  /** For the birth. The session that runs is always among them. */
  owed(): OwedSession[]
  /** What to send again now, oldest first; the same not again until it had time to be acknowledged. */
  due(now: MonoMs, max: number): StoredEntry[]
  /** The coordinator misses these of this session: they are due at once. */
  resend(ranges: readonly (readonly [from: number, to: number])[]): void
  stats(): OutboxStats
  /** Writes all there is; when the disk fails it stays in memory and `stats().failing` says so. */
  flush(): Promise<void>
  /** Writes all there is, removes what is settled, and stops. */
  close(): Promise<void>
}

export type OutboxOptions = {
  readonly disk: Disk
  readonly clock: Clock
  readonly limits?: Partial<OutboxLimits>
  /** To be added as an event in the same tick: what was lost goes from the disk when its marker is there. Never called while opening. */
  readonly onGap: (gap: Gap) => void
}

const MOST_OWED_SESSIONS = 256
/** Of the memory, after something had to be dropped: so that it is not one entry at a time. */
const KEEP_SHARE = 0.8

/** Opens what an earlier start left behind, whatever it is, under a new session number. */
export const openOutbox = async (options: OutboxOptions): Promise<Outbox> => {
  const { disk, clock, onGap } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const recovered = await recover(disk)
  const number = await nextSession(disk, recovered.highestSession, clock.now().wall)
  const parts = assemble({ disk, clock, limits, recovered, number, onGap })
  const { ledger, shelf, losing, spilling, retrying, backlog } = parts

  return {
    session: number.session,
    next: () => parts.numbering.next(),
    add: (entry) => addEntry(parts, entry),
    settle(ack) {
      const gone = takeOut(parts, (entry) => entry.session === ack.session && hasSeq(ack, entry.seq))
      if (gone.length > 0 && parts.sweeping.hasWaste()) retrying.kick()
    },
    owed() {
      const all = parts.owed()
      return [...all.slice(0, -1).slice(0, MOST_OWED_SESSIONS - 1), ...all.slice(-1)]
    },
    due: (now, max) => backlog.due(now, max),
    resend(ranges) {
      for (const entry of ledger.live()) {
        if (entry.session !== number.session) continue
        if (!ranges.some(([from, to]) => entry.seq >= from && entry.seq <= to)) continue
        entry.asked = true
        entry.offeredAt = null
      }
    },
    stats() {
      const memoryBytes = ledger.memoryBytes()
      const diskBytes = shelf.bytes()
      return {
        entries: ledger.live().length,
        bytes: memoryBytes + diskBytes,
        memoryBytes,
        diskBytes,
        dropped: losing.dropped(),
        writeFailures: retrying.failures(),
        failing: retrying.refused() !== null,
        failure: retrying.refused(),
      }
    },
    async flush() {
      spilling.upTo(parts.numbering.last())
      await retrying.now()
    },
    close: () => closeAll(parts),
  }
}

const addEntry = (parts: Parts, { topic, message, urgency }: OutboxEntry): void => {
  const { clock, limits, ledger, losing, numbering, retrying, spilling } = parts
  const { session, seq } = message
  if (session !== numbering.session || seq === null)
    throw new RangeError(`not of session ${numbering.session}: ${session}/${seq}`)
  const record = encodeRecord(entryJson(topic, message))
  const entry: LiveEntry = {
    session,
    seq,
    urgency,
    bytes: record.length,
    gap: gapIn(topic, message),
    addedAt: clock.now().mono,
    place: { kind: 'memory', record },
    offeredAt: null,
    asked: false,
    gone: false,
  }
  if (entry.bytes > limits.entryBytes) return losing.lose([entry], 'refused')
  ledger.add(entry)
  if (urgency === 'event') retrying.kick()
  else spilling.arm()
  relieve(parts)
}

/** Writes early when the memory fills, and drops when it is full all the same. */
const relieve = (parts: Parts): void => {
  const { limits, ledger, losing, numbering, retrying, spilling } = parts
  if (ledger.memoryBytes() > limits.memoryBytes / 2) {
    spilling.upTo(numbering.last())
    retrying.kick()
  }
  const over = ledger.memoryBytes() - limits.memoryBytes
  if (over <= 0) return
  const all = ledger.live().map((entry) => ({ ...droppable(entry), entry }))
  const chosen = chooseEntries(all, over + limits.memoryBytes * (1 - KEEP_SHARE))
  const reason = retrying.refused() !== null ? 'disk' : 'full'
  losing.drop(new Set([...chosen].map(({ entry }) => entry)), reason)
}

const closeAll = async (parts: Parts): Promise<void> => {
  const { losing, numbering, retrying, spilling, window } = parts
  losing.tell()
  losing.stop()
  spilling.stop()
  spilling.upTo(numbering.last())
  numbering.close()
  await retrying.now()
  retrying.stop()
  window.close()
}
