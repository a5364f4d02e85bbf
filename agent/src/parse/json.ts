import { InfraError } from '@infra-home/shared/errors.ts'

/** A JSON object of a program's output, whose fields nobody vouches for. */
export type Loose = { readonly [key: string]: unknown }

/** The objects in a JSON list; iproute2 pads its lists with empty ones. @throws InfraError parse-failed */
export const parseObjects = (text: string, what: string): Loose[] => {
  let value: unknown
  try {
    value = text.trim() === '' ? [] : JSON.parse(text)
  } catch (cause) {
    throw new InfraError('parse-failed', `${what} is not JSON: ${text.slice(0, 80)}`, { cause })
  }
  if (!Array.isArray(value)) throw new InfraError('parse-failed', `${what} is no list`)
  return value.filter(
    (item): item is Loose => typeof item === 'object' && item !== null && Object.keys(item).length > 0,
  )
}

/** A JSON object. @throws InfraError parse-failed */
export const parseObject = (text: string, what: string): Loose => {
  const [object] = parseObjects(`[${text}]`, what)
  if (object) return object
  throw new InfraError('parse-failed', `${what} is no object`)
}

export const asText = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null
/** A text, or a number as one. */
export const asWord = (value: unknown): string | null =>
  typeof value === 'number' && Number.isFinite(value) ? String(value) : asText(value)
export const asInteger = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : null
/** A count or a size: an integer that is not negative. */
export const asCount = (value: unknown): number | null => {
  const count = asInteger(value)
  return count === null || count < 0 ? null : count
}
export const asObject = (value: unknown): Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Loose) : {}
export const asList = (value: unknown): Loose[] =>
  Array.isArray(value) ? value.filter((item): item is Loose => typeof item === 'object' && item !== null) : []

/** A decimal integer in a text, null when it is none: what /sys and /proc print. */
export const integerIn = (text: string | null): number | null =>
  text !== null && /^-?\d+$/.test(text.trim()) ? Number(text.trim()) : null
