import { type Clock, milliseconds, seconds, sleep } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'

/** What became of a message that a modem was given. */
export type Sending = 'sending' | 'taken' | 'refused'

export const NOT_SENT = 'the message was not sent'
/** How long the network may take to take a message, and how often the modem is asked whether it has. */
const PATIENCE = seconds(30)
const ASK_EVERY = milliseconds(1000)

/** Waits until the network has taken a message. @throws InfraError modem-refused when it has not, and what `ask` throws */
export const untilSent = async (clock: Clock, ask: () => Promise<Sending>): Promise<void> => {
  for (let waited = 0; waited < PATIENCE; waited += ASK_EVERY) {
    const sending = await ask()
    if (sending === 'taken') return
    if (sending === 'refused') throw notTaken('')
    await sleep(clock, ASK_EVERY)
  }
  throw notTaken(` within ${PATIENCE / 1000} s`)
}

const notTaken = (when: string): InfraError =>
  new InfraError('modem-refused', `${NOT_SENT}: the network did not take it${when}`)
