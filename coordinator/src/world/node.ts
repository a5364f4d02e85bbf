import type { MonoMs, WallMs } from '@infra-home/shared/clock.ts'
import type { BirthMessage } from '@infra-home/shared/messages/birth.ts'
import type { Presence } from '@infra-home/shared/messages/node-state.ts'
import type { StateBody, StateKey, StateKind } from '@infra-home/shared/messages/states.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import type { Verb } from '@infra-home/shared/messages/cmd.ts'
import type { ClockHeard } from './clock-heard.ts'
import type { SeqSet } from '@infra-home/shared/seq-set.ts'
import type { Track } from './track.ts'

/** When something was seen: on the coordinator's two clocks, corrected for its way here. */
export type Seen = {
  readonly wall: WallMs
  readonly mono: MonoMs
  /** False: the device was of another boot by the time it told, so its own wall clock had to be believed. */
  readonly corrected: boolean
}

/** Where a message stands in what a node said: by session, then by number. */
export type Order = { readonly session: number; readonly seq: number }

export const isAfter = (a: Order, b: Order): boolean =>
  a.session > b.session || (a.session === b.session && a.seq > b.seq)

/** The newest that is known of one state, and which entry said so. */
export type StateFact<K extends StateKind = StateKind> = {
  readonly body: StateBody[K]
  readonly seen: Seen
  /** When the body last became different. */
  readonly changed: Seen
  readonly by: string
} & Order

/** The newest numbers of one thing, and those before, for rates. */
export type NumbersFact = {
  readonly values: Numbers
  readonly seen: Seen
  readonly by: string
  readonly before: { readonly values: Numbers; readonly seen: Seen } | null
} & Order

/** Bytes of a billing month as a modem last counted them, and which entry said so. */
export type MonthCountFact = { readonly bytes: number; readonly seen: Seen; readonly by: string }

/** How a node stands with us: what it says, how long it has been silent, and whether it may speak at all. */
export const NODE_PRESENCES = ['never-seen', 'online', 'sleeping', 'late', 'lost', 'revoked'] as const
export type NodePresence = (typeof NODE_PRESENCES)[number]

/** What is remembered of a birth. */
type Born = Pick<
  BirthMessage,
  'agentVersion' | 'mode' | 'capabilities' | 'cadenceMs' | 'states' | 'newestCommand'
>

export const bornIn = ({
  agentVersion,
  mode,
  capabilities,
  cadenceMs,
  states,
  newestCommand,
}: BirthMessage): Born => ({ agentVersion, mode, capabilities, cadenceMs, states, newestCommand })

export type NodeWorld = {
  readonly name: string
  /** In the plan. */
  planned: boolean
  /** A host of the plan: unlike a phone, it is not meant to sleep. */
  alwaysOn: boolean
  boot: string | null
  session: number
  connection: number
  said: Presence | null
  birth: Born | null
  lastSeen: Seen | null
  lastBy: string | null
  /** sentMono of the newest $birth and $state, which carry no number. */
  unnumbered: { birth: number; state: number }
  /** The device's wall clock minus ours, milliseconds; null before it spoke. */
  clockOffsetMs: number | null
  /** The same, but for messages that were held up on their way; null before it spoke. */
  clock: ClockHeard | null
  /** The last presence that was decided on. */
  presence: NodePresence
  /** When it said good-bye; null while it is awake. */
  sleepingSince: Pick<Seen, 'wall' | 'mono'> | null
  /** What has been received, by session; sessions that the node no longer owes are gone. */
  received: Record<number, SeqSet>
  /** Since when numbers are missing in between. */
  gapSince: MonoMs | null
  /** Since when it speaks without having said who it is. */
  unbornSince: MonoMs | null
  askedRebirthAt: MonoMs | null
  generations: Partial<Record<Verb, number>>
  states: Record<StateKey, StateFact>
  /** States that were said to be gone, so that an older message does not bring them back. */
  gone: Record<StateKey, Order>
  numbers: Record<StateKey, NumbersFact>
  /** How what is watched came to be what it is, by thing and watch. */
  tracks: Record<StateKey, Record<string, Track>>
  /** Of each modem that ever told one: what it does not tell now is not unknown for that. */
  monthCounts: Record<StateKey, MonthCountFact>
}

export const newNode = (name: string, planned: boolean, alwaysOn = false): NodeWorld => ({
  name,
  planned,
  alwaysOn,
  boot: null,
  session: 0,
  connection: 0,
  said: null,
  birth: null,
  lastSeen: null,
  lastBy: null,
  unnumbered: { birth: 0, state: 0 },
  clockOffsetMs: null,
  clock: null,
  presence: 'never-seen',
  sleepingSince: null,
  received: {},
  gapSince: null,
  unbornSince: null,
  askedRebirthAt: null,
  generations: {},
  states: {},
  gone: {},
  numbers: {},
  tracks: {},
  monthCounts: {},
})

/** The fact of `kind/id`, typed. */
export const stateOf = <K extends StateKind>(node: NodeWorld, kind: K, id: string): StateFact<K> | null =>
  (node.states[`${kind}/${id}`] as StateFact<K> | undefined) ?? null

/** Every fact of `kind` with its id, in order of id. */
export const statesOf = <K extends StateKind>(
  { states }: NodeWorld,
  kind: K,
): [id: string, fact: StateFact<K>][] => {
  const facts: [string, StateFact<K>][] = []
  const prefix = `${kind}/`
  for (const key in states)
    if (key.startsWith(prefix))
      facts.push([key.slice(prefix.length), states[key as StateKey] as StateFact<K>])
  return facts.length > 1 ? facts.sort(([a], [b]) => byNumber.compare(a, b)) : facts
}

/** Made once: a comparison that makes its own is a hundred times as dear. */
const byNumber = new Intl.Collator('en', { numeric: true })
