import { type Clock, later, seconds, sleep } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { ShortMessage } from '../modem.ts'
import type { ZteOrder } from './orders.ts'
import { fieldsOf, type ZteSession } from './session.ts'
import { shortMessageForm } from './short-message.ts'

type SmsPorts = {
  readonly session: ZteSession
  readonly order: ZteOrder
  readonly clock: Clock
  readonly inTurn: <T>(task: () => Promise<T>) => Promise<T>
}

const LONGEST_SENDING = seconds(30)
/** The web interface waits as long before it asks at first, so as not to be told of the message before. */
const LOOK_EVERY = seconds(1)

/**
 * Hands a short message to the modem and waits until the network has taken it. The modem can be read meanwhile.
 * @throws InfraError modem-refused, modem-unreachable, modem-auth
 */
export const sendShortMessage = async (ports: SmsPorts, message: ShortMessage): Promise<void> => {
  const { clock, inTurn, order } = ports
  const form = shortMessageForm(message, clock.now().wall)
  await inTurn(() => order(form, 'able to send a short message'))
  const until = later(clock.now().mono, LONGEST_SENDING)
  while (clock.now().mono < until) {
    await sleep(clock, LOOK_EVERY)
    const outcome = await inTurn(() => outcomeOf(ports))
    if (outcome === 'taken') return
    if (outcome === 'failed')
      throw new InfraError('modem-refused', 'the short message was not sent: the network did not take it')
  }
  throw new InfraError(
    'modem-refused',
    'the modem did not say in time whether the network took the short message',
  )
}

/** `sms_cmd` 4 is sending; its result is 2 for failed and 3 for done (service.js of the devices). */
const outcomeOf = async ({ session, clock }: SmsPorts): Promise<'taken' | 'failed' | 'pending'> => {
  const reply = await session.ask(['sms_cmd_status_info'], later(clock.now().mono, seconds(4)), {
    sms_cmd: '4',
  })
  const result = fieldsOf(reply)?.get('sms_cmd_status_result')
  if (result === '3') return 'taken'
  return result === '2' ? 'failed' : 'pending'
}
