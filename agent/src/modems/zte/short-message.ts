import type { WallMs } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { isPhoneNumber } from '@infra-home/shared/sms/number.ts'
import { alphabetOf, fitsInto } from '@infra-home/shared/sms/short-text.ts'
import type { ShortMessage } from '../modem.ts'
import type { ZteForm } from './session.ts'

/** Five parts, which is what the web interface of the devices takes. */
const MOST_PARTS = 5
const ENCODE_TYPE = { 'gsm-7': 'GSM7_default', 'ucs-2': 'UNICODE' } as const

/**
 * The form of SEND_SMS. The body is UTF-16 in hexadecimal whatever the alphabet; `encode_type` says in which one the
 * modem sends it (service.js and util.js of the devices).
 * @throws InfraError modem-refused when the number or the text cannot be sent
 */
export const shortMessageForm = ({ to, text }: ShortMessage, now: WallMs): ZteForm => {
  if (!isPhoneNumber(to)) throw unsendable('the number is not in international form')
  if (text === '') throw unsendable('there is no text')
  if (!fitsInto(text, MOST_PARTS)) throw unsendable('the text is too long')
  return {
    goformId: 'SEND_SMS',
    notCallback: 'true',
    Number: to,
    sms_time: timeText(now),
    MessageBody: hexOf(text),
    ID: '-1',
    encode_type: ENCODE_TYPE[alphabetOf(text)],
  }
}

const unsendable = (why: string): InfraError =>
  new InfraError('modem-refused', `the short message was not sent: ${why}`)

const hexOf = (text: string): string =>
  text
    .split('') // UTF-16 units
    .map((unit) => unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0'))
    .join('')

/** `26;11;01;09;30;00;+0`: UTC, and the zone's hours. */
const timeText = (now: WallMs): string =>
  `${new Date(now).toISOString().slice(2, 19).replaceAll(/[-T:]/g, ';')};+0`
