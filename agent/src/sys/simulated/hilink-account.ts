import { createHash, timingSafeEqual } from 'node:crypto'
import { type Clock, later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import { parseFlatXml } from '../../parse/flat-xml.ts'
import { errorXml, okXml, renderXml } from './hilink-pages.ts'
import { hilinkScram } from './hilink-scram.ts'
import type { HilinkSessions, SimulatedHilinkSession } from './hilink-sessions.ts'

export type SimulatedAccount = {
  readonly username: string
  readonly password: string
  readonly passwordType: '0' | '3' | '4'
  readonly scram?: boolean
  /** What cannot be had without a login: only what changes something, all but the signal, or everything. */
  readonly protects: 'control' | 'status' | 'all'
}

export type HilinkAccount = {
  stateXml(session: SimulatedHilinkSession): string
  /** `token` is the one that came in the header. */
  loginXml(session: SimulatedHilinkSession, body: string, token: string): string
  challengeXml(session: SimulatedHilinkSession, body: string): string
  proofXml(session: SimulatedHilinkSession, body: string): string
  protects(path: string): boolean
  /** How often a password was looked at, and how often it was right. */
  counts(): { readonly tries: number; readonly logins: number }
}

const MOST_WRONG = 3
const LOCK = minutes(30)

/** The login of a simulated device: one user at a time, locked after three wrong passwords in a row. */
export const hilinkAccount = (
  clock: Clock,
  sessions: HilinkSessions,
  account: SimulatedAccount | null,
): HilinkAccount => {
  let wrong = 0
  let tries = 0
  let logins = 0
  let lockedUntil: MonoMs | null = null

  const scram = account?.scram ? hilinkScram(account) : null
  const isLocked = (): boolean => lockedUntil !== null && clock.now().mono < lockedUntil

  const judge = (session: SimulatedHilinkSession, isRight: () => boolean): number | null => {
    if (isLocked()) return 108_007
    if (sessions.loggedInBeside(session)) return 108_003
    tries++
    if (isRight()) return null
    wrong++
    if (wrong < MOST_WRONG) return 108_006
    lockedUntil = later(clock.now().mono, LOCK)
    wrong = 0
    return 108_007
  }

  const enter = (session: SimulatedHilinkSession, isRight: () => boolean): string => {
    const code = judge(session, isRight)
    if (code !== null) return errorXml(code)
    wrong = 0
    logins++
    session.loggedIn = true
    return okXml()
  }

  return {
    stateXml: (session) =>
      renderXml('response', [
        ['State', session.loggedIn || !account ? 0 : -1],
        ['Username', session.loggedIn ? (account?.username ?? '') : ''],
        ['password_type', account?.passwordType ?? 4],
        ['extern_password_type', account?.scram ? 1 : 0],
      ]),
    loginXml: (session, body, token) =>
      account && !scram ? enter(session, () => isRight(account, body, token)) : errorXml(100_002),
    challengeXml(session, body) {
      if (!scram) return errorXml(100_002)
      return isLocked() ? errorXml(108_007) : scram.challengeXml(session, body)
    },
    proofXml: (session, body) =>
      scram ? enter(session, () => scram.isMet(session, body)) : errorXml(100_002),
    protects(path) {
      if (!account || path.startsWith('user/') || path === 'webserver/publickey') return false
      if (CONTROLS.has(path) || account.protects === 'all') return true
      return account.protects === 'status' && path !== 'device/signal'
    },
    counts: () => ({ tries, logins }),
  }
}

const CONTROLS: ReadonlySet<string> = new Set([
  'device/control',
  'pin/operate',
  'sms/send-sms',
  'sms/send-status',
  'sms/sms-list',
])

/** Firmwares read the elements of a request by position. */
const REQUEST = /<Username>(.*)<\/Username><Password>(.*)<\/Password><password_type>(.*)<\/password_type>/

const isRight = (account: SimulatedAccount, body: string, token: string): boolean => {
  const xml = parseFlatXml(body)
  if (xml.kind !== 'document' || xml.root !== 'request' || !REQUEST.test(body)) return false
  if (xml.fields.get('Username') !== account.username) return false
  if (xml.fields.get('password_type') !== account.passwordType) return false
  const given = Buffer.from(xml.fields.get('Password') ?? '')
  const wanted = Buffer.from(expected(account, token))
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

const expected = (account: SimulatedAccount, token: string): string => {
  const b64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')
  const hex = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')
  if (account.passwordType !== '4') return b64(account.password)
  return b64(hex(`${account.username}${b64(hex(account.password))}${token}`))
}
