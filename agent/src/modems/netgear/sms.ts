import type { Clock } from '@infra-home/shared/clock.ts'
import { parseNetgearSending } from '../../parse/netgear-form.ts'
import { NOT_SENT, untilSent } from '../web/until-sent.ts'
import type { ShortMessage } from '../modem.ts'
import type { NetgearOrders } from './order.ts'

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
  await untilSent(clock, async () => parseNetgearSending((await orders.look(NOT_SENT)).sms, name))
}
