import type { Clock } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { AlarmChannelName } from '@infra-home/shared/messages/alarm.ts'
import { withLimit } from '../with-limit.ts'
import type { AlarmChannel } from './channel.ts'
import { type Notice, withFailures } from './notice.ts'

const LONGEST_FAILURE = 160

export type Telling = {
  /** By which channel people were told; null for none. */
  readonly channel: AlarmChannelName | null
  /** What became of those before it: `ntfy: connect ENETUNREACH 192.0.2.1:443`. */
  readonly failures: readonly string[]
}

/** Tries the channels in their order until one takes it. Never throws: no fault of one may keep the next from its try. */
export const tell = async (
  channels: readonly AlarmChannel[],
  notice: Notice,
  clock: Clock,
): Promise<Telling> => {
  const failures: string[] = []
  for (const { name, limit, send } of channels) {
    const error = await withLimit(
      send({ ...notice, text: withFailures(notice.text, failures) }),
      clock,
      limit,
    ).then(() => null, describeError)
    if (error === null) return { channel: name, failures }
    failures.push(`${name}: ${error}`.slice(0, LONGEST_FAILURE))
  }
  return { channel: null, failures }
}
