import type { Instant } from '@infra-home/shared/clock.ts'
import { decoder, MAX_PAYLOAD_BYTES, type NodeMessage } from '@infra-home/shared/messages/decode.ts'
import type { BacklogMessage } from '@infra-home/shared/messages/backlog.ts'
import type { Envelope } from '@infra-home/shared/messages/envelope.ts'
import { type MacKey, macFault, withoutMac } from '@infra-home/shared/seal/mac.ts'
import type { Draft } from '../mind.ts'
import type { Seen } from '../world/node.ts'
import { staleness } from '../world/order.ts'
import type { World } from '../world/world.ts'
import { compileSchema } from './compile.ts'
import { crowding } from './crowding.ts'
import type { Rejected, RejectReason } from './rejected.ts'
import { whenKept, whenSeen } from './seen.ts'

/** What a broker handed over. */
export type Arrival = {
  readonly topic: string
  readonly payload: Uint8Array
  readonly retained: boolean
  /** The identity that the broker authenticated; null where an external broker's ACL vouches for the topic. */
  readonly client: string | null
}

export type IngestOptions = {
  readonly world: World
  readonly now: () => Instant
  /** True for a node that may speak here at all. */
  readonly knows: (node: string) => boolean
  /** The key of a node's messages; null for one that has none and whose messages cannot be authentic. */
  readonly macKeyOf: (node: string) => MacKey | null
  readonly accept: (draft: Draft<'message' | 'numbers'>) => void
  /** Something came again that is here already: its acknowledgement was lost, or is still on its way. */
  readonly repeated: (said: Envelope) => void
  readonly reject: (rejected: Rejected) => void
}

/** How old a message may be at the most, by its own monotonic clock: what a device may have stored. */
const OLDEST_MS = 400 * 86_400_000

/**
 * The only room that trusts nothing: whatever arrives becomes an entry's draft or a rejection with its reason. Never
 * throws.
 */
export const createIngest = ({
  world,
  now,
  knows,
  macKeyOf,
  accept,
  repeated,
  reject,
}: IngestOptions): ((arrival: Arrival) => void) => {
  const decode = decoder(compileSchema)

  const refuse = (arrival: Arrival, reason: RejectReason, detail: string, node: string | null = null): void =>
    reject({ reason, detail, topic: arrival.topic.slice(0, 256), node })

  const takeNumbered = (
    said: Exclude<NodeMessage, { kind: 'backlog' }>,
    carrier: Envelope,
    arrival: Arrival,
  ): void => {
    const { message } = said
    const fault = timeFault(message, carrier)
    if (fault)
      return refuse(arrival, fault, `mono ${message.mono}, sentMono ${carrier.sentMono}`, message.node)
    const node = world.nodes[message.node]
    const stale = node ? staleness(node, said) : null
    if (stale) {
      repeated(message)
      return refuse(arrival, stale, `session ${message.session}, seq ${message.seq}`, message.node)
    }
    const crowd = node ? crowding(node, said) : null
    if (crowd) return refuse(arrival, crowd, `${said.kind} of ${message.node}`, message.node)
    const received = now()
    if (arrival.retained) {
      const seen = whenKept(message, received, node?.clockOffsetMs ?? null)
      return accept(kept(toDraft(said, seen)))
    }
    accept(toDraft(said, whenSeen(message, carrier, received)))
  }

  const takeBacklog = (message: BacklogMessage, arrival: Arrival): void => {
    if (message.entries.length === 0) refuse(arrival, 'backlog-empty', 'nothing is in it', message.node)
    for (const { topic, message: inner } of message.entries) {
      const decoded = decode(topic, inner)
      if (!decoded.ok) refuse(arrival, decoded.fault, decoded.detail, message.node)
      else if (decoded.value.kind === 'backlog') refuse(arrival, 'backlog-nested', topic, message.node)
      else if (decoded.value.message.node !== message.node)
        refuse(
          arrival,
          'other-node',
          `${decoded.value.message.node} in the backlog of ${message.node}`,
          message.node,
        )
      else takeNumbered(decoded.value, message, arrival)
    }
  }

  return (arrival) => {
    if (arrival.payload.length === 0) return // a retained message was cleared
    if (arrival.payload.length > MAX_PAYLOAD_BYTES)
      return refuse(arrival, 'too-large', `${arrival.payload.length} bytes, ${MAX_PAYLOAD_BYTES} are allowed`)
    const value = parseJson(arrival.payload)
    if (value === undefined) return refuse(arrival, 'malformed-json', `${arrival.payload.length} bytes`)
    const decoded = decode(arrival.topic, value)
    if (!decoded.ok) return refuse(arrival, decoded.fault, decoded.detail)
    const { message } = decoded.value
    if (arrival.client !== null && arrival.client !== message.node)
      return refuse(
        arrival,
        'forged-node',
        `client ${arrival.client} spoke as ${message.node}`,
        arrival.client,
      )
    if (message.site !== world.site)
      return refuse(arrival, 'other-site', `site ${message.site}, here is ${world.site}`, message.node)
    if (!knows(message.node)) return refuse(arrival, 'unknown-node', message.node)
    const key = macKeyOf(message.node)
    const fault = key === null ? 'no-mac' : macFault(key, arrival.topic, arrival.payload)
    if (fault) return refuse(arrival, fault, `in the name of ${message.node}`, message.node)
    if (arrival.retained && !RETAINED_KINDS.has(decoded.value.kind))
      return refuse(arrival, 'retained-rubbish', `${decoded.value.kind} is never retained`, message.node)
    if (decoded.value.kind === 'backlog') return takeBacklog(decoded.value.message, arrival)
    takeNumbered(decoded.value, message, arrival)
  }
}

const RETAINED_KINDS: ReadonlySet<NodeMessage['kind']> = new Set(['$state', '$birth', 'state', 'have'])

const parseJson = (payload: Uint8Array): unknown => {
  try {
    const text = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8')
    return JSON.parse(withoutMac(text))
  } catch {
    return undefined // malformed: counted by the caller
  }
}

const timeFault = (message: Envelope, carrier: Envelope): RejectReason | null => {
  if (message.boot !== carrier.boot) return null
  const ago = carrier.sentMono - message.mono
  if (ago < 0) return 'time-order'
  return ago > OLDEST_MS ? 'time-ancient' : null
}

/** Marks what a broker had kept: it says what is so, and not that its node is there. */
const kept = (draft: Draft<'message' | 'numbers'>): Draft<'message' | 'numbers'> =>
  draft.kind === 'message' ? { ...draft, body: { ...draft.body, retained: true } } : draft

const toDraft = (
  said: Exclude<NodeMessage, { kind: 'backlog' }>,
  seen: Seen,
): Draft<'message' | 'numbers'> => {
  const { node } = said.message
  return said.kind === 'tm'
    ? { kind: 'numbers', node, body: { seen, message: said.message } }
    : { kind: 'message', node, body: { seen, said } }
}
