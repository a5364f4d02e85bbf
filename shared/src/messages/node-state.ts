import * as Type from 'typebox'
import { enveloped } from './envelope.ts'
import { literals } from './literals.ts'

export const Presence = literals('init', 'ready', 'sleeping', 'lost')
export type Presence = Type.Static<typeof Presence>

/**
 * Whether the node is there; `lost` is its last will. `connection` counts the connections of one session, so that a
 * will that arrives after the node came back is known for what it is. Topic: $state, retained, QoS 1.
 */
export const NodeStateMessage = enveloped({ state: Presence, connection: Type.Integer({ minimum: 1 }) })
export type NodeStateMessage = Type.Static<typeof NodeStateMessage>
