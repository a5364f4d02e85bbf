import { seconds } from '@infra-home/shared/clock.ts'
import { failureOf, order } from './order.ts'
import { type AtTalk, isSilence } from './talk.ts'

/**
 * Restarts the modem (+CFUN, TS 27.007 §8.2). Its port may be gone before it has said OK: that is what was wanted.
 * @throws InfraError modem-refused, modem-unreachable
 */
export const rebootAt = async (talk: AtTalk): Promise<void> => {
  await order(talk, { command: 'AT', what: 'rebooted' })
  const reply = await talk.ask({ command: 'AT+CFUN=1,1', timeout: seconds(15) })
  if (reply.kind === 'refused' || (isSilence(reply) && reply.kind !== 'gone'))
    throw failureOf(reply, 'rebooted')
  talk.drop()
}
