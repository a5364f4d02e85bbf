import * as Type from 'typebox'
import { Name } from '../names.ts'
import { LANGUAGE_VERSION, orNull, Rfc3339 } from './envelope.ts'
import { literals } from './literals.ts'

/**
 * Whether the coordinator is there, and its reign; signed, since everybody hears it. Topic: $coord/state, retained, QoS 1;
 * offline is its last will.
 */
export const CoordinatorStateMessage = Type.Object({
  v: Type.Literal(LANGUAGE_VERSION),
  site: Name,
  state: literals('online', 'offline'),
  epoch: Type.Integer({ minimum: 1 }),
  epochMs: Type.Integer({ minimum: 0 }),
  at: Rfc3339,
  signature: orNull(Type.String()),
})
export type CoordinatorStateMessage = Type.Static<typeof CoordinatorStateMessage>
