import type { CancelTimer, Clock } from '@infra-home/shared/clock.ts'
import { type Conversation, PUMP_EVERY, PUMP_IDLE } from './conversation.ts'

/** Sends what is owed piece by piece, and looks after the outbox now and then. */
export const pumping = (clock: Clock, { pump }: Conversation, watch: () => void): CancelTimer => {
  const beat = (): void => {
    watch()
    cancel = clock.after(pump() ? PUMP_EVERY : PUMP_IDLE, beat)
  }
  let cancel = clock.after(PUMP_EVERY, beat)
  return () => cancel()
}
