import { type Clock, milliseconds, seconds, sleep } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { parseNetgearSending } from '../../parse/netgear-form.ts'
import type { ShortMessage } from '../modem.ts'
import type { NetgearOrders } from './order.ts'

const NOT_SENT = 'the message was not sent'
/** How long the network may take to take a message, and how often it is asked whether it has. */
const PATIENCE = seconds(30)
const ASK_EVERY = milliseconds(2000)

/**
 * Gives the modem a message, which it only puts in a row, and waits until its list says that the network has taken it.
 * @param name by which the message is found in that list again
 * @throws InfraError modem-refused, modem-unreachable, modem-auth
 */
export const sendNetgearSms = async (
  { orders, clock }: { readonly orders: NetgearOrders; readonly clock: Clock },
  { to, text }: ShortMessage,
  name: string,
): Promise<void> => {
  const form = {
    'sms.sendMsg.receiver': to,
    'sms.sendMsg.text': text,
    'sms.sendMsg.clientId': name,
    action: 'send',
  }
  await orders.fill('/Forms/smsSendMsg', form, NOT_SENT)
  for (let waited = 0; waited < PATIENCE; waited += ASK_EVERY) {
    const { sms } = await orders.look(NOT_SENT)
    const sending = parseNetgearSending(sms, name)
    if (sending === 'taken') return
    if (sending === 'refused')
      throw new InfraError('modem-refused', `${NOT_SENT}: the network did not take it`)
    await sleep(clock, ASK_EVERY)
  }
  throw new InfraError(
    'modem-refused',
    `${NOT_SENT}: the network did not take it within ${PATIENCE / 1000} s`,
  )
}
