import { isInfraError } from '@infra-home/shared/errors.ts'
import { asWord, parseObject } from './json.ts'

/** What a device said by the names it was asked for; '' where it kept a field to itself. */
export type ZteFields = ReadonlyMap<string, string>

export type ZteAnswer =
  | { readonly kind: 'fields'; readonly fields: ZteFields }
  | { readonly kind: 'garbled'; readonly why: string }

/** Reads one answer of the goform API, a flat JSON object whose values are texts or, in some firmwares, numbers; never throws. */
export const parseZteAnswer = (body: string): ZteAnswer => {
  const text = body.trim()
  if (text === '') return { kind: 'garbled', why: 'an empty answer' }
  if (text.startsWith('<')) return { kind: 'garbled', why: 'a web page instead of an answer' }
  if (!text.startsWith('{')) return { kind: 'garbled', why: 'the answer is no object' }
  try {
    const words = Object.entries(parseObject(text, 'the answer'))
    return { kind: 'fields', fields: new Map(words.map(([name, value]) => [name, asWord(value) ?? ''])) }
  } catch (error) {
    if (isInfraError(error, 'parse-failed')) return { kind: 'garbled', why: error.message }
    throw error
  }
}

/**
 * Whether nothing was said at all: how a device refuses a request without a Referer or one that wants a session
 * (captured from an MF79U, CERALIVE/CeraUI), and never a state of the modem.
 */
export const isBlank = (fields: ZteFields): boolean =>
  [...fields].every(([name, text]) => name === 'loginfo' || text.trim() === '')

/** Whether the device takes this session for logged in. */
export const isInside = (fields: ZteFields): boolean => fields.get('loginfo') === 'ok'
