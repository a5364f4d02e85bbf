import type { Store } from './db/store.ts'
import { reduce } from './world/reduce.ts'
import { SNAPSHOT_VERSION, type Snapshot } from './world/snapshot.ts'
import type { Entry } from './world/input.ts'
import type { ClockMark } from './site-clock.ts'
import { adoptPlan } from './world/plan.ts'
import { emptyWorld, type World } from './world/world.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'

/** What a start remembers: the world as it was when the last one ended, and where its clock stood. */
export type Memory = { readonly world: World; readonly clock: ClockMark | null; readonly replayed: number }

/**
 * Brings the world back: the newest snapshot plus the journal's tail, through the same `reduce` that made it. A snapshot of
 * another version is not believed; the journal is.
 */
export const remember = async (
  store: Pick<Store, 'newestSnapshot' | 'tail'>,
  site: string,
  topology: Topology | null,
): Promise<Memory> => {
  const saved = await store.newestSnapshot()
  const snapshot = saved ? (JSON.parse(saved.state) as Snapshot) : null
  const usable = snapshot?.version === SNAPSHOT_VERSION && snapshot.world.site === site ? snapshot : null
  const world = usable?.world ?? emptyWorld(site, topology)
  let clock = usable?.clock ?? null
  let replayed = 0
  for await (const entry of store.tail(world.position)) {
    reduce(world, entry)
    clock = markOf(entry, clock)
    replayed++
  }
  adoptPlan(world, topology)
  return { world, clock, replayed }
}

/** A start says which boot of the machine it belongs to; later entries carry the clock on. */
const markOf = (entry: Entry, old: ClockMark | null): ClockMark | null => {
  if (entry.kind === 'system' && entry.body.event === 'started')
    return { mono: entry.mono, machineMono: entry.body.machineMono, boot: entry.body.boot }
  return old ? { ...old, mono: entry.mono, machineMono: old.machineMono + (entry.mono - old.mono) } : null
}
