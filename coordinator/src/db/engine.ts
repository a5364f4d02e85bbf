import type { Run } from '../audit/run.ts'
import { inSlices, isSlices, type Slices } from './slices.ts'
import type {
  ChainReport,
  EntryQuery,
  Head,
  NewSnapshot,
  SeriesPoint,
  SeriesQuery,
  Snapshot,
  StoreSizes,
} from './store.ts'

/** A store as a synchronous library offers it: entries are canonical texts, long work comes in slices. */
export type Engine = {
  append(runs: readonly Run[]): Head
  head(): Head & { readonly epoch: number }
  entry(id: string): string | null
  entries(query: EntryQuery): string[]
  effectsOf(id: string, limit: number): string[]
  /** The next texts after a position; none at the end. */
  chunk(after: number): string[]
  hashAt(pos: number): string | null
  verify(): Slices<ChainReport>
  takeEpoch(above?: number): number
  saveSnapshot(snapshot: NewSnapshot): void
  newestSnapshot(): Snapshot | null
  rollUp(upTo: number): Slices<void>
  series(query: SeriesQuery): Slices<SeriesPoint[]>
  prune(now: number): Slices<void>
  sizes(): StoreSizes
  get(key: string): string | null
  set(key: string, value: string | null): void
  close(): void
}

export type Answer<M extends keyof Engine> =
  ReturnType<Engine[M]> extends Slices<infer T> ? T : ReturnType<Engine[M]>

/** Asks an engine that may be elsewhere. */
export type Call = <M extends keyof Engine>(method: M, ...args: Parameters<Engine[M]>) => Promise<Answer<M>>

/** Asks an engine that is here; slices are worked off one by one. */
export const callOn =
  (engine: Engine): Call =>
  async <M extends keyof Engine>(method: M, ...args: Parameters<Engine[M]>): Promise<Answer<M>> => {
    const does = engine[method] as (...args: Parameters<Engine[M]>) => unknown
    const result = does(...args)
    return (isSlices(result) ? await inSlices(result) : result) as Answer<M>
  }
