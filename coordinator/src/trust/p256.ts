import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  webcrypto,
} from 'node:crypto'

/** Every key of ours that stands in a certificate: ECDSA on P-256 with SHA-256. */
export const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** A new private key, PEM (PKCS #8). */
export const newPrivateKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    .privateKey.export({ format: 'pem', type: 'pkcs8' })
    .toString()

/** A public key as PEM (SPKI), or the public half of a private one. */
export const publicPem = (key: KeyObject): string =>
  (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'pem', type: 'spki' }).toString()

export const isP256 = (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'

/** For the library, which speaks WebCrypto. @param privateKey PEM */
export const webKeys = async (privateKey: string): Promise<webcrypto.CryptoKeyPair> => {
  const key = createPrivateKey(privateKey)
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' })
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, P256, false, ['sign']),
    publicKey: await webPublicKey(publicPem(key)),
  }
}

/** @param publicKey PEM (SPKI) */
export const webPublicKey = (publicKey: string): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey(
    'spki',
    createPublicKey(publicKey).export({ format: 'der', type: 'spki' }),
    P256,
    true,
    ['verify'],
  )
