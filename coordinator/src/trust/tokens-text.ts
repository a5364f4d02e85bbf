import { createHash, randomBytes } from 'node:crypto'

/** What every token of ours begins with: whoever finds one in a file knows what it is. */
const PREFIX = 'ih_'
const SECRET_BYTES = 32
const IN_TEXT = /ih_[A-Za-z0-9_-]{43}/g
export const REDACTED = 'ih_…'

/** A new token: the prefix and 256 random bits in base64url, 46 characters. */
export const newToken = (): string => `${PREFIX}${randomBytes(SECRET_BYTES).toString('base64url')}`

/** What is kept of a token, hexadecimal. It has 256 random bits: no salt and no slow hash would make it safer. */
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** The text with every token in it struck out. */
export const redacted = (text: string): string =>
  text.includes(PREFIX) ? text.replaceAll(IN_TEXT, REDACTED) : text

/** The same for all texts in a piece of JSON. */
export const redactedJson = <T>(value: T): T => {
  const text = JSON.stringify(value)
  return text.includes(PREFIX) ? (JSON.parse(redacted(text)) as T) : value
}
