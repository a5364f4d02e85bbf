/** A mobile network code: three digits of country, two or three of network. */
export const PLMN_SHAPE = /^\d{5,6}$/

/** The text when it has the shape, else null. */
export const shaped = (text: string | null | undefined, shape: RegExp): string | null =>
  typeof text === 'string' && shape.test(text) ? text : null

/** Text for people, at most 64 characters, control characters out; null when missing or empty. */
export const peoplesText = (text: string | null | undefined): string | null => {
  const clean = (text ?? '').replaceAll(/\p{C}/gu, '').trim()
  return clean === '' ? null : clean.slice(0, 64)
}

/** A physical cell identity: 0…503 in LTE (TS 36.211 §6.11), up to 1007 in NR (TS 38.211 §7.4.2); null for anything else. */
export const pciOf = (value: number | null): number | null =>
  value !== null && Number.isInteger(value) && value >= 0 && value <= 1007 ? value : null

/** A decimal number and nothing else, as modems print them; null for anything else. */
export const decimalIn = (text: string | null | undefined): number | null =>
  typeof text === 'string' && /^\s*[+-]?\d{1,16}(?:\.\d{1,6})?\s*$/.test(text) ? Number(text) : null
