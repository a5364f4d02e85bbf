import * as Type from 'typebox'
import { orNull } from './envelope.ts'

export const LONGEST_ERROR = 512

/**
 * From when to when a node's certificate counts, RFC 3339 (that begins in 1970, so its giver has said when it was issued), and why
 * its renewal fails; null while it does not. Topic: state/certificate/own.
 */
export const CertificateState = Type.Object({
  issuedAt: Type.String({ maxLength: 32 }),
  notAfter: Type.String({ maxLength: 32 }),
  error: orNull(Type.String({ maxLength: LONGEST_ERROR })),
})
export type CertificateState = Type.Static<typeof CertificateState>
