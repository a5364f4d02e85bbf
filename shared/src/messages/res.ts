import * as Type from 'typebox'
import { enveloped, orNull, Text } from './envelope.ts'
import { literals } from './literals.ts'

export const Refusal = literals(
  'unknown-verb',
  'unsigned',
  'altered',
  'expired',
  'replayed',
  'wrong-node',
  'wrong-boot',
  'older',
  'other-approvers',
  'unapproved',
  'malformed',
  'lacks-right',
  'failed',
  // Of send-sms: the owner allows none, no modem of that name, one that cannot, a number or a day's worth that the owner does not
  // allow, begun and never ended.
  'sms-off',
  'no-such-modem',
  'unable',
  'not-allowed',
  'too-many',
  'interrupted',
)
export type Refusal = Type.Static<typeof Refusal>

/** What became of a command. Topic: res/<command id>, QoS 1. */
export const ResMessage = enveloped({
  command: Text,
  outcome: literals('done', 'refused'),
  reason: orNull(Refusal),
  /** What more is known of a refusal, for people: the modem's own error, say. */
  detail: Type.Optional(orNull(Text)),
})
export type ResMessage = Type.Static<typeof ResMessage>
