import * as Type from 'typebox'
import { orNull, Rfc3339, Text } from './envelope.ts'

/** Whether a phone lends its mobile network to the house. Topic: state/tether/own. */
export const TetherState = Type.Object({
  on: Type.Boolean(),
  /** When the phone puts it away by itself unless it is told again; null while it is off. */
  until: orNull(Rfc3339),
  /** Why the last order came to nothing; null when it did not. */
  error: orNull(Text),
})
export type TetherState = Type.Static<typeof TetherState>
