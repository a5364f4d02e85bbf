import type { AlarmCause } from '@infra-home/shared/messages/alarm.ts'

/** What a message says of the coordinator's life; it was found to be the coordinator's before. */
export type SignOfLife = {
  readonly state: 'online' | 'offline'
  /** The coordinator's own time: how far into which reign. */
  readonly epoch: number
  readonly epochMs: number
  /** Its clock on the wall, RFC 3339. */
  readonly at: string
  /** The broker had kept it: nobody knows since when. */
  readonly retained: boolean
}

type CoordinatorTime = Pick<SignOfLife, 'epoch' | 'epochMs'>

/**
 * Whether `sign` proves that the coordinator lives now. What the broker has kept does not, nor does what is not later in the coordinator's
 * own time than all before it: a broker can say old words again.
 */
export const isAlive = (sign: SignOfLife, newest: CoordinatorTime | null): boolean =>
  sign.state === 'online' && !sign.retained && isLater(sign, newest)

const isLater = (sign: CoordinatorTime, newest: CoordinatorTime | null): boolean =>
  newest === null ||
  sign.epoch > newest.epoch ||
  (sign.epoch === newest.epoch && sign.epochMs > newest.epochMs)

/** What is known of the way to the coordinator. */
export type WayThere = {
  /** Why there is no connection to the broker; null when there is one. */
  readonly lost: string | null
  /** What was said last of the coordinator on this connection; null for nothing. */
  readonly said: SignOfLife['state'] | null
}

export const causeOf = ({ lost, said }: WayThere): AlarmCause => {
  if (lost !== null) return 'no-broker'
  return said === 'offline' ? 'coordinator-offline' : 'coordinator-mute'
}
