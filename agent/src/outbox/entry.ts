import type { MonoMs } from '@infra-home/shared/clock.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'

/** Events are worth a write at once; numbers are not, and are the first to be dropped. */
export type Urgency = 'event' | 'number'
export const URGENCIES: readonly Urgency[] = ['event', 'number']

export type Gap = EventBody['gap']

/** What the agent hands in: a message that passed `next()`. */
export type OutboxEntry = {
  readonly topic: string
  readonly message: { readonly session: number; readonly seq: number | null }
  readonly urgency: Urgency
}

/** What comes out again: the same, as it was handed in. */
export type StoredEntry = { readonly topic: string; readonly message: object }

/** The place of a message among all of this node. */
export type Mark = { readonly session: number; readonly seq: number }

export const compareMarks = (a: Mark, b: Mark): number => a.session - b.session || a.seq - b.seq

export type Place =
  | { readonly kind: 'memory'; readonly record: Uint8Array }
  | { readonly kind: 'disk'; readonly segment: string; readonly offset: number; readonly length: number }

/** An entry that the coordinator has not acknowledged. Its text is in one place only. */
export type LiveEntry = Mark & {
  readonly urgency: Urgency
  /** Bytes of its record. */
  readonly bytes: number
  /** What it tells to be lost, when it is a gap marker. */
  readonly gap: Gap | null
  /** null: by an earlier start */
  readonly addedAt: MonoMs | null
  place: Place
  /** When it went out as backlog. */
  offeredAt: MonoMs | null
  /** The coordinator misses it: no waiting. */
  asked: boolean
  /** Settled or lost: no longer in the ledger, though a write of it may still be on its way. */
  gone: boolean
}
