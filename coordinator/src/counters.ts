/** Counts that only go up, by name and one label; what /metrics and the status page show of the coordinator itself. */
export type Counters = {
  add(name: CounterName, label: string, n?: number): void
  /** Label → count. */
  read(name: CounterName): Readonly<Record<string, number>>
}

/** accepted, or the reason of a rejection · refusals at the broker · journal writes that failed · delivery attempts · wrong tokens */
export type CounterName = 'ingest' | 'refused' | 'journal' | 'deliveries' | 'tokens'

/** More labels than this would be an attack on memory, not a count. */
const MOST_LABELS = 64

export const createCounters = (): Counters => {
  const counts: Record<CounterName, Map<string, number>> = {
    ingest: new Map(),
    refused: new Map(),
    journal: new Map(),
    deliveries: new Map(),
    tokens: new Map(),
  }
  return {
    add(name, label, n = 1) {
      const map = counts[name]
      const key = map.has(label) || map.size < MOST_LABELS ? label : 'other'
      map.set(key, (map.get(key) ?? 0) + n)
    },
    read: (name) => Object.fromEntries(counts[name]),
  }
}
