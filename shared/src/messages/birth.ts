import * as Type from 'typebox'
import { CmdMessage } from './cmd.ts'
import { enveloped, orNull, Text } from './envelope.ts'

/** What the outbox still owes: everything of `session` below `from` is settled, as are sessions not listed. */
export const OwedSession = Type.Object({
  session: Type.Integer({ minimum: 1 }),
  from: Type.Integer({ minimum: 1 }),
})
export type OwedSession = Type.Static<typeof OwedSession>

/** Who the node is, after each connect and when asked. Topic: $birth, retained, QoS 1. */
export const BirthMessage = enveloped({
  connection: Type.Integer({ minimum: 1 }),
  agentVersion: Text,
  mode: Type.Union([Type.Literal('read-only'), Type.Literal('full')]),
  capabilities: Type.Array(Text, { maxItems: 64 }),
  /** Every verb that it knows, and what it lacks on this machine to do it. */
  verbs: Type.Array(Type.Object({ verb: Text, lacks: Type.Array(Text, { maxItems: 16 }) }), { maxItems: 64 }),
  cadenceMs: Type.Integer({ minimum: 100 }),
  states: Type.Array(Type.String({ maxLength: 320 }), { maxItems: 1024 }),
  owed: Type.Array(OwedSession, { maxItems: 256 }),
  /** The newest command that was obeyed, as it was signed: proof of a reign to a coordinator that forgot it. */
  newestCommand: orNull(CmdMessage),
})
export type BirthMessage = Type.Static<typeof BirthMessage>
