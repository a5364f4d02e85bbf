import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { type DurationMs, rfc3339, type WallMs } from '@infra-home/shared/clock.ts'
import { openBook } from './book.ts'
import { BOOKS } from './book-schemas.ts'
import type { Role } from './identities.ts'
import { hashOfToken, newToken } from './tokens-text.ts'

/** What was used or expired is kept for so long, to be able to say so. */
const REMEMBERED_MS = 30 * 86_400_000
/** As many may be remembered; the oldest go. */
const MOST = 500

/** A leave to enrol, for one device, once; times are RFC 3339. */
export type Enrolment = {
  readonly id: string
  readonly node: string
  readonly role: Role
  readonly by: string
  readonly openedAt: string
  readonly expiresAt: string
  readonly usedAt: string | null
}

export type EnrolmentState = 'open' | 'used' | 'expired'

export type TokenRefusal = 'unknown-token' | 'used-token' | 'expired-token' | 'wrong-node'
type Asked = { readonly token: string; readonly node: string | null }
type Refused = { readonly refused: TokenRefusal; readonly node: string | null }
export type Claim =
  | {
      readonly enrolment: Enrolment
      /** The same device has used it before: what it was given may have got lost on the way. */
      readonly again: boolean
      /** Nothing came of it: the token may be used after all. */
      readonly undo: () => void
    }
  | Refused

export type Enrolments = {
  /** Returns the token, the only time that it is seen. */
  open(
    wanted: Pick<Enrolment, 'id' | 'node' | 'role' | 'by'> & { readonly lasts: DurationMs },
    now: WallMs,
  ): { readonly enrolment: Enrolment; readonly token: string }
  /** What a token is for, or why it is worth nothing, whoever shows it. */
  peek(asked: Asked, now: WallMs): Enrolment | Refused
  /**
   * Uses a token up for one key (PEM, SPKI), on the disk, before anything is given for it: two devices at once cannot both have
   * it, and the one that has it may come again in its time.
   */
  claim(asked: Asked & { readonly publicKey: string }, now: WallMs): Claim
  /** Takes an enrolment back. Null when there is none. */
  withdraw(id: string): Enrolment | null
  /** Newest first. */
  all(): readonly Enrolment[]
  /** What is wrong with the file; null when nothing is. */
  fault(): string | null
}

/** The token has 256 random bits, so a plain hash keeps it. */
type Kept = Enrolment & {
  readonly sha256: string
  /** SHA-256 of the key that it was used for. */
  readonly usedBy?: string
}

/** Opens `enrolments.json` in `folder`. @throws InfraError config-invalid, here and at every change, when it is broken */
export const openEnrolments = (folder: string): Enrolments => {
  const book = openBook<{ readonly open: readonly Kept[] }>(join(folder, 'enrolments.json'), {
    empty: { open: [] },
    schema: BOOKS['enrolments.json'],
  })
  const replace = (id: string, by: readonly Kept[]): void =>
    book.write({ open: book.look().open.flatMap((one) => (one.id === id ? by : [one])) })
  const find = ({ token, node }: Asked): Kept | Refused => {
    const sha256 = hashOfToken(token)
    return book.look().open.find((one) => one.sha256 === sha256) ?? { refused: 'unknown-token', node }
  }
  return {
    open({ lasts, ...wanted }, now) {
      const token = newToken() // begins with a letter: no shell and no program takes it for an option
      const expiresAt = rfc3339((now + lasts) as WallMs)
      const enrolment = { ...wanted, openedAt: rfc3339(now), expiresAt, usedAt: null }
      const kept = book.look().open.filter((one) => Date.parse(one.expiresAt) > now - REMEMBERED_MS)
      book.write({ open: [...kept.slice(1 - MOST), { ...enrolment, sha256: hashOfToken(token) }] })
      return { enrolment, token }
    },
    peek(asked, now) {
      const found = find(asked)
      return 'refused' in found ? found : (faultOf(found, asked, now) ?? withoutHash(found))
    },
    claim({ publicKey, ...asked }, now) {
      const found = find(asked)
      if ('refused' in found) return found
      const fault = faultOf(found, asked, now)
      if (fault) return fault
      const usedBy = createHash('sha256').update(publicKey).digest('hex')
      if (found.usedAt === null) replace(found.id, [{ ...found, usedAt: rfc3339(now), usedBy }])
      else if (found.usedBy !== usedBy) return { refused: 'used-token', node: found.node }
      return {
        enrolment: withoutHash(found),
        again: found.usedAt !== null,
        undo: () => replace(found.id, [found]),
      }
    },
    withdraw(id) {
      const found = book.look().open.find((one) => one.id === id)
      if (found) replace(id, [])
      return found ? withoutHash(found) : null
    },
    all: () => book.look().open.map(withoutHash).reverse(),
    fault: book.fault,
  }
}

const faultOf = (found: Kept, asked: Asked, now: WallMs): Refused | null => {
  const { node, usedAt, usedBy, expiresAt } = found
  const isOver = Date.parse(expiresAt) <= now
  if (usedAt !== null && (isOver || usedBy === undefined)) return { refused: 'used-token', node }
  if (isOver) return { refused: 'expired-token', node }
  return asked.node !== null && asked.node !== node ? { refused: 'wrong-node', node } : null
}

export const stateOf = ({ usedAt, expiresAt }: Enrolment, now: WallMs): EnrolmentState => {
  if (usedAt) return 'used'
  return Date.parse(expiresAt) <= now ? 'expired' : 'open'
}

const withoutHash = ({ id, node, role, by, openedAt, expiresAt, usedAt }: Kept): Enrolment => ({
  id,
  node,
  role,
  by,
  openedAt,
  expiresAt,
  usedAt,
})
