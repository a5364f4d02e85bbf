import type { WallMs } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { ShortMessage } from '../modem.ts'
import type { ZteForm } from './session.ts'

/** The basic and the extension table of TS 23.038 §6.2.1; a character of the latter takes two places. */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const EXTENSION = new Set('^{}\\[~]|€')

/** Five parts, which is what the web interface of the devices takes: 153 places each in GSM 7 bit, 67 in UCS-2. */
const MOST_PLACES = { GSM7_default: 5 * 153, UNICODE: 5 * 67 } as const

/**
 * The form of SEND_SMS. The body is UTF-16 in hexadecimal whatever the alphabet; `encode_type` says in which one the
 * modem sends it (service.js and util.js of the devices).
 * @throws InfraError modem-refused when the number or the text cannot be sent
 */
export const shortMessageForm = ({ to, text }: ShortMessage, now: WallMs): ZteForm => {
  if (!/^\+?\d{3,20}$/.test(to)) throw unsendable('the number is not one')
  if (text === '') throw unsendable('there is no text')
  const alphabet = alphabetOf(text)
  if (placesOf(text, alphabet) > MOST_PLACES[alphabet]) throw unsendable('the text is too long')
  return {
    goformId: 'SEND_SMS',
    notCallback: 'true',
    Number: to,
    sms_time: timeText(now),
    MessageBody: hexOf(text),
    ID: '-1',
    encode_type: alphabet,
  }
}

const unsendable = (why: string): InfraError =>
  new InfraError('modem-refused', `the short message was not sent: ${why}`)

const alphabetOf = (text: string): 'GSM7_default' | 'UNICODE' =>
  unitsOf(text).every((char) => BASIC.has(char) || EXTENSION.has(char)) ? 'GSM7_default' : 'UNICODE'

const placesOf = (text: string, alphabet: 'GSM7_default' | 'UNICODE'): number =>
  text.length + (alphabet === 'UNICODE' ? 0 : unitsOf(text).filter((char) => EXTENSION.has(char)).length)

/** UTF-16 units: all that GSM 7 bit holds is one of them. */
const unitsOf = (text: string): string[] => text.split('')

const hexOf = (text: string): string =>
  unitsOf(text)
    .map((unit) => unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0'))
    .join('')

/** `26;11;01;09;30;00;+0`: UTC, and the zone's hours. */
const timeText = (now: WallMs): string =>
  `${new Date(now).toISOString().slice(2, 19).replaceAll(/[-T:]/g, ';')};+0`
