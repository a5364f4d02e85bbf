import 'reflect-metadata'
import { KeyObject, webcrypto } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const USAGES = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const

type Usage = keyof typeof USAGES
const BOTH: readonly Usage[] = ['server', 'client']

export type Holding = {
  /** PEM (PKCS #8). */
  readonly key: string
  /** PEM. */
  readonly certificate: string
}

type ToyWish = {
  readonly name?: string
  /** What it may be used for; by default both. */
  readonly usages?: readonly Usage[]
  readonly from?: Date
  readonly to?: Date
  /** Whether it says that it may sign others. */
  readonly signs?: boolean
}

/** An authority that signs whatever a test wants, also what a good one never would. */
export type ToyAuthority = Holding & { issue(wish?: ToyWish): Promise<Holding> }

const YEAR = 365 * 86_400_000

const newKeys = () => webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
const pemOf = (key: webcrypto.CryptoKey): string =>
  KeyObject.from(key).export({ format: 'pem', type: 'pkcs8' }).toString()

export const toyAuthority = async (name = 'home authority'): Promise<ToyAuthority> => {
  const keys = await newKeys()
  const own = await X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    notBefore: new Date(0),
    notAfter: new Date('9999-12-31T23:59:59Z'),
    signingAlgorithm: P256,
    keys,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  })
  return {
    key: pemOf(keys.privateKey),
    certificate: `${own.toString('pem')}\n`,
    async issue({ name: subject = 'coordinator', usages = BOTH, from, to, signs = false } = {}) {
      const ends = await newKeys()
      const written = await X509CertificateGenerator.create({
        subject: [{ CN: [subject] }, { O: ['home'] }],
        issuer: own.subjectName,
        notBefore: from ?? new Date(0),
        notAfter: to ?? new Date(Date.now() + YEAR),
        signingAlgorithm: P256,
        signingKey: keys.privateKey,
        publicKey: ends.publicKey,
        extensions: [
          new BasicConstraintsExtension(signs, undefined, true),
          ...(usages.length > 0 ? [new ExtendedKeyUsageExtension(usages.map((usage) => USAGES[usage]))] : []),
        ],
      })
      return { key: pemOf(ends.privateKey), certificate: `${written.toString('pem')}\n` }
    },
  }
}

/** The same certificate with one bit of its signature turned. */
export const tampered = ({ key, certificate }: Holding): Holding => {
  const raw = Buffer.from(new X509Certificate(certificate).rawData)
  raw.writeUInt8(raw.readUInt8(raw.length - 1) ^ 1, raw.length - 1)
  return { key, certificate: `${new X509Certificate(raw).toString('pem')}\n` }
}
