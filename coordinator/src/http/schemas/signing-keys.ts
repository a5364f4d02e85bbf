import * as Type from 'typebox'
import { orNull, Time } from './parts.ts'

/** What is shown of a signing key: its public half. */
export const SigningKeyView = Type.Object({
  key: Type.String({ description: 'the 32 bytes of an Ed25519 public key, in base64url' }),
  state: Type.Enum(['signs', 'prepared', 'retired']),
  since: orNull(Time),
})
