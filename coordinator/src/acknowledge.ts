import { type CancelTimer, type Clock, rfc3339, seconds } from '@infra-home/shared/clock.ts'
import type { AckMessage } from '@infra-home/shared/messages/ack.ts'
import { LANGUAGE_VERSION } from '@infra-home/shared/messages/envelope.ts'
import { formatTopic } from '@infra-home/shared/topics.ts'
import type { Entry } from './world/input.ts'
import { type Received, receiveEntry } from './world/received.ts'
import type { World } from './world/world.ts'

/** Acknowledgements of a second go out together: a node is in no hurry, it keeps what it sent. */
const TOGETHER = seconds(1)
/** A range more than this in one acknowledgement waits for the next. */
const MOST_RANGES = 1024

export type Acknowledger = {
  /** These entries are on the disk. */
  committed(entries: readonly Entry[]): void
  /** A node sent again what is here: perhaps our acknowledgement did not reach it. */
  repeated(node: string, session: number): void
  stop(): void
}

/** Tells nodes what of theirs is on our disk, and nothing that is not. */
export const createAcknowledger = (options: {
  readonly world: World
  readonly clock: Clock
  readonly publish: (topic: string, payload: string) => void
}): Acknowledger => {
  const { world, clock, publish } = options
  const committed = new Map<string, Received>(
    Object.values(world.nodes).map((node) => [node.name, structuredClone(node.received)]),
  )
  const dirty = new Map<string, Set<number>>()
  let cancel: CancelTimer | null = null

  const mark = (node: string, session: number): void => {
    const sessions = dirty.get(node) ?? new Set()
    dirty.set(node, sessions.add(session))
    cancel ??= clock.after(TOGETHER, send)
  }

  const send = (): void => {
    cancel = null
    for (const [node, sessions] of dirty) for (const session of sessions) tell(node, session)
    dirty.clear()
  }

  const tell = (node: string, session: number): void => {
    const set = committed.get(node)?.[session]
    const boot = world.nodes[node]?.boot
    if (!set || !boot) return
    const ack: AckMessage = {
      v: LANGUAGE_VERSION,
      site: world.site,
      node,
      epoch: world.epoch,
      epochMs: Math.max(0, clock.now().mono - world.listeningSince),
      at: rfc3339(clock.now().wall),
      boot,
      session,
      upTo: set.upTo,
      above: set.above.slice(0, MOST_RANGES) as [number, number][],
    }
    publish(formatTopic({ node, kind: 'ack' }), JSON.stringify(ack))
  }

  return {
    committed(entries) {
      for (const entry of entries) {
        if ((entry.kind !== 'message' && entry.kind !== 'numbers') || entry.node === null) continue
        committed.set(entry.node, receiveEntry(committed.get(entry.node) ?? {}, entry))
        const { message } = entry.kind === 'numbers' ? entry.body : entry.body.said
        mark(entry.node, message.session)
      }
    },
    repeated: mark,
    stop: () => cancel?.(),
  }
}
