import * as Type from 'typebox'
import { NAME_PATTERN } from '../names.ts'

export const LANGUAGE_VERSION = 1

/** A UTC time as RFC 3339 with up to milliseconds. */
export const Rfc3339 = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z$',
  description: 'RFC 3339, UTC',
})

export const BootId = Type.String({ minLength: 1, maxLength: 64 })

/**
 * What every message of a node carries.
 * `session` counts the starts of this agent, on its disk; `seq` numbers what passes the outbox within a session and is
 * null on what doesn't ($state, $birth, backlog, res, have); `mono` is the boot-time clock (os.uptime(), milliseconds)
 * when the thing was seen, `sentMono` the same clock when the message left: receipt − (sentMono − mono) is the corrected
 * time of a reading within one boot.
 */
export const Envelope = Type.Object({
  v: Type.Literal(LANGUAGE_VERSION),
  site: Type.String({ pattern: NAME_PATTERN }),
  node: Type.String({ pattern: NAME_PATTERN }),
  boot: BootId,
  session: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  seq: Type.Union([Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), Type.Null()]),
  at: Rfc3339,
  mono: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  sentMono: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
})
export type Envelope = Type.Static<typeof Envelope>

/** The schema of a node's message: the envelope and `properties`. */
export const enveloped = <P extends Type.TProperties>(properties: P) =>
  Type.Object({ ...Envelope.properties, ...properties })

/** What every message of the coordinator carries: which site and reign it speaks for, and to whom. */
export const CoordinatorEnvelope = Type.Object({
  v: Type.Literal(LANGUAGE_VERSION),
  site: Type.String({ pattern: NAME_PATTERN }),
  node: Type.String({ pattern: NAME_PATTERN }),
  epoch: Type.Integer({ minimum: 1 }),
  /** Milliseconds since this epoch began, when the message was sent: agents judge the expiry of commands by it. */
  epochMs: Type.Integer({ minimum: 0 }),
  at: Rfc3339,
})
export type CoordinatorEnvelope = Type.Static<typeof CoordinatorEnvelope>

/** The schema of a coordinator's message: its envelope and `properties`. */
export const fromCoordinator = <P extends Type.TProperties>(properties: P) =>
  Type.Object({ ...CoordinatorEnvelope.properties, ...properties })

/** A value, or null for unknown: never 0, never a sentinel. */
export const orNull = <T extends Type.TSchema>(schema: T): Type.TUnion<[T, Type.TNull]> =>
  Type.Union([schema, Type.Null()])

/** Text of a device: bounded, so that nothing unbounded enters the journal. */
export const Text = Type.String({ maxLength: 256 })
