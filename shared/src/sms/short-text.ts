import { septetsOf } from './gsm-alphabet.ts'

export type Alphabet = 'gsm-7' | 'ucs-2'

/** Places in a message of one part, and in each part of a longer one, whose header takes some (3GPP TS 23.040 §9.2.3.24.1). */
export const PLACES = { 'gsm-7': { alone: 160, each: 153 }, 'ucs-2': { alone: 70, each: 67 } } as const

/** In which alphabet a text can be sent: UCS-2 as soon as one character of it is not in GSM 7 bit. Pure. */
export const alphabetOf = (text: string): Alphabet =>
  unitsOf(text).every((unit) => septetsOf(unit) !== null) ? 'gsm-7' : 'ucs-2'

/** How many places a text takes: septets, or UTF-16 units. Pure. */
export const placesOf = (text: string, alphabet: Alphabet): number =>
  alphabet === 'ucs-2'
    ? text.length
    : unitsOf(text).reduce((sum, unit) => sum + (septetsOf(unit)?.length ?? 1), 0)

/** How many places so many parts have. Pure. */
export const placesIn = (parts: number, alphabet: Alphabet): number =>
  parts === 1 ? PLACES[alphabet].alone : parts * PLACES[alphabet].each

/** Whether a text fits into so many parts. Pure. */
export const fitsInto = (text: string, parts: number): boolean => {
  const alphabet = alphabetOf(text)
  return placesOf(text, alphabet) <= placesIn(parts, alphabet)
}

/** All that GSM 7 bit holds is one UTF-16 unit. */
const unitsOf = (text: string): string[] => text.split('')
