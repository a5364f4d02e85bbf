import * as Type from 'typebox'
import { CopyProblem } from '@infra-home/shared/messages/backup.ts'
import { literals } from '@infra-home/shared/messages/literals.ts'
import { Age, listOf, Name, orNull, Time } from './parts.ts'

/** An item of /backups: one that lies here. */
export const Backup = Type.Object({
  file: Type.String(),
  at: Time,
  ageMs: Age,
  bytes: Type.Integer(),
  copiesOn: Type.Array(Name, { description: 'nodes that hold a verified copy' }),
})

export const CopyOnNode = Type.Object({
  node: Name,
  state: literals('current', 'on-its-way', 'failed', 'old', 'missing'),
  file: orNull(Type.String({ description: 'the newest copy that it holds' })),
  bytes: orNull(Type.Integer()),
  sha256: orNull(Type.String()),
  verifiedAt: orNull(Time),
  verifiedAgeMs: orNull(Age),
  problem: orNull(CopyProblem),
  detail: orNull(Type.String()),
  advice: orNull(Type.String({ description: 'what to do about it' })),
})

/** /backups. */
export const BackupsShown = Type.Interface([listOf(Backup)], {
  recipient: orNull(Type.String({ description: 'whose key opens the copies' })),
  copies: Type.Array(CopyOnNode),
  troubles: Type.Array(Type.String({ description: 'what is wrong with all of them, and what to do' })),
})
