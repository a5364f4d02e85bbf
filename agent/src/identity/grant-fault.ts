import { createPrivateKey, X509Certificate } from 'node:crypto'
import { commonName, fingerprintOf } from '@infra-home/shared/seal/certificate.ts'
import type { IdentityFile } from './identity-file.ts'

/** Why what was given is of no use to this device. */
export type GrantFault = 'other-authority' | 'foreign-certificate' | 'other-key' | 'other-name'

type Papers = Pick<IdentityFile, 'node' | 'certificate' | 'authority'>

/**
 * Why a grant is not kept, null when it is: its certificate must be for our key and the name that it goes with, and signed by the
 * authority that we pin. Pure.
 * @throws Error when one of the three is no certificate or no key
 */
export const grantFault = (
  { node, certificate, authority }: Papers,
  { key, fingerprint }: { readonly key: string; readonly fingerprint: string },
): GrantFault | null => {
  const [leaf, issuer] = [new X509Certificate(certificate), new X509Certificate(authority)]
  if (fingerprintOf(issuer) !== fingerprint) return 'other-authority'
  if (!leaf.checkIssued(issuer) || !leaf.verify(issuer.publicKey)) return 'foreign-certificate'
  if (!leaf.checkPrivateKey(createPrivateKey(key))) return 'other-key'
  return commonName(leaf) === node ? null : 'other-name'
}

/** Of a certificate as PEM. @throws Error when it is none */
export const fingerprintOfPem = (pem: string): string => fingerprintOf(new X509Certificate(pem))

export const GRANT_FAULTS: { readonly [F in GrantFault]: string } = {
  'other-authority': 'the authority in it is another than the pinned one',
  'foreign-certificate': 'the pinned authority did not sign the certificate',
  'other-key': 'the certificate is for another key',
  'other-name': 'the certificate is for another name',
}
