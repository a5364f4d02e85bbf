import type { X509Certificate } from 'node:crypto'
import { commonName } from '@infra-home/shared/seal/certificate.ts'

/** Why whoever answers is not the one we were enrolled with. */
export type ChainFault = 'no-certificate' | 'foreign-authority' | 'no-server' | 'other-name'

/** RFC 5280 §4.2.1.12: id-kp-serverAuth. */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1'

/**
 * Why a server's certificate does not count; null when it does: the pinned authority issued and signed it, as a server's, and for
 * `name`. Its dates are not looked at: a device without a clock chip does not know what day it is. Pure.
 * @param name the common name it must have; null for any server of ours, such as a broker
 */
export const chainFault = (
  leaf: X509Certificate | undefined,
  authority: X509Certificate,
  name: string | null,
): ChainFault | null => {
  if (!leaf) return 'no-certificate'
  if (!leaf.checkIssued(authority) || !leaf.verify(authority.publicKey)) return 'foreign-authority'
  if (leaf.ca || !leaf.keyUsage?.includes(SERVER_AUTH)) return 'no-server'
  return name === null || commonName(leaf) === name ? null : 'other-name'
}

export const FAULTS: { readonly [F in ChainFault]: string } = {
  'no-certificate': 'it shows no certificate',
  'foreign-authority': 'another authority than ours signed its certificate',
  'no-server': 'its certificate is not a server’s',
  'other-name': 'its certificate is for another name',
}
