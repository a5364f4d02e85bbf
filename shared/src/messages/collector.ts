import * as Type from 'typebox'
import { orNull } from './envelope.ts'

/** How a collector or modem driver fares: failing is a reading too. Topic: state/collector/<name>. */
export const CollectorState = Type.Object({
  ok: Type.Boolean(),
  error: orNull(Type.String({ maxLength: 512 })),
})
export type CollectorState = Type.Static<typeof CollectorState>
