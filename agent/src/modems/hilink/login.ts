import { type Clock, type DurationMs, hours, later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import { describeHilinkCode, HILINK_CODE } from '../../parse/hilink-answer.ts'
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

/** What is remembered of this password: devices lock themselves after a few wrong ones. */
type Trust =
  | { readonly kind: 'untried' }
  | { readonly kind: 'proven' }
  | { readonly kind: 'barred'; readonly cause: string }

type Way = '0' | '3' | '4' | 'scram'
type Wait = { readonly until: MonoMs; readonly cause: string }
type Verdict = { readonly trust: Trust; readonly wait: Wait | null; readonly outcome: LoginOutcome }

const AFTER_A_LOST_ANSWER = minutes(10)

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

/**
 * The login of one configured password. A password that was refused, or whose answer was lost before it was ever
 * accepted, is not sent again by this object.
 */
export const hilinkLogin = (ports: LoginPorts, credentials: HilinkCredentials | null): HilinkLogin => {
  const { session, clock } = ports
  let trust: Trust = { kind: 'untried' }
  let waiting: Wait | null = null
  let inside = false

  const sendPassword = async (way: Way, deadline: MonoMs): Promise<LoginOutcome> => {
    if (!credentials) return { kind: 'no-password' }
    const before = trust
    const { reply, shown } = await showPassword(session, { credentials, way }, deadline)
    if (!shown) return { kind: 'unanswered', reply }
    const verdict = judge(reply, before, clock.now().mono)
    trust = verdict.trust
    inside = verdict.outcome.kind === 'in'
    waiting = verdict.wait
    return verdict.outcome
  }

  return {
    async enter(deadline) {
      if (!credentials) return { kind: 'no-password' }
      if (trust.kind === 'barred') return { kind: 'failed', cause: trust.cause }
      if (waiting && clock.now().mono < waiting.until) return { kind: 'failed', cause: waiting.cause }
      const reply = await session.ask({ path: 'user/state-login' }, deadline)
      const way = wayIn(reply)
      if (typeof way === 'string') return sendPassword(way, deadline)
      if (way.kind === 'in') inside = true
      return way
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

/** What the device's answer to a password means for the next time. */
const judge = (reply: HilinkReply, before: Trust, now: MonoMs): Verdict => {
  if (reply.kind === 'fields') return { trust: { kind: 'proven' }, wait: null, outcome: { kind: 'in' } }
  if (reply.kind !== 'refused') return judgeLost(before, now)
  if (NOT_LOOKED_AT.has(reply.code))
    return { trust: before, wait: null, outcome: { kind: 'unanswered', reply } }
  const cause = describeHilinkCode(reply.code)
  const patience = PATIENCE.get(reply.code)
  if (patience === undefined) return bar(`${cause}; not tried again`)
  return { trust: before, wait: { until: later(now, patience), cause }, outcome: { kind: 'failed', cause } }
}

/** The password may have been looked at: one that never was accepted must not be risked a second time. */
const judgeLost = (before: Trust, now: MonoMs): Verdict => {
  const cause = 'the answer to the login was lost'
  if (before.kind === 'proven')
    return {
      trust: before,
      wait: { until: later(now, AFTER_A_LOST_ANSWER), cause },
      outcome: { kind: 'failed', cause },
    }
  return bar(`${cause}; a password that may be wrong is not tried twice`)
}

const bar = (cause: string): Verdict => ({
  trust: { kind: 'barred', cause },
  wait: null,
  outcome: { kind: 'failed', cause },
})
