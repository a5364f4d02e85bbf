import type { EntryStream } from '../audit/stream.ts'
import type { EntryQuery, Store } from '../db/store.ts'
import type { Entry } from '../world/input.ts'

/** The journal as the API reads it: what is on the disk, and what is so new that only memory has it. */
export type Journal = Pick<Store, 'entry' | 'entries' | 'effectsOf'>

/** Reads `store`, and before it what `stream` still keeps: who was given an entry's id can ask for it at once. */
export const createJournal = (store: Journal, stream: Pick<EntryStream, 'newest'>): Journal => ({
  entry: async (wanted) => stream.newest().find(({ id }) => id === wanted) ?? store.entry(wanted),
  async entries(query) {
    const fresh = stream.newest().filter((entry) => isWanted(entry, query))
    const all = withoutDoubles([...(await store.entries(query)), ...fresh])
    all.sort((a, b) => (query.newestFirst ? b.pos - a.pos : a.pos - b.pos))
    return all.slice(0, query.limit)
  },
  async effectsOf(id, limit) {
    const fresh = stream.newest().filter(({ cause, kind }) => cause === id && kind !== 'numbers')
    const all = withoutDoubles([...(await store.effectsOf(id, limit)), ...fresh])
    return all.sort((a, b) => a.pos - b.pos).slice(0, limit)
  },
})

const isWanted = (entry: Entry, { after = 0, before = Infinity, kinds, node }: EntryQuery): boolean =>
  entry.pos > after &&
  entry.pos < before &&
  (kinds ? kinds.includes(entry.kind) : entry.kind !== 'numbers') &&
  (node === undefined || entry.node === node)

const withoutDoubles = (entries: readonly Entry[]): Entry[] => [
  ...new Map(entries.map((entry) => [entry.pos, entry])).values(),
]
