import { isDeepStrictEqual } from 'node:util'
import { replay } from '@infra-home/coordinator/audit/replay.ts'
import type { EntryView } from '@infra-home/coordinator/http/views/entries.ts'
import { explain } from '@infra-home/coordinator/http/views/explain.ts'
import { remember } from '@infra-home/coordinator/memory.ts'
import type { Entry } from '@infra-home/coordinator/world/input.ts'
import { reduce } from '@infra-home/coordinator/world/reduce.ts'
import { emptyWorld, type World } from '@infra-home/coordinator/world/world.ts'
import { addSeq, EMPTY_SEQ_SET, missingRanges, type SeqSet } from '@infra-home/shared/seq-set.ts'
import type { House } from './house.ts'
import { acceptedKey } from './witness.ts'

/** A world as a snapshot would carry it. */
const plain = (world: World): unknown => JSON.parse(JSON.stringify(world))

const numberedKey = (entry: Entry): string | null => {
  if (entry.kind !== 'message' && entry.kind !== 'numbers') return null
  const { node, session, seq } = entry.kind === 'numbers' ? entry.body.message : entry.body.said.message
  return seq === null ? null : acceptedKey(node, session, seq)
}

/** What is not there exactly once: accepted by an outbox and missing from the journal, or in it more than once. */
export const notOnce = (house: House, journal: readonly Entry[]): string[] => {
  const counts = new Map<string, number>()
  for (const entry of journal) {
    const key = numberedKey(entry)
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const missing = [...house.accepted].filter(([key]) => !counts.has(key))
  const repeated = [...counts].filter(([, count]) => count > 1)
  return [
    ...missing.map(([key, { topic, at }]) => `${key} ${topic} of ${at} is missing`),
    ...repeated.map(([key, count]) => `${key} is there ${count} times`),
  ]
}

/**
 * Numbers between others that are neither in the journal nor told as lost, of the session that each node runs: one that was
 * killed may take readings with it that were only in its memory.
 */
export const holes = ({ topology }: House, journal: readonly Entry[]): string[] => {
  const world = emptyWorld(topology.site, topology)
  for (const entry of journal) reduce(world, entry)
  const sets = new Map<string, SeqSet>()
  const add = (session: string, seq: number): void =>
    void sets.set(session, addSeq(sets.get(session) ?? EMPTY_SEQ_SET, seq))
  for (const entry of journal) {
    const [node, session, seq] = numberedKey(entry)?.split('/') ?? []
    if (seq !== undefined) add(`${node}/${session}`, Number(seq))
    for (const lost of toldAsLost(entry)) add(`${node}/${lost.session}`, lost.seq)
  }
  return Object.values(world.nodes).flatMap(({ name, session }) =>
    missingRanges(sets.get(`${name}/${session}`) ?? EMPTY_SEQ_SET).map(
      ([from, to]) => `${name}/${session} lacks ${from}…${to}`,
    ),
  )
}

const toldAsLost = (entry: Entry): { readonly session: number; readonly seq: number }[] => {
  if (entry.kind !== 'message' || entry.body.said.kind !== 'event' || entry.body.said.event !== 'gap')
    return []
  const { session, from, to } = entry.body.said.message.body as { session: number; from: number; to: number }
  return Array.from({ length: to - from + 1 }, (_, i) => ({ session, seq: from + i }))
}

/** Where the pure functions, fed with the journal, come to another end than the coordinator did. */
export const replayFaults = (house: House, journal: readonly Entry[], world: World): unknown[] => {
  const again = emptyWorld(house.topology.site, house.topology)
  const difference = replay(again, journal, house.params)
  if (difference) return [difference]
  return isDeepStrictEqual(plain(again), plain(world)) ? [] : ['another world']
}

/** How a start would remember another world than the one that ended: with the newest snapshot, and from the journal alone. */
export const forgotten = async ({ store, topology }: House, world: World): Promise<string[]> => {
  const bare = { newestSnapshot: async () => null, tail: (after: number) => store.tail(after) }
  const ways = { 'with a snapshot': store, 'from the journal': bare }
  const found = await Promise.all(
    Object.entries(ways).map(async ([way, from]) => {
      const memory = await remember(from, topology.site, topology)
      return isDeepStrictEqual(plain(memory.world), plain(world)) ? [] : [way]
    }),
  )
  return found.flat()
}

/** Alerts that fired and whose explanation leads to nothing that a node said, or the coordinator found out about itself. */
export const unexplained = async ({ store }: House, journal: readonly Entry[]): Promise<string[]> => {
  const found: string[] = []
  for (const entry of journal) {
    if (entry.kind !== 'decision' || entry.body.policy !== 'alerts' || entry.body.reason !== 'fired') continue
    const why = await explain(store, entry.id)
    const readings = [...(why?.causes ?? []), ...(why?.evidence ?? [])].filter(isFinding)
    if (readings.length === 0) found.push(`${entry.pos} ${entry.body.key}`)
  }
  return found
}

const OWN_FINDINGS: ReadonlySet<string> = new Set(['self', 'newest-backup'])

const isFinding = ({ kind, body }: EntryView): boolean =>
  kind === 'message' ||
  kind === 'numbers' ||
  (kind === 'system' && 'event' in body && OWN_FINDINGS.has(body.event))

type Numbered = Extract<Entry, { kind: 'message' | 'numbers' }>

const messageOf = (entry: Numbered) =>
  entry.kind === 'numbers' ? entry.body.message : entry.body.said.message

const LATE_MS = 60_000

/** What came long after it was seen, between two times, and not from a broker's memory. */
export const late = (journal: readonly Entry[], from: string, to: string): Numbered[] =>
  journal
    .filter(({ at }) => from <= at && at < to)
    .filter((entry): entry is Numbered => numberedKey(entry) !== null)
    .filter(({ at, body }) => Date.parse(at) - body.seen.wall > LATE_MS)
    .filter((entry) => entry.kind === 'numbers' || entry.body.retained !== true)

/** How far a time may be off: the way here and rounding. */
const WAY_MS = 100

/** What came in another order than its node saw it, or with another time. */
export const misplaced = (house: House, entries: readonly Numbered[]): string[] => {
  const last = new Map<string, number>()
  const wrong: string[] = []
  for (const entry of entries) {
    const { node, session, seq, mono, boot } = messageOf(entry)
    if ((seq ?? 0) <= (last.get(node) ?? 0)) wrong.push(`${node}/${session}/${seq} is out of order`)
    last.set(node, seq ?? 0)
    const off = entry.body.seen.wall - truth(house, { node, boot, mono })
    if (Math.abs(off) > WAY_MS) wrong.push(`${node}/${session}/${seq} is off by ${off} ms`)
  }
  return wrong
}

/** When a device's clock showed `mono`, by the coordinator's wall clock. */
const truth = (house: House, { node, boot, mono }: { node: string; boot: string; mono: number }): number =>
  (house.device(node).boots.get(boot) ?? NaN) + mono + house.wallAtStart

/** Messages to people that did not get out. */
export const untold = (world: World): unknown[] =>
  Object.values(world.deliveries).filter(({ status }) => status !== 'sent')
