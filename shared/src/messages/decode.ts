import type { NodeTopic } from '../topics.ts'
import { parseTopic } from '../topics.ts'
import { BacklogMessage } from './backlog.ts'
import { BirthMessage } from './birth.ts'
import { eventMessage, type EventKind, type EventMessage, EVENTS, isEventKind } from './event.ts'
import { NodeStateMessage } from './node-state.ts'
import { ResMessage } from './res.ts'
import { isStateKind, type StateKind, type StateMessage, stateMessage, STATES } from './states.ts'
import { TmMessage } from './tm.ts'
import { HaveMessage, isWishKind, type WishKind, WISHES } from './want.ts'

/** Every reason for which a message of a node is not taken. */
export type DecodeFault =
  | 'unknown-topic'
  | 'too-large'
  | 'malformed-json'
  | 'unknown-kind'
  | 'wrong-type'
  | 'other-node'
  | 'other-version'

/** A message of a node, decoded and validated; the topic has agreed with it. */
export type NodeMessage =
  | { readonly kind: '$state'; readonly message: NodeStateMessage }
  | { readonly kind: '$birth'; readonly message: BirthMessage }
  | { readonly kind: 'tm'; readonly message: TmMessage }
  | { readonly kind: 'backlog'; readonly message: BacklogMessage }
  | { readonly kind: 'res'; readonly message: ResMessage }
  | { readonly kind: 'have'; readonly wish: WishKind; readonly message: HaveMessage }
  | { readonly kind: 'state'; readonly state: StateKind; readonly id: string; readonly message: StateMessage }
  | { readonly kind: 'event'; readonly event: EventKind; readonly message: EventMessage }

export type Decoded =
  | { readonly ok: true; readonly value: NodeMessage }
  | { readonly ok: false; readonly fault: DecodeFault; readonly detail: string }

/** Compiles a schema into a check; `explain` says the first thing that is wrong. */
export type CompiledSchema = { check(value: unknown): boolean; explain(value: unknown): string }
export type SchemaCompiler = (schema: object) => CompiledSchema

export type Decoder = (topic: string, value: unknown) => Decoded

/** Larger payloads are refused unread. */
export const MAX_PAYLOAD_BYTES = 262_144

const fault = (fault: DecodeFault, detail: string): Decoded => ({ ok: false, fault, detail })

/** Makes the decoder of everything nodes say: permissive about unknown fields, strict about known ones. Never throws. */
export const decoder = (compile: SchemaCompiler): Decoder => {
  const lookUp = schemaTable(compile)
  return (text, value) => {
    const topic = parseTopic(text)
    if (!topic) return fault('unknown-topic', text)
    const schema = lookUp(topic)
    if (!schema) return fault('unknown-kind', text)
    if ((value as { v?: unknown } | null)?.v !== 1) return fault('other-version', `v is not 1 in ${text}`)
    if (!schema.check(value)) return fault('wrong-type', schema.explain(value))
    const message = value as { node: string }
    if (message.node !== topic.node)
      return fault('other-node', `${message.node} spoke on the topic of ${topic.node}`)
    return { ok: true, value: { ...topic, message } as unknown as NodeMessage }
  }
}

const schemaTable = (compile: SchemaCompiler): ((topic: NodeTopic) => CompiledSchema | null) => {
  const bare = {
    $state: compile(NodeStateMessage),
    $birth: compile(BirthMessage),
    tm: compile(TmMessage),
    backlog: compile(BacklogMessage),
    res: compile(ResMessage),
  }
  const have = compile(HaveMessage)
  const states = mapValues(STATES, (kind) => compile(stateMessage(kind)))
  const events = mapValues(EVENTS, (kind) => compile(eventMessage(kind)))
  return (topic) => {
    switch (topic.kind) {
      case 'state':
        return isStateKind(topic.state) ? states[topic.state] : null
      case 'event':
        return isEventKind(topic.event) ? events[topic.event] : null
      case 'have':
        return isWishKind(topic.wish) && topic.wish in WISHES ? have : null
      case 'ack':
      case 'cmd':
      case 'lease':
      case 'want':
        return null // the coordinator's own: no node may say these
      default:
        return bare[topic.kind]
    }
  }
}

const mapValues = <K extends string, V>(from: Record<K, unknown>, make: (key: K) => V): Record<K, V> =>
  Object.fromEntries((Object.keys(from) as K[]).map((key) => [key, make(key)])) as Record<K, V>
