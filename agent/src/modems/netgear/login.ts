import { type Clock, later, type MonoMs } from '@infra-home/shared/clock.ts'
import { describeError, InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { NetgearModel } from '../../parse/netgear-model.ts'
import { parseNetgearVerdict } from '../../parse/netgear-form.ts'
import type { HttpAnswer } from '../../sys/sys.ts'
import { isUnsent } from '../../sys/unsent.ts'
import { inOwnTime, LONGEST_LOGIN, STILL_LOGGING_IN } from '../web/in-own-time.ts'
import type { PasswordTrust } from '../web/password-trust.ts'
import { locationOf, type NetgearSession } from './session.ts'

export type NetgearLogin = {
  /**
   * The model as an administrator sees it: logs in when `model` is a guest's, unless the password is known or feared to be wrong. Goes on after
   * the deadline.
   * @throws InfraError modem-auth, http-failed, http-timeout, parse-failed
   */
  enter(model: NetgearModel, deadline: MonoMs): Promise<NetgearModel>
  /** The model as it is shown to us now, once no login is under way. @throws InfraError http-failed, http-timeout, parse-failed */
  model(deadline: MonoMs): Promise<NetgearModel>
}

/** Where a form's answer is to lead: to yes or to no. */
export const REDIRECTS = { ok_redirect: '/success.json', err_redirect: '/error.json' } as const

type LoginPorts = {
  readonly session: NetgearSession
  readonly clock: Clock
  readonly trust: PasswordTrust
}

/** The login of one configured password, which is sent by a guest alone: sent by an administrator it logs out. */
export const netgearLogin = (ports: LoginPorts, password: string | null): NetgearLogin => {
  const { session, clock, trust } = ports
  let guest: NetgearModel | null = null
  const { by, settled } = inOwnTime(clock, () => logIn(ports, password, guest?.token ?? null))
  return {
    async enter(model, deadline) {
      if (model.isAdmin) return model
      guest = model
      const inside = await by(deadline)
      if (inside === null) throw new InfraError('http-timeout', STILL_LOGGING_IN)
      return inside
    },
    async model(deadline) {
      if (!(await settled(deadline))) throw new InfraError('http-timeout', STILL_LOGGING_IN)
      const model = await session.model(deadline)
      if (model.isAdmin) await trust.inside()
      return model
    },
  }
}

const logIn = async (
  { session, clock, trust }: LoginPorts,
  password: string | null,
  token: string | null,
): Promise<NetgearModel> => {
  const now = (): MonoMs => clock.now().mono
  const deadline = later(now(), LONGEST_LOGIN)
  if (password === null) throw failed('no password is configured')
  const objection = await trust.objection(now())
  if (objection !== null) throw failed(objection)
  if (token === null) throw new InfraError('parse-failed', 'model.json has no token')
  const hindrance = await trust.showing(now())
  if (hindrance !== null) throw failed(hindrance)
  const form = { 'session.password': password, token, ...REDIRECTS }
  const answer = await session
    .postPatiently('/Forms/config', form, deadline)
    .catch(async (error: unknown) => Promise.reject(await unheard(error, trust, now())))
  const refusal = refusalIn(answer)
  if (refusal === 'of the password' || (refusal !== null && !trust.isProven()))
    throw failed(await trust.refused('the modem refused the password'))
  const after = await session
    .model(deadline)
    .catch(async (error: unknown) => Promise.reject(await lost(error, trust, now())))
  if (!after.isAdmin) throw failed(await trust.lost(now(), 'the modem let nobody in'))
  await trust.accepted()
  return after
}

const failed = (why: string): InfraError => new InfraError('modem-auth', why)

/** What is thrown when the answer to a password did not come. */
const unheard = async (error: unknown, trust: PasswordTrust, now: MonoMs): Promise<unknown> => {
  if (!isUnsent(error)) return lost(error, trust, now)
  await trust.unseen()
  return error
}

/** What is thrown when a password was sent and what it did is not known. */
const lost = async (error: unknown, trust: PasswordTrust, now: MonoMs): Promise<unknown> =>
  isInfraError(error) ? failed(`${await trust.lost(now)} (${describeError(error)})`) : error

/** Firmwares name the field that they refuse, or none: where the token was at fault, too. */
const refusalIn = (answer: HttpAnswer): 'of the password' | 'of something' | null => {
  const verdict = parseNetgearVerdict(answer.status, locationOf(answer), answer.body)
  if (verdict?.ok !== false) return null
  return verdict.why.includes('session.password') ? 'of the password' : 'of something'
}
