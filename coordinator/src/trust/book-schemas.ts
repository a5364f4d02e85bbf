import * as Type from 'typebox'
import { Approver, ApproverList } from '@infra-home/shared/messages/want.ts'
import { literals } from '@infra-home/shared/messages/literals.ts'

const text = Type.String()
const time = Type.String({ format: 'date-time', description: 'RFC 3339' })
const orNull = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const done = Type.Object({ at: time, by: text })
const role = literals('node', 'reader', 'broker')
const withdrawn = { serial: text, notAfter: time }

const identity = Type.Object({
  role,
  publicKey: text,
  certificates: Type.Array(Type.Object({ ...withdrawn, issuedAt: time, revokedAt: orNull(time) })),
  enrolledAt: time,
  by: text,
  renewedAt: orNull(time),
  revoked: orNull(done),
})

/** The books of the trust folder, and what the decisions over each rest on; a later release may write more into them. */
export const BOOKS = {
  'nodes.json': Type.Object({
    identities: Type.Record(text, identity),
    gone: Type.Array(Type.Object({ ...withdrawn, revokedAt: time })),
  }),
  'enrolments.json': Type.Object({
    open: Type.Array(
      Type.Object({
        id: text,
        node: text,
        role,
        by: text,
        openedAt: time,
        expiresAt: time,
        usedAt: orNull(time),
        sha256: text,
        usedBy: Type.Optional(text),
      }),
    ),
  }),
  'tokens.json': Type.Array(
    Type.Object({
      id: text,
      name: text,
      scopes: Type.Array(literals('read', 'operate', 'approve', 'admin')),
      createdAt: time,
      createdBy: text,
      expiresAt: orNull(time),
      lastUsedAt: orNull(time),
      revoked: orNull(done),
      hash: text,
    }),
  ),
  'signing.json': Type.Object({
    keys: Type.Array(Type.Object({ key: text, privateKey: text, since: text }), { minItems: 1 }),
    endorsements: Type.Array(Type.Object({})),
    retired: Type.Array(text),
  }),
  'server.json': Type.Object({
    key: text,
    certificate: text,
    issuedAt: time,
    names: Type.Array(text),
  }),
  'approvers.json': Type.Object({
    lists: Type.Array(Type.Interface([ApproverList], { at: time })),
    proposed: Type.Object({ approvers: Type.Array(Approver) }),
  }),
} as const
