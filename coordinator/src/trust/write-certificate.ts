import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import type { WallMs } from '@infra-home/shared/clock.ts'
import { P256, webKeys, webPublicKey } from './p256.ts'
import { loadX509 } from './x509.ts'

/** Everything of ours is valid from here on: a device without a clock chip wakes up in 1970. */
const BEGINNING = new Date(0)
/** RFC 5280 §4.1.2.5: for what has no good end. */
const NO_END = new Date(Date.UTC(9999, 11, 31, 23, 59, 59))
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/** What a certificate is to say. */
export type CertificateWish = {
  /** The name of the identity: the subject's CN. */
  readonly name: string
  /** PEM (SPKI), on P-256. */
  readonly publicKey: string
  readonly notAfter: WallMs
  /** What it is reached by, when it is a server's too: DNS names and IP addresses. */
  readonly serverNames?: readonly string[]
}

/** A certificate that does not count any more; the time is RFC 3339. */
export type Withdrawn = { readonly serial: string; readonly revokedAt: string }

/** Who signs: the authority's private key and certificate, PEM. */
export type Signer = { readonly key: string; readonly certificate: string; readonly site: string }

/** A certificate of an authority over itself, PEM, which may sign certificates of ends and revocation lists alone. */
export const writeAuthority = async (key: string, site: string): Promise<string> => {
  const x509 = await loadX509()
  const keys = await webKeys(key)
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags
  const written = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: [`${site} authority`] }, { O: [site] }],
    notBefore: BEGINNING,
    notAfter: NO_END,
    signingAlgorithm: P256,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return pem(written)
}

/** A certificate of an end, PEM: a client's, and a server's too when it has names to be reached by. */
export const writeCertificate = async (wish: CertificateWish, signer: Signer): Promise<string> => {
  const x509 = await loadX509()
  const { name, publicKey, notAfter, serverNames = [] } = wish
  const [keys, subjectKey] = [await webKeys(signer.key), await webPublicKey(publicKey)]
  const isServer = serverNames.length > 0
  const written = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: [{ CN: [name] }, { O: [signer.site] }],
    issuer: new x509.X509Certificate(signer.certificate).subjectName,
    notBefore: BEGINNING,
    notAfter: new Date(notAfter),
    signingAlgorithm: P256,
    signingKey: keys.privateKey,
    publicKey: subjectKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(isServer ? [SERVER_AUTH, CLIENT_AUTH] : [CLIENT_AUTH]),
      ...(isServer ? [new x509.SubjectAlternativeNameExtension(serverNames.map(generalName))] : []),
      await x509.SubjectKeyIdentifierExtension.create(subjectKey),
      await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return pem(written)
}

/** A revocation list, PEM. It counts at any time, as the certificates do: whoever gets a newer one replaces it. */
export const writeRevocationList = async (
  withdrawn: readonly Withdrawn[],
  signer: Signer,
): Promise<string> => {
  const x509 = await loadX509()
  const keys = await webKeys(signer.key)
  const written = await x509.X509CrlGenerator.create({
    issuer: new x509.X509Certificate(signer.certificate).subjectName,
    thisUpdate: BEGINNING,
    nextUpdate: NO_END,
    signingAlgorithm: P256,
    signingKey: keys.privateKey,
    entries: withdrawn.map(({ serial, revokedAt }) => ({
      serialNumber: serial,
      revocationDate: new Date(revokedAt),
    })),
    extensions: [await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey)],
  })
  // the library's own name for it is one that OpenSSL does not know
  return pem(written).replaceAll(/(?<=-----(BEGIN|END) )CRL/g, 'X509 CRL')
}

const generalName = (name: string) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name }) as const

/** 127 random bits, positive and never zero (RFC 5280 §4.1.2.2). */
const newSerial = (): string => {
  const bytes = randomBytes(16)
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes.toString('hex')
}

const pem = (written: { toString(format: 'pem'): string }): string => `${written.toString('pem').trim()}\n`
