import { createPrivateKey, X509Certificate } from 'node:crypto'
import { rowOf } from './approver-row.ts'
import { bookOf } from './book.ts'
import { BOOKS } from './book-schemas.ts'

/**
 * Whether a file of the trust folder of a site, by name and content, is what it is there for: a book, a key, a certificate, or lists of approvers
 * that follow each other. Pure.
 */
export const isWhole = (site: string, [name, text]: readonly [name: string, text: string]): boolean => {
  try {
    if (name === 'approvers.json' && rowOf(site, bookOf(name, text, BOOKS[name])).fault) return false
    if (Object.hasOwn(BOOKS, name)) bookOf(name, text, BOOKS[name as keyof typeof BOOKS])
    if (name.endsWith('.key')) createPrivateKey(text)
    return !name.endsWith('.pem') || new X509Certificate(text).raw.length > 0
  } catch {
    return false
  }
}
