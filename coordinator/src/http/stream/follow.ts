import { KINDS } from '../kinds.ts'
import type { Entry, EntryKind } from '../../world/input.ts'
import type { HttpContext } from '../context.ts'

/** What a follower wants to see. */
export type Wanted = { readonly kinds: readonly EntryKind[] | undefined; readonly node: string | undefined }

export type Follower = {
  readonly wanted: Wanted
  /** Everything behind this position; null: only what comes. */
  readonly after: number | null
  readonly give: (entry: Entry) => void
  /** Resolves when the client has taken what it was given: the past is handed over no faster than that. */
  readonly drained: () => Promise<void>
  /** What came behind this position cannot be had any more; what comes now follows. */
  readonly missed: (position: number) => void
  /** The journal cannot be read now: the client had better come back. */
  readonly failed: (error: unknown) => void
}

type Source = Pick<HttpContext, 'stream' | 'store' | 'world'>

const CHUNK = 500
/** So often, and with such pauses, what left memory is looked for on the disk before it is called lost. */
const TRIES = 25
const PAUSE_MS = 200

/**
 * Hands over every entry behind a position, first those of the past, then each as it comes: none twice, none left out.
 * Returns the way to stop.
 */
export const follow = (source: Source, client: Follower): (() => void) => {
  const wants = filterOf(client.wanted)
  let stopped = false
  let position = client.after
  let leave: () => void = () => {}
  const take = (entry: Entry): void => {
    if (stopped || (position !== null && entry.pos <= position)) return
    position = entry.pos
    if (wants(entry)) client.give(entry)
  }

  const goLive = (missed: readonly Entry[]): void => {
    for (const entry of missed) take(entry)
    if (!stopped) leave = source.stream.subscribe(take)
  }

  const run = async (): Promise<void> => {
    for (let tries = TRIES; !stopped;) {
      if (position === null || position >= source.world.position) return goLive([])
      const missed = source.stream.since(position)
      if (missed && missed.length <= CHUNK) return goLive(missed)
      const before: number = position
      const { entries, upTo } = missed ? firstOf(missed) : await stored(source, before, client.wanted)
      for (const entry of entries) take(entry)
      position = Math.max(position, upTo)
      await client.drained()
      if (position > before) tries = TRIES
      else if (tries-- > 0) await pause()
      else {
        client.missed(position)
        position = null
      }
    }
  }

  run().catch((error: unknown) => {
    if (!stopped) client.failed(error)
  })
  return () => {
    stopped = true
    leave()
  }
}

type Chunk = { readonly entries: readonly Entry[]; readonly upTo: number }

const firstOf = (missed: readonly Entry[]): Chunk => {
  const entries = missed.slice(0, CHUNK)
  return { entries, upTo: entries.at(-1)?.pos ?? 0 }
}

/** What the stream has forgotten, from the disk. */
const stored = async ({ store }: Source, after: number, { kinds, node }: Wanted): Promise<Chunk> => {
  const head = await store.head()
  const where = node === undefined ? {} : { node }
  const entries = await store.entries({ after, limit: CHUNK, kinds: kinds ?? KINDS, ...where })
  const last = entries.at(-1)?.pos ?? after
  return { entries, upTo: entries.length < CHUNK ? Math.max(last, head.pos) : last }
}

const filterOf = ({ kinds, node }: Wanted): ((entry: Entry) => boolean) => {
  const set = kinds ? new Set(kinds) : null
  return (entry) => (set === null || set.has(entry.kind)) && (node === undefined || entry.node === node)
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
