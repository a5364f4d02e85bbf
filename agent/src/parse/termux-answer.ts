import { InfraError } from '@infra-home/shared/errors.ts'
import { asText, type Loose, parseObject } from './json.ts'

/**
 * Why Termux:API does not answer, in its own words, null when it does: `API_ERROR` of an interface, `error` where Android has not granted it
 * a permission (termux-api, TermuxApiPermissionActivity), or an exception's text.
 */
export const termuxRefusal = (text: string): string | null => {
  const start = text.trimStart()
  if (!start.startsWith('{')) return null
  const said = objectIn(start)
  return said === null ? null : (asText(said['API_ERROR']) ?? asText(said['error']))
}

/** The object, or null for what is none. */
const objectIn = (text: string): Loose | null => {
  try {
    return parseObject(text, 'the answer')
  } catch (error) {
    if (error instanceof InfraError) return null
    throw error
  }
}
