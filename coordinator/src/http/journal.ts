import type { EntryStream } from '../audit/stream.ts'
import type { EntryQuery, Store } from '../db/store.ts'
import type { Entry } from '../world/input.ts'

/** The journal as the API reads it: what is on the disk, and what is so new that only memory has it. */
export type Journal = Pick<Store, 'entry' | 'entries' | 'effectsOf'>

/** Numbers may be a minute on their way to the disk. */
const KEPT = 2048

/** Reads `store`, and before it what `stream` has said from now on: who was given an entry's id can ask for it at once. */
export const createJournal = (store: Journal, stream: EntryStream): Journal => {
  const recent = new Map<string, Entry>()
  stream.subscribe((entry) => {
    recent.set(entry.id, entry)
    if (recent.size > KEPT) recent.delete(recent.keys().next().value ?? '')
  })
  return {
    entry: async (id) => recent.get(id) ?? store.entry(id),
    async entries(query) {
      const fresh = [...recent.values()].filter((entry) => isWanted(entry, query))
      const all = withoutDoubles([...(await store.entries(query)), ...fresh])
      all.sort((a, b) => (query.newestFirst ? b.pos - a.pos : a.pos - b.pos))
      return all.slice(0, query.limit)
    },
    async effectsOf(id, limit) {
      const fresh = [...recent.values()].filter(({ cause, kind }) => cause === id && kind !== 'numbers')
      const all = withoutDoubles([...(await store.effectsOf(id, limit)), ...fresh])
      return all.sort((a, b) => a.pos - b.pos).slice(0, limit)
    },
  }
}

const isWanted = (entry: Entry, { after = 0, before = Infinity, kinds, node }: EntryQuery): boolean =>
  entry.pos > after &&
  entry.pos < before &&
  (kinds ? kinds.includes(entry.kind) : entry.kind !== 'numbers') &&
  (node === undefined || entry.node === node)

const withoutDoubles = (entries: readonly Entry[]): Entry[] => [
  ...new Map(entries.map((entry) => [entry.pos, entry])).values(),
]
