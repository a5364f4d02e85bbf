import * as Type from 'typebox'
import { ULID_PATTERN } from '../ulid.ts'
import { orNull, Text } from './envelope.ts'
import { literals } from './literals.ts'

/**
 * Why an agent does not hear the coordinator, as far as it can know: it has no connection to the broker; it has one and the broker
 * says that the coordinator is gone; it has one and the coordinator, gone or not, says nothing.
 */
export const AlarmCause = literals('no-broker', 'coordinator-offline', 'coordinator-mute')
export type AlarmCause = Type.Static<typeof AlarmCause>

export const AlarmChannelName = literals('ntfy', 'webhook', 'sms')
export type AlarmChannelName = Type.Static<typeof AlarmChannelName>

/** What an agent told people by itself while the coordinator was silent. Topic: event/alarm. */
export const AlarmEvent = Type.Object({
  /** Stands in what people were told, too. */
  alarm: Type.String({ pattern: ULID_PATTERN }),
  /** `untold`: the coordinator was back before anybody could be told. */
  step: literals('raised', 'repeated', 'untold', 'ended'),
  /** Why it was raised; of what has ended, too. */
  cause: AlarmCause,
  /** Whose turn it was: from 1 on it may have been a duplicate. */
  rank: Type.Integer({ minimum: 0 }),
  /** By which of its channels people were told. */
  channel: orNull(AlarmChannelName),
  /** How long nothing was heard, in the end when it has ended; null when that spans a boot of a machine without a clock. */
  silentMs: orNull(Type.Integer({ minimum: 0 })),
  /** What became of the channels before that one, or of all. */
  failures: Type.Array(Text, { maxItems: 8 }),
})
export type AlarmEvent = Type.Static<typeof AlarmEvent>
