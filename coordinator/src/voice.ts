import { type CancelTimer, type Clock, type DurationMs, every, minutes } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { WishBody, WishKind } from '@infra-home/shared/messages/want.ts'
import { coordinatorStateTopic, formatTopic, parseTopic } from '@infra-home/shared/topics.ts'
import type { Bus } from './broker/bus.ts'
import { coordinatorState, wishOf } from './coordinator-words.ts'
import { type MacKey, withMac } from '@infra-home/shared/seal/mac.ts'
import type { SigningKeys } from './trust/signing-keys.ts'
import type { World } from './world/world.ts'

/** What the coordinator says, over whichever bus there is. */
export type Voice = {
  /** Resolves when the broker has it. */
  publish(topic: string, payload: string, retain?: boolean): Promise<void>
  /** The same for what is said again anyway: a failure is a line in the log. */
  tell(topic: string, payload: string, retain?: boolean): void
  /** Wants something lasting of `node` from now on; null takes it back. */
  wish<K extends WishKind>(node: string, kind: K, body: WishBody[K] | null): void
  /** Says everything lasting to one node again. */
  remind(node: string): void
  /** Says that we are here, now and at each heartbeat from now on, and everything lasting to everybody. */
  greet(): void
  /** What the broker says when we are gone. */
  will(): string
  /** Says good-bye; resolves when the broker has it or nobody can hear it. */
  leave(): Promise<void>
}

export type VoiceOptions = {
  readonly world: World
  readonly clock: Clock
  /** Null until there is one. */
  readonly bus: () => Bus | null
  /** What every node is wished from the start; null leaves them to their own configuration. */
  readonly cadence: WishBody['cadence'] | null
  /** How often we say that we are here; once a minute unless it is given. */
  readonly heartbeat?: DurationMs
  readonly signing: SigningKeys
  /** The key of a node's messages; null for one that has none, to whom nothing can be said. */
  readonly macKeyOf: (node: string) => MacKey | null
  readonly log: Log
}

/** Agents that raise the alarm when we are silent hear this, whatever they say themselves and however our disk fares. */
const HEARTBEAT = minutes(1)

type Wish = { readonly generation: number; readonly body: WishBody[WishKind] | null }

export const createVoice = (options: VoiceOptions): Voice => {
  const { world, clock, bus, cadence, heartbeat = HEARTBEAT, signing, macKeyOf, log } = options
  const wishes = new Map<string, Map<WishKind, Wish>>()
  let stopSaying: CancelTimer | null = null

  const publish: Voice['publish'] = async (topic, payload, retain = false) => {
    const current = bus()
    if (!current) throw new Error('no broker yet')
    await current.publish(topic, sealedFor(topic, payload, macKeyOf), { qos: 1, retain })
  }
  const presence = (state: 'online' | 'offline'): string =>
    JSON.stringify(signing.sign(coordinatorState(world, clock, state)))

  const tell: Voice['tell'] = (topic, payload, retain) => {
    publish(topic, payload, retain).catch((error: unknown) =>
      log('warn', 'could not publish', { topic, error: describeError(error) }),
    )
  }

  const sayAgain = (): void => {
    if (world.deposedBy !== null) return
    publish(coordinatorStateTopic, presence('online'), true).catch(() => {}) // there is another soon
  }

  const wishesOf = (node: string): Map<WishKind, Wish> => {
    const known = wishes.get(node)
    if (known) return known
    const first = new Map<WishKind, Wish>([
      ['keys', { generation: 1, body: signing.succession() }],
      ['cadence', { generation: 1, body: cadence }],
    ])
    wishes.set(node, first)
    return first
  }

  /** To a node that has no key nothing can be said yet: it is reminded at its birth. */
  const say = (node: string, kind: WishKind, wish: Wish): void => {
    if (!macKeyOf(node)) return
    tell(
      formatTopic({ node, kind: 'want', wish: kind }),
      JSON.stringify(signing.sign(wishOf(world, node, wish))),
      true,
    )
  }

  const remind = (node: string): void => {
    for (const [kind, wish] of wishesOf(node)) say(node, kind, wish)
  }

  return {
    publish,
    tell,
    remind,
    wish(node, kind, body) {
      const ofNode = wishesOf(node)
      // A new reign counts anew: its first generation is newer than all of the reigns before.
      const wish: Wish = { generation: (ofNode.get(kind)?.generation ?? 0) + 1, body }
      ofNode.set(kind, wish)
      say(node, kind, wish)
    },
    greet() {
      tell(coordinatorStateTopic, presence('online'), true)
      stopSaying ??= every(clock, heartbeat, sayAgain)
      for (const node of new Set([...Object.keys(world.nodes), ...wishes.keys()])) remind(node)
    },
    will: () => presence('offline'),
    leave() {
      stopSaying?.()
      return publish(coordinatorStateTopic, presence('offline'), true).catch(() => {})
    },
  }
}

/** Words to one node get a MAC with its key; words to everybody are signed and have none. */
const sealedFor = (topic: string, payload: string, macKeyOf: VoiceOptions['macKeyOf']): string => {
  const node = parseTopic(topic)?.node
  if (node === undefined) return payload
  const key = macKeyOf(node)
  if (!key) throw new Error(`${node} has no key: it is not enrolled`)
  return withMac(key, topic, payload)
}
