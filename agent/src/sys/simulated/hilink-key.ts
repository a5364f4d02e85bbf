import { constants, generateKeyPairSync, type JsonWebKey, type KeyObject, privateDecrypt } from 'node:crypto'
import type { Element } from './hilink-pages.ts'

/** The key pair of a firmware that wants a PIN encrypted. */
export type HilinkKey = {
  page(): readonly Element[]
  /** What was encrypted under the key; null for anything else. */
  open(body: string): string | null
}

const BLOCK_DIGITS = 512

export const hilinkKey = (): HilinkKey => {
  let made: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } | null = null
  const pair = () => (made ??= generateKeyPairSync('rsa', { modulusLength: 2048 }))
  return {
    page() {
      const { n, e }: JsonWebKey = pair().publicKey.export({ format: 'jwk' })
      return [
        ['encpubkeyn', Buffer.from(n ?? '', 'base64url').toString('hex')],
        ['encpubkeye', Buffer.from(e ?? '', 'base64url').toString('hex')],
      ]
    },
    open(body) {
      if (!/^(?:[0-9a-f]{512})+$/.test(body)) return null
      const key = { key: pair().privateKey, padding: constants.RSA_PKCS1_PADDING }
      const blocks = Array.from({ length: body.length / BLOCK_DIGITS }, (_, i) =>
        privateDecrypt(key, Buffer.from(body.slice(i * BLOCK_DIGITS, (i + 1) * BLOCK_DIGITS), 'hex')),
      )
      return Buffer.from(Buffer.concat(blocks).toString(), 'base64').toString('utf8')
    },
  }
}
