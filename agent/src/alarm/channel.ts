import type { DurationMs } from '@infra-home/shared/clock.ts'
import type { AlarmChannelName } from '@infra-home/shared/messages/alarm.ts'
import type { Notice } from './notice.ts'

/** A way of this agent's own to tell people. */
export type AlarmChannel = {
  readonly name: AlarmChannelName
  /** How long it may take; then the next channel has its turn. */
  readonly limit: DurationMs
  /** Resolves when the other side has taken it. @throws InfraError http-failed, http-timeout, delivery-failed and a modem's own */
  send(notice: Notice): Promise<void>
}
