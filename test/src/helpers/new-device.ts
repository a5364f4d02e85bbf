import 'reflect-metadata'
import { sign, webcrypto } from 'node:crypto'
import { KeyObject } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'

/** A device that has made its own key and wants a certificate. */
export type NewDevice = {
  /** PEM (PKCS #8). */
  readonly key: string
  /** PEM (SPKI). */
  readonly publicKey: string
  /** PEM. */
  readonly csr: string
  /** What a renewal wants signed, base64. */
  prove(nonce: string, csr: string): string
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

export const newDevice = async (
  name = 'anything',
  algorithm: { readonly name: string; readonly namedCurve: string; readonly hash: string } = P256,
): Promise<NewDevice> => {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: algorithm,
  })
  const key = KeyObject.from(keys.privateKey)
  return {
    key: key.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: KeyObject.from(keys.publicKey).export({ format: 'pem', type: 'spki' }).toString(),
    csr: request.toString('pem'),
    prove: (nonce, csr) => sign('sha256', Buffer.from(`${nonce}\n${csr}`), key).toString('base64'),
  }
}
