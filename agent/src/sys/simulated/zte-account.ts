import { createHash } from 'node:crypto'
import { type Clock, later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import type { ZteFirmware } from './zte-firmware.ts'

export type SimulatedZteAccount = { readonly username?: string; readonly password: string }

/** A form as it was posted. */
export type ZtePosted = URLSearchParams

export type ZteAccount = {
  /** Whether this cookie belongs to the one session that is in; keeps it alive. */
  isInside(cookie: string | null): boolean
  /** A challenge that holds until it was used. */
  challenge(kind: 'LD' | 'RD'): string
  /** The result code, and the cookie of a new session. */
  login(form: ZtePosted): { readonly result: string; readonly cookie: string | null }
  /** Ends the session, whoever holds it. */
  logout(): void
  /** Whether the form carries the AD that it needs; uses up the RD. */
  hasAccess(form: ZtePosted): boolean
  triesLeft(): number
  /** How often a password was looked at, and how often it was right. */
  counts(): { readonly tries: number; readonly logins: number }
}

const IDLE_LIMIT = minutes(5)
const MOST_TRIES = 5
const LOCK = minutes(5)

/** The login of a simulated device: one session, which a newer one takes over, and a lock after five wrong passwords. */
export const zteAccount = (
  clock: Clock,
  firmware: () => ZteFirmware,
  account: SimulatedZteAccount | null,
): ZteAccount => {
  let serial = 0
  let session: { readonly cookie: string; usedAt: MonoMs } | null = null
  let challenges: { LD?: string; RD?: string } = {}
  let [wrong, tries, logins] = [0, 0, 0]
  let lockedUntil: MonoMs | null = null
  const now = (): MonoMs => clock.now().mono
  const made = (kind: string): string => hex('md5', `${kind}${++serial}`)

  const open = (): string => {
    wrong = 0
    logins++
    session = { cookie: `${firmware().cookie}=${made('session')}`, usedAt: now() }
    return session.cookie
  }

  return {
    isInside(cookie) {
      if (!account) return true
      if (!session || later(session.usedAt, IDLE_LIMIT) <= now()) return false
      if (!(cookie ?? '').includes(session.cookie)) return false
      session.usedAt = now()
      return true
    },
    challenge: (kind) => (challenges[kind] ??= made(kind).toUpperCase()),
    login(form) {
      if (!account) return { result: '1', cookie: null }
      if (lockedUntil !== null && now() < lockedUntil) return { result: '1', cookie: null }
      if (lockedUntil !== null) [wrong, lockedUntil] = [0, null]
      tries++
      if (isRight(form, account, firmware(), challenges.LD ?? '')) return { result: '0', cookie: open() }
      if (++wrong >= MOST_TRIES) lockedUntil = later(now(), LOCK)
      challenges = {}
      return { result: '3', cookie: null }
    },
    logout: () => void (session = null),
    hasAccess(form) {
      const { access, innerVersion, crVersion } = firmware()
      const nonce = challenges.RD
      delete challenges.RD
      if (access === 'none') return true
      const hash = (text: string): string => hex(access, text)
      return nonce !== undefined && form.get('AD') === hash(hash(innerVersion + crVersion) + nonce)
    },
    triesLeft: () => (lockedUntil !== null && now() >= lockedUntil ? MOST_TRIES : MOST_TRIES - wrong),
    counts: () => ({ tries, logins }),
  }
}

const isRight = (
  form: ZtePosted,
  { username, password }: SimulatedZteAccount,
  firmware: ZteFirmware,
  ld: string,
): boolean => {
  if (form.get('goformId') !== firmware.login) return false
  if (firmware.login === 'LOGIN_MULTI_USER' && form.get('user') !== username) return false
  const wanted = firmware.challenge
    ? hex('sha256', hex('sha256', password) + ld)
    : Buffer.from(password, 'utf8').toString('base64')
  return form.get('password') === wanted
}

/** SHA-256 is written in capitals by these devices, MD5 is not. */
const hex = (algorithm: 'md5' | 'sha256', text: string): string => {
  const digest = createHash(algorithm).update(text, 'utf8').digest('hex')
  return algorithm === 'md5' ? digest : digest.toUpperCase()
}
