import { type Clock, later, seconds, sleep } from '@infra-home/shared/clock.ts'
import type { ShortMessage } from '../modem.ts'
import { type Sending, untilSent } from '../web/until-sent.ts'
import type { ZteOrder } from './orders.ts'
import { fieldsOf, type ZteSession } from './session.ts'
import { shortMessageForm } from './short-message.ts'

type SmsPorts = {
  readonly session: ZteSession
  readonly order: ZteOrder
  readonly clock: Clock
  readonly inTurn: <T>(task: () => Promise<T>) => Promise<T>
}

/** The web interface waits as long before it asks, so as not to be told of the message before. */
const LOOK_AFTER = seconds(1)

/**
 * Hands a short message to the modem and waits until the network has taken it. The modem can be read meanwhile.
 * @throws InfraError modem-refused, modem-unreachable, modem-auth
 */
export const sendShortMessage = async (ports: SmsPorts, message: ShortMessage): Promise<void> => {
  const { clock, inTurn, order } = ports
  const form = shortMessageForm(message, clock.now().wall)
  await inTurn(() => order(form, 'able to send a short message'))
  await sleep(clock, LOOK_AFTER)
  await untilSent(clock, () => inTurn(() => outcomeOf(ports)))
}

/** `sms_cmd` 4 is sending; its result is 2 for failed and 3 for done (service.js of the devices). */
const outcomeOf = async ({ session, clock }: SmsPorts): Promise<Sending> => {
  const reply = await session.ask(['sms_cmd_status_info'], later(clock.now().mono, seconds(4)), {
    sms_cmd: '4',
  })
  const result = fieldsOf(reply)?.get('sms_cmd_status_result')
  if (result === '3') return 'taken'
  return result === '2' ? 'refused' : 'sending'
}
