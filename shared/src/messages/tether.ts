import * as Type from 'typebox'
import { orNull, Rfc3339, Text } from './envelope.ts'
import { literals } from './literals.ts'

/** What a phone is ordered, beside its limits. Topic: cmd/tether. */
export const TetherOrder = Type.Object({
  /** How long it lends its network unless it is told again; 0 puts it away at once. */
  forSeconds: Type.Integer({ minimum: 0, maximum: 3600 }),
  /** It is turned off first: it says that it is on, and nobody sees it. */
  afresh: Type.Boolean(),
  /** Within which it lends at all. */
  minBatteryPercent: Type.Number(),
  maxTemperatureC: Type.Number(),
})
export type TetherOrder = Type.Static<typeof TetherOrder>

/** Whether a phone lends its mobile network to the house. Topic: state/tether/own. */
export const TetherState = Type.Object({
  on: Type.Boolean(),
  /** When the phone puts it away by itself unless it is told again; null while it is off. */
  until: orNull(Rfc3339),
  /** Why it is so: it was ordered, its time was over, a limit was passed, turning it on failed, or the agent started or stopped. */
  reason: literals('ordered', 'time-over', 'battery-low', 'too-hot', 'failed', 'started', 'stopped'),
  /** The command that made it so; null when the phone did it by itself. */
  command: orNull(Text),
  /** Why the last try came to nothing; null when it did not. */
  error: orNull(Text),
})
export type TetherState = Type.Static<typeof TetherState>
