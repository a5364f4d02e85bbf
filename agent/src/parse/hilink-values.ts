import type { HilinkFields } from './hilink-answer.ts'
import { peoplesText, shaped } from './radio-words.ts'

/**
 * A radio value such as "-86dBm", "10 dB", ">=-51dBm" (the bound, which is all the modem says); null when the element
 * is missing, empty or anything else.
 */
export const radioValue = (fields: HilinkFields, name: string, unit: 'dBm' | 'dB'): number | null => {
  const match = /^(?:[<>]=?)?\s*([+-]?\d{1,4}(?:\.\d{1,3})?)\s*(dBm|dB)?$/i.exec(fields.get(name) ?? '')
  if (!match) return null
  const given = match[2]
  return given === undefined || given.toLowerCase() === unit.toLowerCase() ? Number(match[1]) : null
}

/** A whole number that is not negative; null when missing, empty, rubbish or too large to be exact. */
export const wholeValue = (fields: HilinkFields, name: string): number | null => {
  const text = fields.get(name) ?? ''
  if (!/^\d{1,16}$/.test(text)) return null
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : null
}

/** Text for people. */
export const textValue = (fields: HilinkFields, name: string): string | null => peoplesText(fields.get(name))

/** Text only when it has the given shape. */
export const shapedValue = (fields: HilinkFields, name: string, shape: RegExp): string | null =>
  shaped(fields.get(name) ?? '', shape)
