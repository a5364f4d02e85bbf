import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import { fingerprintOf } from '@infra-home/shared/seal/certificate.ts'
import { newPrivateKey } from './p256.ts'
import {
  type CertificateWish,
  type Signer,
  type Withdrawn,
  writeAuthority,
  writeCertificate,
  writeRevocationList,
} from './write-certificate.ts'
import { privateKeyIn } from './private-key.ts'
import { makeFolder, writeWhole } from './write-whole.ts'

export type Issued = {
  /** PEM. */
  readonly certificate: string
  /** Upper-case hexadecimal, as OpenSSL and Node.js write it. */
  readonly serial: string
  /** RFC 3339. */
  readonly notAfter: string
}

/** The home's own certificate authority: a key that never leaves the coordinator. */
export type Authority = {
  /** PEM. */
  readonly certificate: string
  /** `sha256:` and the hexadecimal SHA-256 of the certificate's DER: what a pasted line pins. */
  readonly fingerprint: string
  /** Signs a certificate; the caller has checked who asks. */
  issue(wish: CertificateWish): Promise<Issued>
  /** What does not count any more, as PEM, for brokers that are not ours. */
  revocationList(withdrawn: readonly Withdrawn[]): Promise<string>
  /** True when this authority signed `certificate`; its dates are not looked at. */
  signed(certificate: X509Certificate): boolean
}

/**
 * Opens `authority.key` and `authority.pem` in `folder`; the first time they are made.
 * @throws InfraError config-invalid when the certificate is there without its key, or they don't belong together
 */
export const openAuthority = async (folder: string, site: string): Promise<Authority> => {
  const files = { key: join(folder, 'authority.key'), certificate: join(folder, 'authority.pem') }
  makeFolder(folder)
  if (!existsSync(files.key)) {
    if (existsSync(files.certificate)) throw broken(files.key, 'is missing: only a backup can bring it back')
    writeWhole(files.key, newPrivateKey())
  }
  const key = readFileSync(files.key, 'utf8')
  if (!existsSync(files.certificate)) writeWhole(files.certificate, await writeAuthority(key, site))
  const own = readCertificate(files.certificate)
  if (!own.checkPrivateKey(privateKeyIn(files.key, key)))
    throw broken(files.certificate, 'does not belong to the key beside it')
  return authorityOf(own, { key, certificate: own.toString(), site })
}

const authorityOf = (own: X509Certificate, signer: Signer): Authority => ({
  certificate: signer.certificate,
  fingerprint: fingerprintOf(own),
  async issue(wish) {
    const certificate = await writeCertificate(wish, signer)
    const { serialNumber, validToDate } = new X509Certificate(certificate)
    return { certificate, serial: serialNumber, notAfter: validToDate.toISOString() }
  },
  revocationList: (withdrawn) => writeRevocationList(withdrawn, signer),
  signed: (other) => other.checkIssued(own) && other.verify(own.publicKey),
})

const readCertificate = (file: string): X509Certificate => {
  try {
    return new X509Certificate(readFileSync(file))
  } catch (cause) {
    throw broken(file, 'is no certificate', cause)
  }
}

const broken = (file: string, what: string, cause?: unknown): InfraError =>
  new InfraError('config-invalid', `${file} ${what}`, { cause, context: { file } })
