import { type Clock, elapsed, later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import { decimalIn } from '../../parse/radio-words.ts'
import { isBlank, type ZteFields } from '../../parse/zte-answer.ts'
import { inOwnTime, LONGEST_LOGIN, STILL_LOGGING_IN } from '../web/in-own-time.ts'
import type { PasswordTrust } from '../web/password-trust.ts'
import { accessHash, ACCESS_FIELDS, passwordHash } from './hashes.ts'
import { describeReply, type ZteForm, type ZteReply, type ZteSession } from './session.ts'

export type ZteCredentials = {
  /** Only where the device's own page asks for one. */
  readonly username: string | null
  readonly password: string
}

export type LoginOutcome =
  | { readonly kind: 'in' }
  /** Nobody gave us a password. */
  | { readonly kind: 'no-password' }
  | { readonly kind: 'failed'; readonly cause: string }
  /** The device was busy, silent or garbled before any password was sent. */
  | { readonly kind: 'unanswered'; readonly reply: Exclude<ZteReply, { kind: 'fields' }> }

export type ZteLogin = {
  /**
   * Logs in unless the password is known or feared to be wrong, or the device is about to lock itself. Never throws; goes on after the
   * deadline.
   */
  enter(deadline: MonoMs): Promise<LoginOutcome>
  /** Waits for a login that is under way; false when it is not over by then. Nothing else may be asked meanwhile. */
  settled(deadline: MonoMs): Promise<boolean>
  /** Whether the last login was so recent that somebody else must have taken the session: a reading leaves it to them. */
  isFresh(): boolean
  /** The session is gone by our own doing. */
  forget(): void
  /** Logs out if we are in. */
  leave(deadline: MonoMs): Promise<void>
}

type Unanswered = Extract<LoginOutcome, { kind: 'unanswered' }>
type LoginPorts = { readonly session: ZteSession; readonly clock: Clock; readonly trust: PasswordTrust }

/** How long somebody else at the device's page is left alone. */
const PEACE = minutes(1)
/** How long devices stay locked after the last wrong password (300 s in service.js of the devices). */
const LOCK = minutes(5)

const QUESTION = ['LD', 'psw_fail_num_str', ...ACCESS_FIELDS] as const

/** The login of one configured password. */
export const zteLogin = (ports: LoginPorts, credentials: ZteCredentials | null): ZteLogin => {
  const { session, clock } = ports
  let inSince: MonoMs | null = null
  const { by, settled } = inOwnTime(clock, async () => {
    const outcome = await logIn(ports, credentials)
    if (outcome.kind === 'in') inSince = clock.now().mono
    return outcome
  })
  return {
    enter: async (deadline) => (await by(deadline)) ?? { kind: 'unanswered', reply: STILL_UNDER_WAY },
    settled,
    isFresh: () => inSince !== null && elapsed(inSince, clock.now().mono) < PEACE,
    forget: () => void (inSince = null),
    async leave(deadline) {
      if (!(await settled(deadline)) || inSince === null) return
      inSince = null
      const asked = await session.ask(ACCESS_FIELDS, deadline)
      if (asked.kind === 'fields')
        await session.post(withAccess({ goformId: 'LOGOUT' }, asked.fields), deadline)
    },
  }
}

/** What is heard while a login goes on. */
export const STILL_UNDER_WAY: Unanswered['reply'] = { kind: 'silent', why: STILL_LOGGING_IN, unsent: true }

const logIn = async (
  { session, clock, trust }: LoginPorts,
  credentials: ZteCredentials | null,
): Promise<LoginOutcome> => {
  if (!credentials) return { kind: 'no-password' }
  const objection = await trust.objection(clock.now().mono)
  if (objection !== null) return failed(objection)
  const deadline = later(clock.now().mono, LONGEST_LOGIN)
  const asked = await session.ask(QUESTION, deadline)
  if (asked.kind !== 'fields') return { kind: 'unanswered', reply: asked }
  const hindrance =
    (await hindranceIn(asked.fields, trust, clock.now().mono)) ?? (await trust.showing(clock.now().mono))
  if (hindrance !== null) return failed(hindrance)
  const reply = await session.postPatiently(loginForm(credentials, asked.fields), deadline)
  return outcomeOf(reply, trust, clock.now().mono)
}

const failed = (cause: string): LoginOutcome => ({ kind: 'failed', cause })

/** A form with the AD that belongs to it. */
export const withAccess = (form: ZteForm, fields: ZteFields): ZteForm => {
  const hash = accessHash(fields)
  return hash === null ? form : { ...form, AD: hash }
}

/** Why no password is sent: a page that says nothing, a device that is locked, or one that the next wrong one would lock. */
const hindranceIn = async (fields: ZteFields, trust: PasswordTrust, now: MonoMs): Promise<string | null> => {
  if (isBlank(fields)) return 'the modem did not say how it wants its password'
  const left = decimalIn(fields.get('psw_fail_num_str'))
  if (left === 0) return trust.wait(now, LOCK, 'the modem is locked after too many wrong passwords')
  if (left === 1 && !trust.isProven())
    return trust.wait(now, PEACE, 'one more wrong password would lock the modem: nothing was tried')
  return null
}

/** LOGIN goes without an AD, LOGIN_MULTI_USER with one. The web interface calls the name `user`, mc.py `username`: devices pass over the other. */
const loginForm = ({ username, password }: ZteCredentials, fields: ZteFields): ZteForm => {
  const secret = passwordHash(password, fields.get('LD') ?? '')
  if (username === null) return { goformId: 'LOGIN', password: secret }
  return withAccess({ goformId: 'LOGIN_MULTI_USER', user: username, username, password: secret }, fields)
}

/**
 * What the device's answer to a password means, now and for the next time, by the codes of its web interface: 0 in, 4 in already,
 * 2 somebody else is in, 3 wrong; 1 is any other failure.
 */
const outcomeOf = async (reply: ZteReply, trust: PasswordTrust, now: MonoMs): Promise<LoginOutcome> => {
  if (reply.kind === 'busy' || (reply.kind === 'silent' && reply.unsent)) {
    await trust.unseen()
    return { kind: 'unanswered', reply }
  }
  if (reply.kind !== 'fields')
    return failed(await trust.lost(now, `the answer to the login was lost (${describeReply(reply)})`))
  const code = reply.fields.get('result') ?? ''
  if (code === '0' || code === '4') {
    await trust.accepted()
    return { kind: 'in' }
  }
  if (code === '2') return failed(await trust.wait(now, PEACE, 'somebody else is logged in at the modem (2)'))
  if (code === '3') return failed(await trust.refused('the modem refused the password (3)'))
  return failed(await trust.lost(now, `the modem refused the login (${code.slice(0, 16)})`))
}
