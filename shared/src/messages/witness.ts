import * as Type from 'typebox'
import { Rfc3339 } from './envelope.ts'

/** The end of the coordinator's journal at one time: a node keeps it, so that nobody can write another past unseen. */
export const Witness = Type.Object({
  position: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  /** sha256 of the chain up to there, hexadecimal. */
  hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  at: Rfc3339,
})
export type Witness = Type.Static<typeof Witness>
