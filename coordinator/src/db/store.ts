import type { StateKey } from '@infra-home/shared/messages/states.ts'
import type { Metric } from '@infra-home/shared/units.ts'
import type { Entry, EntryKind } from '../audit/entry.ts'
import type { ChainFault } from '../audit/chain.ts'

/** The end of the journal: the last position and the hash after it, hexadecimal. 0 and zeros while it is empty. */
export type Head = { readonly pos: number; readonly hash: string }

export type EntryQuery = {
  /** Positions above this. */
  readonly after?: number
  /** Positions below this. */
  readonly before?: number
  /** Without it: every kind but numbers, which are many and short-lived. */
  readonly kinds?: readonly EntryKind[]
  readonly node?: string
  readonly limit: number
  readonly newestFirst?: boolean
}

/** The world at a position, as text. */
export type NewSnapshot = {
  readonly pos: number
  /** RFC 3339. */
  readonly at: string
  readonly state: string
}

export type Snapshot = NewSnapshot & { readonly hash: string }

export type SeriesQuery = {
  readonly node: string
  readonly key: StateKey
  readonly metric: Metric
  /** From here (included) to there (not); wall clock, milliseconds. */
  readonly from: number
  readonly to: number
  /** The width of a point; it is widened to what is still kept of `from`. */
  readonly stepMs: number
}

/**
 * What was measured in one step; `at` is its start, milliseconds. Null throughout: it was looked at and unknown. A step
 * without a point: nobody looked.
 */
export type SeriesPoint =
  | {
      readonly at: number
      readonly min: number
      readonly max: number
      readonly mean: number
      readonly last: number
    }
  | { readonly at: number; readonly min: null; readonly max: null; readonly mean: null; readonly last: null }

/** Bytes: in use, free inside the file, and in the write-ahead log. */
export type StoreSizes = { readonly used: number; readonly free: number; readonly log: number }

export type ChainReport = ({ readonly ok: true } & Head) | ({ readonly ok: false } & ChainFault)

/**
 * The journal, its series and its small change, on whatever keeps them. Every method may reject with InfraError
 * `store-full`, `store-failed` or `store-corrupt`; after a rejection nothing of that call is in the store.
 */
export type Store = {
  /** Appends at the head, all or nothing; on resolve it survives a power cut. Positions are consecutive from 1. */
  append(entries: readonly Entry[]): Promise<Head>
  head(): Promise<Head & { readonly epoch: number }>
  entry(id: string): Promise<Entry | null>
  entries(query: EntryQuery): Promise<Entry[]>
  /** Entries that name `id` as their cause, oldest first; numbers are nobody's effect. */
  effectsOf(id: string, limit: number): Promise<Entry[]>
  /** Everything after a position, numbers included, in order, in bounded chunks; pruned entries are missing. */
  tail(after: number): AsyncIterable<Entry>
  /** The hash after a position, hexadecimal; null beyond the end, `pruned` within what was dropped. */
  hashAt(pos: number): Promise<string | null>
  /** Reads the whole chain and says where it breaks. */
  verify(): Promise<ChainReport>
  /** Begins a new reign: the number after the last one taken, and after `above`. */
  takeEpoch(above?: number): Promise<number>

  /** Keeps the newest three, each with the journal's hash at its position, which must be on the disk already. */
  saveSnapshot(snapshot: NewSnapshot): Promise<void>
  /** The newest that is whole and of this very journal. */
  newestSnapshot(): Promise<Snapshot | null>

  /** Condenses numbers that were taken in before `upTo` (wall clock, milliseconds) for the series. */
  rollUp(upTo: number): Promise<void>
  series(query: SeriesQuery): Promise<SeriesPoint[]>

  /** Drops what is older than it need be kept at `now` (wall clock, milliseconds), and more when the store is too big. */
  prune(now: number): Promise<void>
  sizes(): Promise<StoreSizes>
  /** Writes a consistent copy while commits go on. The file must not exist. */
  backup(toFile: string): Promise<void>

  get(key: string): Promise<string | null>
  /** Null forgets the key. */
  set(key: string, value: string | null): Promise<void>

  close(): Promise<void>
}
