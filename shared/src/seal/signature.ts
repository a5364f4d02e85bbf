import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import canonicalize from 'canonicalize'

/** A public Ed25519 key as it stands in messages and configurations: its 32 bytes in base64url. */
export type PublicKeyText = string
export const PUBLIC_KEY_PATTERN = '^[A-Za-z0-9_-]{43}$'

/** What can be signed: `signature` is not part of what it covers. */
export type Signable = { readonly signature: string | null }

/** RFC 8785 form of a message without its signature. @throws Error for what JSON does not know, such as NaN */
const formOf = (message: object): Buffer =>
  Buffer.from(canonicalize({ ...message, signature: undefined }) ?? '')

/** `message` with an Ed25519 (RFC 8032) signature over its RFC 8785 form. */
export const signed = <T extends object>(
  privateKey: KeyObject,
  message: T,
): T & { readonly signature: string } => ({
  ...message,
  signature: sign(null, formOf(message), privateKey).toString('base64url'),
})

/** True when `message` was signed by the owner of `key`, exactly as it stands. Never throws. */
export const isSignedBy = (key: PublicKeyText, message: Signable): boolean => {
  if (message.signature === null) return false
  try {
    return verify(null, formOf(message), publicKey(key), Buffer.from(message.signature, 'base64url'))
  } catch {
    return false // neither a key nor a signature
  }
}

export const publicKeyText = (key: KeyObject): PublicKeyText =>
  createPublicKeyOf(key).export({ format: 'jwk' }).x ?? ''

const createPublicKeyOf = (key: KeyObject): KeyObject =>
  key.type === 'public' ? key : createPublicKey(key.export({ format: 'pem', type: 'pkcs8' }))

const publicKey = (text: PublicKeyText): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: text }, format: 'jwk' })
