import { type Clock, type DurationMs, hours, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import { describeHilinkCode, HILINK_CODE } from '../../parse/hilink-answer.ts'
import type { PasswordTrust } from '../web/password-trust.ts'
import { type HilinkCredentials, loginBody } from './password.ts'
import { requestXml } from './request.ts'
import { scramLogin, type Shown } from './scram.ts'
import type { HilinkReply, HilinkSession } from './session.ts'

export type LoginOutcome =
  | { readonly kind: 'in' }
  /** Nobody gave us a password. */
  | { readonly kind: 'no-password' }
  | { readonly kind: 'failed'; readonly cause: string }
  /** The device was busy, silent or garbled before any password was sent. */
  | { readonly kind: 'unanswered'; readonly reply: HilinkReply }

export type HilinkLogin = {
  /** Logs in unless the password is known or feared to be wrong. Never throws. */
  enter(deadline: MonoMs): Promise<LoginOutcome>
  /** Logs out if we are in. */
  leave(deadline: MonoMs): Promise<void>
}

type Way = '0' | '3' | '4' | 'scram'

/** How long to wait after codes that say nothing of our password: somebody else is in, the device is locked. */
const PATIENCE: ReadonlyMap<number, DurationMs> = new Map([
  [HILINK_CODE.alreadyLoggedIn, minutes(1)],
  [HILINK_CODE.tooManyTries, hours(1)],
])

/** Codes after which the device has not looked at the password. */
const NOT_LOOKED_AT: ReadonlySet<number> = new Set<number>([
  HILINK_CODE.wrongToken,
  HILINK_CODE.wrongSession,
  HILINK_CODE.wrongSessionToken,
  HILINK_CODE.busy,
])

type LoginPorts = { readonly session: HilinkSession; readonly clock: Clock; readonly trust: PasswordTrust }

/** The login of one configured password. */
export const hilinkLogin = (ports: LoginPorts, credentials: HilinkCredentials | null): HilinkLogin => {
  const { session, clock, trust } = ports
  let inside = false

  /** What the device's answer to a password means, now and for the next time. */
  const judge = async (reply: HilinkReply): Promise<LoginOutcome> => {
    const { mono } = clock.now()
    if (reply.kind === 'fields') {
      trust.accepted()
      return { kind: 'in' }
    }
    if (reply.kind !== 'refused') return failed(trust.lost(mono))
    if (NOT_LOOKED_AT.has(reply.code)) return { kind: 'unanswered', reply }
    const cause = describeHilinkCode(reply.code)
    const patience = PATIENCE.get(reply.code)
    return failed(patience === undefined ? await trust.refused(cause) : trust.wait(mono, patience, cause))
  }

  return {
    async enter(deadline) {
      if (!credentials) return { kind: 'no-password' }
      const objection = await trust.objection(clock.now().mono)
      if (objection !== null) return failed(objection)
      const reply = await session.ask({ path: 'user/state-login' }, deadline)
      const way = wayIn(reply)
      if (typeof way !== 'string') {
        inside ||= way.kind === 'in'
        return way
      }
      const { reply: shownReply, shown } = await showPassword(session, { credentials, way }, deadline)
      const outcome: LoginOutcome = shown
        ? await judge(shownReply)
        : { kind: 'unanswered', reply: shownReply }
      inside = outcome.kind === 'in'
      return outcome
    },
    async leave(deadline) {
      if (!inside || !session.isOpen()) return
      inside = false
      await session.ask({ path: 'user/logout', body: () => requestXml([['Logout', 1]]) }, deadline)
    },
  }
}

const showPassword = async (
  session: HilinkSession,
  { credentials, way }: { readonly credentials: HilinkCredentials; readonly way: Way },
  deadline: MonoMs,
): Promise<Shown> => {
  if (way === 'scram') return scramLogin(session, credentials, deadline)
  const body = (token: string | null): string => loginBody(credentials, way, token)
  return { reply: await session.ask({ path: 'user/login', logsIn: true, body }, deadline), shown: true }
}

/** How the device wants the password, from user/state-login (State 0 = in); or why it gets none. */
const wayIn = (reply: HilinkReply): Way | LoginOutcome => {
  if (reply.kind === 'refused' && reply.code === HILINK_CODE.notSupported) return '0'
  if (reply.kind !== 'fields') return { kind: 'unanswered', reply }
  if (reply.fields.get('State') === '0') return { kind: 'in' }
  if (reply.fields.get('extern_password_type') === '1') return 'scram'
  const type = reply.fields.get('password_type') || '0'
  if (type === '0' || type === '3' || type === '4') return type
  return {
    kind: 'failed',
    cause: `this firmware wants a login of type ${type.slice(0, 16)}, which is not known`,
  }
}

const failed = (cause: string): LoginOutcome => ({ kind: 'failed', cause })
