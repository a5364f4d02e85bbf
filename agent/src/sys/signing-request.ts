import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto'

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/**
 * A PKCS #10 request (RFC 2986) for `name`, PEM, signed with `key` (PEM, P-256). The library that writes it is loaded here and
 * costs 20 MB: an agent that runs does not call this, a child of it does.
 */
export const signingRequest = async (key: string, name: string): Promise<string> => {
  await import('reflect-metadata') // what the library stands on asks for this first
  const library = await import('@peculiar/x509')
  // A bundle knows a module of the old kind by its default export alone.
  const { Pkcs10CertificateRequestGenerator } =
    'default' in library ? (library.default as typeof library) : library
  const privateKey = createPrivateKey(key)
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' })
  const open = createPublicKey(key).export({ format: 'der', type: 'spki' })
  const { subtle } = webcrypto
  const keys = {
    privateKey: await subtle.importKey('pkcs8', secret, P256, true, ['sign']),
    publicKey: await subtle.importKey('spki', open, P256, true, ['verify']),
  }
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: P256,
  })
  return request.toString('pem')
}
