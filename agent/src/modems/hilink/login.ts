import { type Clock, later, type MonoMs } from '@infra-home/shared/clock.ts'
import { HILINK_CODE } from '../../parse/hilink-answer.ts'
import { inOwnTime, LONGEST_LOGIN, STILL_LOGGING_IN } from '../web/in-own-time.ts'
import type { PasswordTrust } from '../web/password-trust.ts'
import { failed, type LoginOutcome, outcomeOfChallenge, outcomeOfLogin } from './login-outcome.ts'
import { type HilinkCredentials, loginBody } from './password.ts'
import { requestXml } from './request.ts'
import { scramProofFor } from './scram.ts'
import type { HilinkReply, HilinkRequest, HilinkSession } from './session.ts'

export type HilinkLogin = {
  /** Logs in unless the password is known or feared to be wrong. Never throws; goes on after the deadline. */
  enter(deadline: MonoMs): Promise<LoginOutcome>
  /** Waits for a login that is under way; false when it is not over by then. Nothing else may be asked meanwhile. */
  settled(deadline: MonoMs): Promise<boolean>
  /** Logs out if we are in. */
  leave(deadline: MonoMs): Promise<void>
}

type LoginPorts = { readonly session: HilinkSession; readonly clock: Clock; readonly trust: PasswordTrust }

/** The login of one configured password. */
export const hilinkLogin = (ports: LoginPorts, credentials: HilinkCredentials | null): HilinkLogin => {
  const { session, clock } = ports
  let inside = false
  const { by, settled } = inOwnTime(clock, async () => {
    const outcome = await logIn(ports, credentials)
    inside ||= outcome.kind === 'in'
    return outcome
  })
  return {
    enter: async (deadline) => (await by(deadline)) ?? STILL_UNDER_WAY,
    settled,
    async leave(deadline) {
      if (!(await settled(deadline)) || !inside || !session.isOpen()) return
      inside = false
      await session.ask({ path: 'user/logout', body: () => requestXml([['Logout', 1]]) }, deadline)
    },
  }
}

const STILL_UNDER_WAY: LoginOutcome = {
  kind: 'unanswered',
  reply: { kind: 'silent', why: STILL_LOGGING_IN, unsent: true },
}

const logIn = async (
  { session, clock, trust }: LoginPorts,
  credentials: HilinkCredentials | null,
): Promise<LoginOutcome> => {
  if (!credentials) return { kind: 'no-password' }
  const objection = await trust.objection(clock.now().mono)
  if (objection !== null) return failed(objection)
  const deadline = later(clock.now().mono, LONGEST_LOGIN)
  const show = async (request: HilinkRequest): Promise<LoginOutcome> => {
    const hindrance = await trust.showing(clock.now().mono)
    if (hindrance !== null) return failed(hindrance)
    const reply = await session.ask({ ...request, logsIn: true, patient: true }, deadline)
    return outcomeOfLogin(reply, trust, clock.now().mono)
  }
  const way = wayIn(await session.ask({ path: 'user/state-login' }, deadline))
  if (typeof way !== 'string') return way
  if (way !== 'scram')
    return show({ path: 'user/login', body: (token) => loginBody(credentials, way, token) })
  const proof = await scramProofFor(session, credentials, deadline)
  return 'path' in proof ? show(proof) : outcomeOfChallenge(proof, trust, clock.now().mono)
}

type Way = '0' | '3' | '4' | 'scram'

/** How the device wants the password, from user/state-login (State 0 = in); or why it gets none. */
const wayIn = (reply: HilinkReply): Way | LoginOutcome => {
  if (reply.kind === 'refused' && reply.code === HILINK_CODE.notSupported) return '0'
  if (reply.kind !== 'fields') return { kind: 'unanswered', reply }
  if (reply.fields.get('State') === '0') return { kind: 'in' }
  if (reply.fields.get('extern_password_type') === '1') return 'scram'
  const type = reply.fields.get('password_type') || '0'
  if (type === '0' || type === '3' || type === '4') return type
  return failed(`this firmware wants a login of type ${type.slice(0, 16)}, which is not known`)
}
