import { septetsOf } from '@infra-home/shared/sms/gsm-alphabet.ts'
import { PLACES } from '@infra-home/shared/sms/short-text.ts'
import { packSeptets } from './pack-septets.ts'

/** One message for a modem in PDU mode. */
export type SmsPdu = {
  /** Hexadecimal, with an empty service centre in front: the modem puts in that of its SIM. */
  readonly hex: string
  /** Octets without the service centre, as +CMGS wants to know. */
  readonly length: number
}

export type SmsOptions = {
  /** The same in every part of a message, another in the next: 0…255. */
  readonly reference: number
  /** How long the network tries: TS 23.040 §9.2.3.12.1. */
  readonly validity?: number
}

/** Four days. */
const USUAL_VALIDITY = 0xaa
/** SMS-SUBMIT with a relative validity (TS 23.040 §9.2.2.2, §9.2.3.1, §9.2.3.3), and with a header (§9.2.3.23). */
const SUBMIT = 0x11
const HAS_HEADER = 0x40
/** Octets of the header: its length, concatenation with an 8-bit reference, three octets of it (§9.2.3.24.1). */
const HEADER_OCTETS = 6

/** Data coding schemes (TS 23.038 §4), and what one message holds of their units. */
const GSM = { dcs: 0x00, ...PLACES['gsm-7'] }
const UCS2 = { dcs: 0x08, ...PLACES['ucs-2'] }

/**
 * A text as the messages that it takes: in the GSM alphabet when that has all its characters, else in UTF-16 (which phones take for UCS-2); no
 * character is cut in two. Pure.
 * @param to in international form, with a plus sign
 */
export const encodeSms = (
  { to, text }: { readonly to: string; readonly text: string },
  { reference, validity = USUAL_VALIDITY }: SmsOptions,
): readonly SmsPdu[] => {
  const characters = Array.from(text.toWellFormed())
  const septets = characters.map(septetsOf)
  const inGsm = septets.every((units) => units !== null)
  const coding = inGsm ? GSM : UCS2
  const units = inGsm
    ? septets
    : characters.map((character) => character.split('').map((c) => c.charCodeAt(0)))
  const parts = divide(units, coding)
  return parts.map((part, i) => {
    const header = parts.length > 1 ? [HEADER_OCTETS - 1, 0, 3, reference & 0xff, parts.length, i + 1] : []
    const data = inGsm ? gsmData(part, header) : ucs2Data(part, header)
    const first = header.length > 0 ? SUBMIT | HAS_HEADER : SUBMIT
    return pduOf([first, 0, ...address(to), 0, coding.dcs, validity, ...data])
  })
}

const divide = (
  characters: readonly (readonly number[])[],
  { alone, each }: { readonly alone: number; readonly each: number },
): readonly (readonly number[])[] => {
  const all = characters.flat()
  if (all.length <= alone) return [all]
  const parts: number[][] = [[]]
  for (const units of characters) {
    if ((parts.at(-1)?.length ?? 0) + units.length > each) parts.push([])
    parts.at(-1)?.push(...units)
  }
  return parts
}

/** Length in septets, header, septets: these begin at a border of septets (TS 23.040 §9.2.3.24). */
const gsmData = (septets: readonly number[], header: readonly number[]): number[] => {
  const headerSeptets = Math.ceil((header.length * 8) / 7)
  const fill = headerSeptets * 7 - header.length * 8
  return [headerSeptets + septets.length, ...header, ...packSeptets(septets, fill)]
}

/** Length in octets, header, two octets a unit. */
const ucs2Data = (units: readonly number[], header: readonly number[]): number[] => [
  header.length + units.length * 2,
  ...header,
  ...units.flatMap((unit) => [unit >> 8, unit & 0xff]),
]

/** Length in digits, international number in the telephone plan, digits by twos in reverse (TS 23.040 §9.1.2.5). */
const address = (to: string): number[] => {
  const digits = to.replace('+', '')
  const pairs = digits.match(/\d{1,2}/g) ?? []
  return [
    digits.length,
    0x91,
    ...pairs.map((pair) => Number.parseInt(`${pair[1] ?? 'F'}${pair[0] ?? ''}`, 16)),
  ]
}

const pduOf = (octets: readonly number[]): SmsPdu => ({
  hex: `00${Buffer.from(octets).toString('hex').toUpperCase()}`,
  length: octets.length,
})
