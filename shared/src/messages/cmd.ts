import * as Type from 'typebox'
import { Name } from '../names.ts'
import { ULID_PATTERN } from '../ulid.ts'
import { BootId, orNull } from './envelope.ts'
import { literals } from './literals.ts'

/** Every verb that an agent knows: a closed set. */
export const Verb = literals('rebirth', 'switch-uplink', 'tether', 'send-sms')
export type Verb = Type.Static<typeof Verb>

/**
 * A command to one node. Times are milliseconds since the epoch (the coordinator's reign) began, never wall time; expiry
 * is judged by the agent's own monotonic clock. `signature` is Ed25519 over the RFC 8785 form of the rest.
 * Topic: cmd/<verb>, QoS 1, never retained.
 */
export const CmdMessage = Type.Object({
  id: Type.String({ pattern: ULID_PATTERN }),
  site: Name,
  node: Name,
  boot: BootId,
  epoch: Type.Integer({ minimum: 1 }),
  generation: Type.Integer({ minimum: 1 }),
  issuedAt: Type.Integer({ minimum: 0 }),
  expiresAt: Type.Integer({ minimum: 0 }),
  verb: Verb,
  args: Type.Record(Type.String(), Type.Unknown()),
  signature: orNull(Type.String()),
})
export type CmdMessage = Type.Static<typeof CmdMessage>
