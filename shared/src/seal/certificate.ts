import { createHash, type X509Certificate } from 'node:crypto'

/** `sha256:` and 64 hexadecimal digits: the fingerprint of a certificate, by which one is pinned before it is known. */
export const fingerprintOf = ({ raw }: Pick<X509Certificate, 'raw'>): string =>
  `sha256:${createHash('sha256').update(raw).digest('hex')}`

/** The CN of the subject, which is the name of the holder; empty when there is none or more than one. */
export const commonName = ({ subject }: Pick<X509Certificate, 'subject'>): string => {
  const names = subject.split('\n').filter((line) => line.startsWith('CN='))
  return names.length === 1 ? (names[0] ?? '').slice(3) : ''
}

/** What the holder of a certificate signs to have it renewed: the coordinator's number, and the request. */
export const renewalText = ({ nonce, csr }: { readonly nonce: string; readonly csr: string }): string =>
  `${nonce}\n${csr}`
