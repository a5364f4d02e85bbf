import * as Type from 'typebox'
import { Name, orNull, Time } from './parts.ts'

export const SCOPES = ['read', 'operate', 'approve', 'admin'] as const
export const ScopeName = Type.Enum([...SCOPES])

/** What is shown of a token. */
export const TokenView = Type.Object({
  id: Type.String(),
  name: Name,
  scopes: Type.Array(ScopeName),
  state: Type.Enum(['good', 'expired', 'revoked']),
  createdAt: Time,
  createdBy: Name,
  expiresAt: orNull(Time),
  lastUsedAt: orNull(Time),
  revoked: orNull(Type.Object({ at: Time, by: Name })),
})

export const CreatedToken = Type.Interface([TokenView], {
  token: Type.String({ description: 'the token itself: it is shown this once' }),
})
