import { createPrivateKey, X509Certificate } from 'node:crypto'
import { bookOf } from './book.ts'
import { BOOKS } from './book-schemas.ts'

/** Whether a file of the trust folder, by name and content, is what it is there for: a book, a key or a certificate. Pure. */
export const isWhole = ([name, text]: readonly [name: string, text: string]): boolean => {
  try {
    if (Object.hasOwn(BOOKS, name)) bookOf(name, text, BOOKS[name as keyof typeof BOOKS])
    if (name.endsWith('.key')) createPrivateKey(text)
    return !name.endsWith('.pem') || new X509Certificate(text).raw.length > 0
  } catch {
    return false
  }
}
