import * as Type from 'typebox'
import { literals } from '@infra-home/shared/messages/literals.ts'
import { Name } from '@infra-home/shared/names.ts'
import { PUBLIC_KEY_PATTERN } from '@infra-home/shared/seal/signature.ts'

const Pem = Type.String({ minLength: 1, maxLength: 16_384 })

/** What an agent was given when it was enrolled or renewed; unknown members stay. PEM, RFC 3339. */
export const IdentityFile = Type.Object({
  site: Name,
  node: Name,
  /** A node unless it says otherwise. */
  role: Type.Optional(literals('node', 'reader', 'broker')),
  certificate: Pem,
  issuedAt: Type.String(),
  authority: Pem,
  /** The coordinator's half of the key for messages (SPKI). */
  agreementKey: Pem,
  signingKeys: Type.Array(Type.String({ pattern: PUBLIC_KEY_PATTERN }), { minItems: 1, maxItems: 8 }),
  broker: Type.Object({
    host: Type.String({ minLength: 1 }),
    port: Type.Integer({ minimum: 1, maximum: 65535 }),
  }),
  /** Where to renew. */
  coordinator: Type.Object({ https: Type.String({ pattern: '^https://' }) }),
})
export type IdentityFile = Type.Static<typeof IdentityFile>
