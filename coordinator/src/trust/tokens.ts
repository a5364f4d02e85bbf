import { join } from 'node:path'
import { type Instant, rfc3339, type WallMs, wallMs } from '@infra-home/shared/clock.ts'
import type { Scope } from '../http/context.ts'
import type { Authenticate } from './admin-token.ts'
import { openBook } from './book.ts'
import { BOOKS } from './book-schemas.ts'
import { hashOfToken, newToken } from './tokens-text.ts'

/** What is known of a token; itself it is known to nobody but its owner. Times are RFC 3339. */
export type TokenRecord = {
  readonly id: string
  /** What its changes stand under in the journal; no two tokens ever have the same. */
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly createdAt: string
  readonly createdBy: string
  readonly expiresAt: string | null
  /** To the hour. */
  readonly lastUsedAt: string | null
  readonly revoked: { readonly at: string; readonly by: string } | null
}

type Kept = TokenRecord & { readonly hash: string }

export type NewToken = {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly expiresAt: string | null
  readonly by: string
}

export type TokenState = 'good' | 'expired' | 'revoked'

export type Tokens = {
  readonly authenticate: Authenticate
  /** Oldest first. */
  list(): readonly TokenRecord[]
  stateOf(token: Pick<TokenRecord, 'revoked' | 'expiresAt'>): TokenState
  /** Why a token of this name cannot be made; null when it can. */
  faultOf(name: string): 'taken' | 'reserved' | 'too-many' | null
  /** Makes a token and returns it: it is not to be had again. @throws InfraError when the disk refuses */
  create(token: NewToken): { readonly record: TokenRecord; readonly token: string }
  /** False when there is none of this id, or it was revoked before. @throws InfraError when the disk refuses */
  revoke(id: string, by: string): boolean
  /** What is wrong with the file; null when nothing is. */
  fault(): string | null
}

const USED_EVERY_MS = 3_600_000
const MOST = 500
/** Names that stand for somebody else in the journal. */
const RESERVED = new Set(['administrator', 'schedule', 'coordinator'])

/** @param now both clocks; the wall clock alone counts */
export const openTokens = (folder: string, { now }: { readonly now: () => Instant }): Tokens => {
  const book = openBook<readonly Kept[]>(join(folder, 'tokens.json'), {
    empty: [],
    schema: BOOKS['tokens.json'],
  })
  const indexOf = indexer()

  /** A clock that stands at 1970 makes no expired token good again: it is later than anything in the book. */
  const time = (): WallMs => wallMs(Math.max(now().wall, indexOf(book.read()).newest))

  const change = (id: string, more: Partial<Kept>): void =>
    book.write(book.look().map((token) => (token.id === id ? { ...token, ...more } : token)))

  const noteUse = ({ id, lastUsedAt }: Kept): void => {
    const wall = now().wall
    if (lastUsedAt !== null && wall - Date.parse(lastUsedAt) < USED_EVERY_MS) return
    try {
      change(id, { lastUsedAt: rfc3339(wall) })
    } catch {
      // a full disk locks nobody out; the next use is noted
    }
  }

  const stateOf: Tokens['stateOf'] = ({ revoked, expiresAt }) => {
    if (revoked) return 'revoked'
    return expiresAt !== null && Date.parse(expiresAt) <= time() ? 'expired' : 'good'
  }

  return {
    stateOf,
    authenticate(token) {
      const kept = indexOf(book.read()).byHash.get(hashOfToken(token))
      if (!kept || stateOf(kept) !== 'good') return null
      noteUse(kept)
      return { owner: kept.name, scopes: kept.scopes }
    },
    list: () => book.read().map(recordOf),
    faultOf(name) {
      if (RESERVED.has(name)) return 'reserved'
      const known = book.look()
      if (known.some((token) => token.name === name)) return 'taken'
      return known.length >= MOST ? 'too-many' : null
    },
    create({ id, name, scopes, expiresAt, by }) {
      const token = newToken()
      const kept: Kept = {
        id,
        name,
        scopes: [...new Set<Scope>(['read', ...scopes])],
        createdAt: rfc3339(now().wall),
        createdBy: by,
        expiresAt,
        lastUsedAt: null,
        revoked: null,
        hash: hashOfToken(token),
      }
      book.write([...book.look(), kept])
      return { record: recordOf(kept), token }
    },
    revoke(id, by) {
      const kept = book.look().find((token) => token.id === id)
      if (!kept || kept.revoked) return false
      change(id, { revoked: { at: rfc3339(now().wall), by } })
      return true
    },
    fault: book.fault,
  }
}

const newestIn = ({ createdAt, lastUsedAt }: Kept): number =>
  Math.max(Date.parse(createdAt), lastUsedAt === null ? 0 : Date.parse(lastUsedAt))

const recordOf = ({ hash: _hash, ...record }: Kept): TokenRecord => record

type Index = { readonly byHash: ReadonlyMap<string, Kept>; readonly newest: number }

/** By hash: finding one takes as long as not finding it. Made again when the book has changed. */
const indexer = (): ((kept: readonly Kept[]) => Index) => {
  let known: (Index & { readonly of: readonly Kept[] }) | null = null
  return (kept) => {
    if (known?.of !== kept) {
      const byHash = new Map(kept.map((token) => [token.hash, token]))
      known = { of: kept, byHash, newest: Math.max(0, ...kept.map(newestIn)) }
    }
    return known
  }
}
