import { type Clock, rfc3339, type WallMs } from '@infra-home/shared/clock.ts'
import { alphabetOf } from '@infra-home/shared/sms/short-text.ts'
import { parseHilinkMessages, parseHilinkSending } from '../../parse/hilink-sms.ts'
import { NOT_SENT, untilSent } from '../web/until-sent.ts'
import type { ReceivedMessage, ShortMessage } from '../modem.ts'
import type { HilinkOrder } from './order.ts'
import { escapeXml, requestXml } from './request.ts'

/** Gives the modem a message and waits until the network has taken it. @throws InfraError modem-refused, modem-unreachable, modem-auth */
export const sendHilinkSms = async (
  { order, clock }: { readonly order: HilinkOrder; readonly clock: Clock },
  message: ShortMessage,
): Promise<void> => {
  const { wall } = clock.now()
  await order({ path: 'sms/send-sms', body: () => messageXml(message, wall) }, NOT_SENT)
  await untilSent(clock, async () =>
    parseHilinkSending((await order({ path: 'sms/send-status' }, NOT_SENT)).fields),
  )
}

/** The newest messages of the modem's inbox. @throws InfraError modem-refused, modem-unreachable, modem-auth */
export const hilinkInbox = async (order: HilinkOrder): Promise<readonly ReceivedMessage[]> => {
  const answer = await order({ path: 'sms/sms-list', body: () => LIST }, 'the messages were not read')
  return parseHilinkMessages(answer.body)
}

/** Box 1 is the inbox (Salamek/huawei-lte-api: enums/sms.py). */
const LIST = requestXml([
  ['PageIndex', 1],
  ['ReadCount', 20],
  ['BoxType', 1],
  ['SortType', 0],
  ['Ascending', 0],
  ['UnreadPreferred', 0],
])

/** Salamek/huawei-lte-api: api/Sms.py. Index −1 is a new message; Reserved says how it is coded: 1 in seven bits, 0 in UCS-2. */
const messageXml = ({ to, text }: ShortMessage, now: WallMs): string => {
  const content = withoutAstral(text)
  return requestXml([
    ['Index', -1],
    ['Phones', `<Phone>${escapeXml(to)}</Phone>`],
    ['Sca', ''],
    ['Content', escapeXml(content)],
    ['Length', content.length],
    ['Reserved', alphabetOf(content) === 'gsm-7' ? 1 : 0],
    ['Date', rfc3339(now).slice(0, 19).replace('T', ' ')],
  ])
}

/** These devices read text as UTF-8 of UTF-16's halves, which no client can send that writes proper UTF-8. */
const withoutAstral = (text: string): string => text.replaceAll(/[\u{10000}-\u{10FFFF}]/gu, '?')
