import { type Entry, parseEntry } from '../audit/entry.ts'
import { toRuns } from '../audit/run.ts'
import type { Call } from './engine.ts'
import type { Store } from './store.ts'

/** A store over an engine, wherever that runs: texts become entries on this side. */
export const storeOver = (call: Call, own: Pick<Store, 'backup' | 'close'>): Store => ({
  append: async (entries) => call('append', toRuns(entries)),
  head: () => call('head'),
  async entry(id) {
    const text = await call('entry', id)
    return text === null ? null : parseEntry(text)
  },
  entries: async (query) => (await call('entries', query)).map(parseEntry),
  effectsOf: async (id, limit) => (await call('effectsOf', id, limit)).map(parseEntry),
  tail: (after) => tail(call, after),
  hashAt: (pos) => call('hashAt', pos),
  verify: () => call('verify'),
  takeEpoch: (above) => call('takeEpoch', above),
  saveSnapshot: (snapshot) => call('saveSnapshot', snapshot),
  newestSnapshot: () => call('newestSnapshot'),
  rollUp: (upTo) => call('rollUp', upTo),
  series: (query) => call('series', query),
  prune: (now) => call('prune', now),
  sizes: () => call('sizes'),
  get: (key) => call('get', key),
  set: (key, value) => call('set', key, value),
  ...own,
})

async function* tail(call: Call, after: number): AsyncGenerator<Entry> {
  let position = after
  for (;;) {
    const texts = await call('chunk', position)
    if (texts.length === 0) return
    for (const text of texts) {
      const entry = parseEntry(text)
      position = entry.pos
      yield entry
    }
  }
}
