import { verify, X509Certificate } from 'node:crypto'
import { fromRfc3339, type WallMs } from '@infra-home/shared/clock.ts'
import { commonName, renewalText } from '@infra-home/shared/seal/certificate.ts'
import type { Authority } from './authority.ts'
import type { Signed } from './grant.ts'
import type { Identities, Identity } from './identities.ts'
import { publicPem } from './p256.ts'
import { type Refused, refusal } from './refusals.ts'

/** So many certificates of one identity may count at once. */
const MOST_CERTIFICATES = 16

/** PEM, PEM, base64url, and base64: ECDSA (SHA-256, DER) by the certified key over `renewalText`. */
export type RenewalRequest = {
  readonly certificate: string
  readonly csr: string
  readonly nonce: string
  readonly signature: string
}

export type Holder = {
  readonly name: string
  readonly identity: Identity
  readonly expired: boolean
  /** What this key was given since, and its device did not get or keep; null when it shows its newest. */
  readonly lost: Signed | null
}

/**
 * Whose certificate this is, when it may be renewed: one of ours that counts, shown by whoever has its key. One that
 * expired in a drawer may, or one that was renewed while the answer got lost, as long as its key is the identity's own.
 */
export const holderOf = (
  asked: RenewalRequest,
  {
    authority,
    identities,
    now,
  }: { readonly authority: Authority; readonly identities: Identities; readonly now: WallMs },
): Holder | Refused => {
  const certificate = readCertificate(asked.certificate)
  if (!certificate || !authority.signed(certificate)) return refusal('unknown-certificate', null)
  const name = commonName(certificate)
  const { publicKey, serialNumber, validToDate } = certificate
  if (!verify('sha256', Buffer.from(renewalText(asked)), publicKey, Buffer.from(asked.signature, 'base64')))
    return refusal('bad-proof', name)
  const identity = identities.get(name)
  const admission = identities.admits(name, serialNumber)
  const refused = 'refused' in admission ? admission.refused : null
  if (!identity || refused === 'unknown-identity') return refusal('unknown-certificate', name)
  if (refused === 'revoked-certificate') return refusal('revoked-identity', name)
  const expired = validToDate.getTime() <= now
  const current = publicPem(publicKey) === identity.publicKey
  if (!current && (expired || refused)) return refusal('superseded-certificate', name)
  const lost = current ? lostIn(identity, serialNumber, now) : null
  const counting = identity.certificates.filter(({ notAfter }) => Date.parse(notAfter) > now)
  return lost !== null || counting.length < MOST_CERTIFICATES
    ? { name, identity, expired, lost }
    : refusal('too-many-certificates', name)
}

/** The newest certificate of an identity, if it counts, is at hand, and is not the one that was shown. */
const lostIn = ({ certificates, newest, publicKey }: Identity, shown: string, now: WallMs): Signed | null => {
  const last = certificates.at(-1)
  if (!last || newest === undefined || last.serial === shown || last.revokedAt !== null) return null
  if (Date.parse(last.notAfter) <= now) return null
  const { serial, notAfter, issuedAt } = last
  return { certificate: newest, granted: { serial, notAfter, publicKey, at: fromRfc3339(issuedAt) } }
}

const readCertificate = (pem: string): X509Certificate | null => {
  try {
    return new X509Certificate(pem)
  } catch {
    return null // a stranger's bytes
  }
}
