import * as Type from 'typebox'
import { literals } from '@infra-home/shared/messages/literals.ts'
import { Name, orNull, Time } from './parts.ts'

const Role = literals('node', 'reader', 'broker')

/** An item of /enrolments. */
export const EnrolmentView = Type.Object({
  id: Type.String(),
  node: Name,
  role: Role,
  state: literals('open', 'used', 'expired'),
  by: Type.String(),
  openedAt: Time,
  expiresAt: Time,
  usedAt: orNull(Time),
})

/** What POST /enrolments answers: the only time that the token is seen. */
export const OpenedEnrolment = Type.Object({
  id: Type.String(),
  node: Name,
  role: Role,
  token: Type.String(),
  expiresAt: Time,
  authorityFingerprint: Type.String({ description: 'sha256: and the hexadecimal SHA-256 of its DER' }),
  lines: Type.Object({
    pi: Type.String({ description: 'to paste on a machine' }),
    phone: Type.String({ description: 'to paste on a phone' }),
  }),
  warnings: Type.Array(Type.String()),
})

/** An item of /identities. */
export const IdentityView = Type.Object({
  name: Name,
  role: Role,
  serial: orNull(Type.String({ description: 'of its newest certificate, hexadecimal' })),
  notAfter: orNull(Time),
  expiresInMs: orNull(Type.Number({ description: 'negative when it has expired' })),
  certificates: Type.Integer({ description: 'how many count now' }),
  enrolledAt: Time,
  by: Type.String(),
  renewedAt: orNull(Time),
  revoked: orNull(Type.Object({ at: Time, by: Type.String() })),
})

const Pem = Type.String({ description: 'PEM' })

/** What a device gets when it enrols or renews. */
export const Grant = Type.Object({
  site: Name,
  node: Name,
  role: Role,
  certificate: Pem,
  issuedAt: Time,
  authority: Pem,
  agreementKey: Pem,
  signingKeys: Type.Array(Type.String()),
  broker: Type.Object({ host: Type.String(), port: Type.Integer() }),
  coordinator: Type.Object({ https: Type.String() }),
})
