import * as Type from 'typebox'
import { fromCoordinator } from './envelope.ts'

/**
 * The coordinator decides over the router's uplinks for so long from now on. It names the term that it has heard of: whoever does not know
 * what the agent did by itself gets no lease. Topic: lease, heard at QoS 0, since there is another in a moment; never retained.
 */
export const LeaseMessage = fromCoordinator({
  session: Type.Integer({ minimum: 1 }),
  term: Type.Integer({ minimum: 1 }),
  lastsMs: Type.Integer({ minimum: 100, maximum: 60_000 }),
})
export type LeaseMessage = Type.Static<typeof LeaseMessage>
