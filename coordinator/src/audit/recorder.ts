import {
  type CancelTimer,
  type Clock,
  type DurationMs,
  milliseconds,
  seconds,
} from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Entry } from '../world/input.ts'

/** The end of the journal on the disk. */
export type CommittedHead = { readonly pos: number; readonly hash: string }

/** Where entries are kept; resolves when they are on the disk. */
export type JournalSink = (entries: readonly Entry[]) => Promise<CommittedHead>

export type Recorder = {
  record(entry: Entry): void
  /** Resolves when everything recorded so far is on the disk; rejects when that fails now. */
  flush(): Promise<void>
  /** What was committed last by this recorder; null before the first commit. */
  head(): CommittedHead | null
  /** True when so much waits for the disk that numbers had better stay where they are. */
  full(): boolean
  state(): { readonly waiting: number; readonly failingSince: number | null; readonly error: string | null }
  stop(): Promise<void>
}

export type RecorderOptions = {
  readonly sink: JournalSink
  readonly clock: Clock
  /** Called after each commit with what was committed: acknowledgements follow. */
  readonly onCommitted: (entries: readonly Entry[]) => void
  readonly onFailure: (error: unknown) => void
}

/** Decisions and changes reach the disk within 200 ms; numbers alone may wait a minute: flash wears. */
const URGENT_WAIT = milliseconds(150)
const NUMBERS_WAIT = seconds(55)
/** A batch that is this long is written at once. */
const BATCH = 2000
/** One commit takes this many at the most: the larger, the fewer fsyncs while more comes than the disk likes. */
const LARGEST_COMMIT = 20_000
/** What a journal that cannot be written may hold in memory; then it takes no more numbers: their nodes keep them. */
const MOST_WAITING = 200_000
const RETRY = seconds(5)

/**
 * Collects entries into group commits, in order. While the disk refuses, entries wait in memory and are tried again;
 * nobody is told that they are safe.
 */
export const createRecorder = ({ sink, clock, onCommitted, onFailure }: RecorderOptions): Recorder => {
  let waiting: Entry[] = []
  let writing: Promise<void> | null = null
  let timer: { readonly at: number; readonly cancel: CancelTimer } | null = null
  let failure: { readonly since: number; readonly error: string } | null = null
  let head: CommittedHead | null = null
  let stopped = false

  const schedule = (wait: DurationMs): void => {
    const at = clock.now().mono + wait
    if (stopped || (timer && timer.at <= at)) return
    timer?.cancel()
    timer = { at, cancel: clock.after(wait, () => void write()) }
  }

  const write = async (): Promise<void> => {
    timer?.cancel()
    timer = null
    if (writing) return writing
    if (waiting.length === 0) return
    const batch = waiting.length > LARGEST_COMMIT ? waiting.slice(0, LARGEST_COMMIT) : waiting
    waiting = waiting.slice(batch.length)
    writing = commit(batch)
    await writing
  }

  const commit = async (batch: Entry[]): Promise<void> => {
    try {
      head = await sink(batch)
      failure = null
    } catch (error) {
      waiting = [...batch, ...waiting]
      failure = { since: failure?.since ?? clock.now().wall, error: describeError(error) }
      onFailure(error)
      return
    } finally {
      writing = null
      if (waiting.length >= BATCH && !failure) void write()
      else if (waiting.length > 0) schedule(failure ? RETRY : waitFor(waiting))
    }
    onCommitted(batch)
  }

  return {
    record(entry) {
      waiting.push(entry)
      if (failure) return
      if (waiting.length >= BATCH) void write()
      else schedule(entry.kind === 'numbers' ? NUMBERS_WAIT : URGENT_WAIT)
    },
    async flush() {
      while (waiting.length > 0 || writing) {
        await (writing ?? write())
        if (failure) throw new Error(failure.error)
      }
    },
    head: () => head,
    full: () => waiting.length > MOST_WAITING,
    state: () => ({
      waiting: waiting.length,
      failingSince: failure?.since ?? null,
      error: failure?.error ?? null,
    }),
    async stop() {
      await this.flush().catch(onFailure)
      stopped = true
      timer?.cancel()
    },
  }
}

const waitFor = (entries: readonly Entry[]): DurationMs =>
  entries.every(({ kind }) => kind === 'numbers') ? NUMBERS_WAIT : URGENT_WAIT
