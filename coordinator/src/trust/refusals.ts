/** Why somebody was given no certificate, and what to do about it. */
export const REFUSALS = {
  'unknown-token': 'this token is not known here: ask for a new line (POST /api/v1/enrolments)',
  'used-token': 'this token was used already: it counts once; ask for a new line',
  'expired-token': 'this token has expired: ask for a new line',
  'wrong-node': 'this token was given to another device',
  'bad-signing-request': 'the signing request is not right',
  'unknown-certificate': 'that is no certificate of this home that counts',
  'revoked-identity': 'this identity was revoked: it has to be enrolled again',
  'superseded-certificate': 'that certificate has expired and a newer one took its place: enrol again',
  'stale-nonce': 'the number to sign is not one of the last minute, or was used: ask for a new one',
  'bad-proof': 'the signature is not by the key of that certificate',
  'too-many-certificates': 'this identity was given too many certificates lately',
  'no-broker': 'there is no broker to send devices to: broker.tls is not set in the configuration',
} as const

export type RefusalReason = keyof typeof REFUSALS

export type Refused = {
  readonly refused: RefusalReason
  /** For people. */
  readonly detail: string
  /** Who is concerned, as far as is known. */
  readonly node: string | null
}

export const refusal = (refused: RefusalReason, node: string | null, more?: string): Refused => ({
  refused,
  node,
  detail: more ? `${REFUSALS[refused]}: ${more}` : REFUSALS[refused],
})
