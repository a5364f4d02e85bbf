import * as Type from 'typebox'
import { orNull, Text } from './envelope.ts'
import { literals } from './literals.ts'

/** A backup's time, the database that it is of, how it is packed, and that only the owner's key opens it. */
const CopyFile = Type.String({
  pattern: '^infra-home-\\d{4}-\\d{2}-\\d{2}T\\d{2}-\\d{2}-\\d{2}Z\\.db\\.gz\\.age$',
})
const Bytes = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })

/** A copy that the node is to fetch by HTTP from the broker's host, and how many copies it is to keep. Topic: want/backup. */
export const BackupWish = Type.Object({
  file: CopyFile,
  bytes: Bytes,
  sha256: Sha256,
  port: Type.Integer({ minimum: 1, maximum: 65535 }),
  /** Whoever knows it may read: it is nobody else's to know. */
  path: Type.String({ pattern: '^/[A-Za-z0-9/_-]{1,200}$' }),
  keep: Type.Integer({ minimum: 1, maximum: 100 }),
})
export type BackupWish = Type.Static<typeof BackupWish>

export const CopyProblem = literals(
  'no-room',
  'unreachable',
  'refused',
  'wrong-length',
  'wrong-sha256',
  'disk',
)
export type CopyProblem = Type.Static<typeof CopyProblem>

/** A copy that a node holds, whole and verified, or why it does not yet. Topic: state/backup/<file>. */
export const BackupState = Type.Object({
  bytes: Bytes,
  sha256: Sha256,
  held: Type.Boolean(),
  problem: orNull(CopyProblem),
  detail: orNull(Text),
})
export type BackupState = Type.Static<typeof BackupState>
