import * as Type from 'typebox'
import { enveloped } from './envelope.ts'

/** Stored messages with their original envelopes, oldest first. Topic: backlog, QoS 1. */
export const BacklogMessage = enveloped({
  entries: Type.Array(Type.Object({ topic: Type.String({ maxLength: 512 }), message: Type.Unknown() }), {
    maxItems: 512,
  }),
})
export type BacklogMessage = Type.Static<typeof BacklogMessage>
