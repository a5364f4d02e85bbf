import * as Type from 'typebox'
import { ULID_PATTERN } from '../ulid.ts'
import { REPAIR_DEEDS } from '../wan/repair.ts'
import { AlarmEvent } from './alarm.ts'
import { type Envelope, enveloped, orNull, Text } from './envelope.ts'
import { literals } from './literals.ts'
import { PathCause } from './path.ts'
import { SwitchedEvent } from './wan.ts'

const seqNumber = Type.Integer({ minimum: 1 })

/** Every kind of event that a node tells, and its body. */
export const EVENTS = {
  /** These sequence numbers will never come: the outbox had to drop them, or found them broken. */
  gap: Type.Object({
    session: seqNumber,
    from: seqNumber,
    to: seqNumber,
    reason: literals('full', 'corrupt', 'disk', 'refused'),
  }),
  /** The wall clock moved by this much against the monotonic one. */
  'clock-step': Type.Object({ byMs: Type.Integer() }),
  /** The wall clock is ahead of the coordinator's by this much, or behind it. Once a boot: nothing is refused for it. */
  'clock-wrong': Type.Object({ byMs: Type.Integer() }),
  /** From now on these people's signatures approve here; `after` is the list that counted until then, 0 for none. */
  approvers: Type.Object({
    list: seqNumber,
    after: Type.Integer({ minimum: 0 }),
    hash: Text,
    names: Type.Array(Text),
  }),
  /** Traffic went to another uplink, or should have. */
  switched: SwitchedEvent,
  /** Something was done to bring a dead uplink back. */
  repair: Type.Object({
    uplink: Text,
    step: literals(...REPAIR_DEEDS),
    cause: orNull(PathCause),
    round: seqNumber,
    ok: Type.Boolean(),
    error: orNull(Text),
    tookMs: Type.Integer({ minimum: 0 }),
  }),
  /** Somebody else changed rules, routes or a ruleset of ours. */
  drift: Type.Object({ changes: Type.Array(Text, { maxItems: 64 }), repaired: Type.Boolean() }),
  /** The coordinator was silent, and people were told so by the agent itself. */
  alarm: AlarmEvent,
  /** A command or a wish was not obeyed. */
  refused: Type.Object({ id: Text, verb: Text, reason: Text }),
} as const

export type EventKind = keyof typeof EVENTS
export type EventBody = { [K in EventKind]: Type.Static<(typeof EVENTS)[K]> }
export const isEventKind = (kind: string): kind is EventKind => Object.hasOwn(EVENTS, kind)

/** Something that happened once. Topic: event/<kind>, QoS 1. */
export const eventMessage = <K extends EventKind>(kind: K) =>
  enveloped({ id: Type.String({ pattern: ULID_PATTERN }), body: EVENTS[kind] })
export type EventMessage<K extends EventKind = EventKind> = Envelope & {
  readonly id: string
  readonly body: EventBody[K]
}
