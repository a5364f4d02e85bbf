import type { Entry, EntryKind } from '../../world/input.ts'
import type { HttpContext } from '../context.ts'

/** What a follower wants to see. */
export type Wanted = { readonly kinds: readonly EntryKind[] | undefined; readonly node: string | undefined }

const CHUNK = 500

/**
 * Hands over every entry after position `after`, first those of the past, then each as it comes: none twice, none left out.
 * Without `after` only what comes. Returns the way to stop.
 */
export const follow = (
  { stream, store }: Pick<HttpContext, 'stream' | 'store'>,
  {
    wanted,
    after,
    give,
  }: { readonly wanted: Wanted; readonly after: number | null; readonly give: (entry: Entry) => void },
): (() => void) => {
  let stopped = false
  let position = after
  const kinds = wanted.kinds ? new Set<EntryKind>(wanted.kinds) : null
  const giveOne = (entry: Entry): void => {
    if (stopped || (position !== null && entry.pos <= position)) return
    position = entry.pos
    if (
      (kinds === null || kinds.has(entry.kind)) &&
      (wanted.node === undefined || entry.node === wanted.node)
    )
      give(entry)
  }

  let leave: () => void = () => {}
  const goLive = (): void => {
    const missed = position === null ? [] : stream.since(position)
    if (missed === null) return void catchUp()
    for (const entry of missed) giveOne(entry)
    leave = stream.subscribe(giveOne)
  }

  /** What the stream has forgotten is read from the journal, until the stream remembers it. */
  const catchUp = async (): Promise<void> => {
    while (!stopped && position !== null && stream.since(position) === null) {
      const entries: Entry[] = await store.entries({ after: position, limit: CHUNK, kinds: ALL_KINDS })
      for (const entry of entries) giveOne(entry)
      if (entries.length === 0) break // pruned: what is gone is gone
    }
    if (stopped) return
    if (position !== null && stream.since(position) === null) position = null
    goLive()
  }

  goLive()
  return () => {
    stopped = true
    leave()
  }
}

const ALL_KINDS: readonly EntryKind[] = [
  'message',
  'numbers',
  'tick',
  'request',
  'decision',
  'step-started',
  'step-finished',
  'system',
]
