import { type Clock, type DurationMs, hours, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import { describeHilinkCode, HILINK_CODE } from '../../parse/hilink-answer.ts'
import { passwordTrust, type PasswordTrust } from '../web/password-trust.ts'
import { type HilinkCredentials, loginBody } from './password.ts'
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

type PasswordType = '0' | '3' | '4'

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

type LoginPorts = { readonly session: HilinkSession; readonly clock: Clock }

/** The login of one configured password. */
export const hilinkLogin = (ports: LoginPorts, credentials: HilinkCredentials | null): HilinkLogin => {
  const { session, clock } = ports
  const trust = passwordTrust(clock)
  let inside = false

  const sendPassword = async (type: PasswordType, deadline: MonoMs): Promise<LoginOutcome> => {
    if (!credentials) return { kind: 'no-password' }
    const reply = await session.ask(
      { path: 'user/login', logsIn: true, body: (token) => loginBody(credentials, type, token) },
      deadline,
    )
    const outcome = judge(reply, trust)
    inside = outcome.kind === 'in'
    return outcome
  }

  return {
    async enter(deadline) {
      if (!credentials) return { kind: 'no-password' }
      const refusal = trust.refusal()
      if (refusal !== null) return { kind: 'failed', cause: refusal }
      const reply = await session.ask({ path: 'user/state-login' }, deadline)
      const way = wayIn(reply)
      if (typeof way === 'string') return sendPassword(way, deadline)
      if (way.kind === 'in') inside = true
      return way
    },
    async leave(deadline) {
      if (!inside || !session.isOpen()) return
      inside = false
      const body = '<?xml version="1.0" encoding="UTF-8"?><request><Logout>1</Logout></request>'
      await session.ask({ path: 'user/logout', body: () => body }, deadline)
    },
  }
}

/** How the device wants the password, from user/state-login (State 0 = in); or why it gets none. */
const wayIn = (reply: HilinkReply): PasswordType | LoginOutcome => {
  if (reply.kind === 'refused' && reply.code === HILINK_CODE.notSupported) return '0'
  if (reply.kind !== 'fields') return { kind: 'unanswered', reply }
  if (reply.fields.get('State') === '0') return { kind: 'in' }
  if (reply.fields.get('extern_password_type') === '1')
    return { kind: 'failed', cause: 'this firmware wants a SCRAM login, which this driver does not speak' }
  const type = reply.fields.get('password_type') || '0'
  if (type === '0' || type === '3' || type === '4') return type
  return {
    kind: 'failed',
    cause: `this firmware wants a login of type ${type.slice(0, 16)}, which is not known`,
  }
}

/** What the device's answer to a password means for the next time. */
const judge = (reply: HilinkReply, trust: PasswordTrust): LoginOutcome => {
  if (reply.kind === 'fields') {
    trust.accepted()
    return { kind: 'in' }
  }
  if (reply.kind !== 'refused')
    return { kind: 'failed', cause: trust.lost('the answer to the login was lost') }
  if (NOT_LOOKED_AT.has(reply.code)) return { kind: 'unanswered', reply }
  const cause = describeHilinkCode(reply.code)
  const patience = PATIENCE.get(reply.code)
  return {
    kind: 'failed',
    cause: patience === undefined ? trust.rejected(cause) : trust.postponed(cause, patience),
  }
}
