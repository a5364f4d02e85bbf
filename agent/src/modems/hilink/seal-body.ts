import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import { InfraError } from '@infra-home/shared/errors.ts'

/** A device's RSA key, in hexadecimal digits. */
export type PublicNumbers = {
  readonly modulus: string
  readonly exponent: string
  readonly padding: 'pkcs1' | 'oaep'
}

/** What a padding costs of each block (RFC 8017 §7.2.1, and §7.1.1 with SHA-1). */
const OVERHEAD = { pkcs1: 11, oaep: 42 } as const
const PADDING = { pkcs1: constants.RSA_PKCS1_PADDING, oaep: constants.RSA_PKCS1_OAEP_PADDING } as const

/**
 * A request as such devices want what nobody may overhear: base64 of it, block by block under their key, in hexadecimal digits
 * (Salamek/huawei-lte-api: Tools.py).
 * @throws InfraError modem-refused when the key is none
 */
export const sealBody = (body: string, { modulus, exponent, padding }: PublicNumbers): string => {
  const text = Buffer.from(Buffer.from(body, 'utf8').toString('base64'))
  const size = Math.floor(modulus.length / 2) - OVERHEAD[padding]
  try {
    const jwk = { kty: 'RSA', n: base64url(modulus), e: base64url(exponent) }
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const blocks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
      publicEncrypt({ key, padding: PADDING[padding] }, text.subarray(i * size, (i + 1) * size)),
    )
    return Buffer.concat(blocks).toString('hex')
  } catch (cause) {
    throw new InfraError('modem-refused', 'the modem’s public key cannot be used', { cause })
  }
}

const base64url = (hex: string): string =>
  Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
