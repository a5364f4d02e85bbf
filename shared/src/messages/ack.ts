import * as Type from 'typebox'
import { BootId, fromCoordinator } from './envelope.ts'

/**
 * The coordinator has committed, to disk, everything of `session` up to `upTo` and the closed ranges in `above`.
 * Topic: ack, QoS 1.
 */
export const AckMessage = fromCoordinator({
  boot: BootId,
  session: Type.Integer({ minimum: 1 }),
  upTo: Type.Integer({ minimum: 0 }),
  above: Type.Array(Type.Tuple([Type.Integer({ minimum: 1 }), Type.Integer({ minimum: 1 })]), {
    maxItems: 1024,
  }),
})
export type AckMessage = Type.Static<typeof AckMessage>
