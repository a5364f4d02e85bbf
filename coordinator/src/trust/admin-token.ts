import { createHash, timingSafeEqual } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bearer, Scope } from '../http/context.ts'
import { newToken } from './tokens-text.ts'

export type Authenticate = (token: string) => Bearer | null

/** Reads the administrator's token from `<state>/admin.token`, which the first start writes with mode 0600. */
export const openAdminToken = (
  stateDir: string,
): { readonly file: string; readonly authenticate: Authenticate } => {
  const file = join(stateDir, 'admin.token')
  if (!existsSync(file)) writeFileSync(file, `${newToken()}\n`, { mode: 0o600, flag: 'wx' })
  const expected = sha256(readFileSync(file, 'utf8').trim())
  const scopes: readonly Scope[] = ['read', 'operate', 'approve', 'admin']
  return {
    file,
    authenticate: (token) =>
      timingSafeEqual(sha256(token), expected) ? { owner: 'administrator', scopes } : null,
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
