import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { commonName } from './chain-fault.ts'
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
  if (fingerprintOf(authority) !== fingerprint) return 'other-authority'
  const [leaf, issuer] = [new X509Certificate(certificate), new X509Certificate(authority)]
  if (!leaf.checkIssued(issuer) || !leaf.verify(issuer.publicKey)) return 'foreign-certificate'
  if (!leaf.checkPrivateKey(createPrivateKey(key))) return 'other-key'
  return commonName(leaf) === node ? null : 'other-name'
}

/** `sha256:` and 64 hexadecimal digits: of the certificate's DER. @throws Error when `pem` is no certificate */
export const fingerprintOf = (pem: string): string =>
  `sha256:${createHash('sha256').update(new X509Certificate(pem).raw).digest('hex')}`

export const GRANT_FAULTS: { readonly [F in GrantFault]: string } = {
  'other-authority': 'the authority in it is another than the pinned one',
  'foreign-certificate': 'the pinned authority did not sign the certificate',
  'other-key': 'the certificate is for another key',
  'other-name': 'the certificate is for another name',
}
