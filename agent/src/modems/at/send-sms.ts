import { seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { isPhoneNumber } from '@infra-home/shared/sms/number.ts'
import { CTRL_Z } from '../../sys/serial.ts'
import type { ShortMessage } from '../modem.ts'
import { failureOf, order } from './order.ts'
import { encodeSms, type SmsPdu } from './sms-pdu.ts'
import type { AtTalk } from './talk.ts'

const PROMPT_LIMIT = seconds(5)
/** The network takes its time. */
const SEND_LIMIT = seconds(45)
/** What is longer is no message to a person, and each part is paid for. */
const MOST_PARTS = 8

/**
 * Sends a text in PDU mode (TS 27.005 §3.5.1 and §4.3), part by part; resolves when the network has taken the last.
 * @throws InfraError modem-refused (with how many parts are out already), modem-unreachable
 */
export const sendSmsAt = async (talk: AtTalk, message: ShortMessage, reference: number): Promise<void> => {
  if (!isPhoneNumber(message.to)) throw refusal('the number is not in international form')
  if (message.text.trim() === '') throw refusal('there is no text')
  const parts = encodeSms(message, { reference })
  if (parts.length > MOST_PARTS)
    throw refusal(`the text takes ${parts.length} messages, more than ${MOST_PARTS}`)
  await order(talk, { command: 'AT+CMGF=0', what: 'set to send messages' })
  for (const [i, part] of parts.entries())
    await sendPart(talk, part, parts.length === 1 ? 'sent' : `sent, part ${i + 1} of ${parts.length}`)
}

const sendPart = async (talk: AtTalk, { hex, length }: SmsPdu, what: string): Promise<void> => {
  const ready = await talk.ask({ command: `AT+CMGS=${length}`, timeout: PROMPT_LIMIT, mayPrompt: true })
  if (ready.kind !== 'prompt') throw failureOf(ready, what)
  const text = { command: `${hex}${CTRL_Z}`, called: 'the message', wants: '+CMGS' }
  await order(talk, { ...text, timeout: SEND_LIMIT, what })
}

const refusal = (why: string): InfraError =>
  new InfraError('modem-refused', `the message was not sent: ${why}`)
