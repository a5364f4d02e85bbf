import { type Clock, type MonoMs } from '@infra-home/shared/clock.ts'
import { describeError, InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { NetgearModel } from '../../parse/netgear-model.ts'
import { parseNetgearVerdict } from '../../parse/netgear-form.ts'
import type { HttpAnswer } from '../../sys/sys.ts'
import type { PasswordTrust } from '../web/password-trust.ts'
import { locationOf, type NetgearSession } from './session.ts'

export type NetgearLogin = {
  /**
   * The model as an administrator sees it: logs in when `model` is a guest's, unless the password is known or feared to be wrong.
   * @throws InfraError modem-auth, http-failed, http-timeout, parse-failed
   */
  enter(model: NetgearModel, deadline: MonoMs): Promise<NetgearModel>
}

/** Where a form's answer is to lead: to yes or to no. */
export const REDIRECTS = { ok_redirect: '/success.json', err_redirect: '/error.json' } as const

/**
 * The login of one configured password, which is sent by a guest alone: sent by an administrator it logs out. Refused, or
 * its answer lost before it was ever accepted, it is not sent again by this object.
 */
export const netgearLogin = (
  {
    session,
    clock,
    trust,
  }: { readonly session: NetgearSession; readonly clock: Clock; readonly trust: PasswordTrust },
  password: string | null,
): NetgearLogin => {
  const send = async (form: Readonly<Record<string, string>>, deadline: MonoMs): Promise<HttpAnswer> => {
    try {
      return await session.post('/Forms/config', { ...form, ...REDIRECTS }, deadline)
    } catch (error) {
      if (!isInfraError(error)) throw error
      throw new InfraError('modem-auth', `${trust.lost(clock.now().mono)} (${describeError(error)})`, {
        cause: error,
      })
    }
  }

  return {
    async enter(model, deadline) {
      if (model.isAdmin) return model
      if (password === null) throw new InfraError('modem-auth', 'no password is configured')
      const objection = await trust.objection(clock.now().mono)
      if (objection !== null) throw new InfraError('modem-auth', objection)
      if (model.token === null) throw new InfraError('parse-failed', 'model.json has no token')
      const answer = await send({ 'session.password': password, token: model.token }, deadline)
      if (parseNetgearVerdict(answer.status, locationOf(answer), answer.body)?.ok === false)
        throw new InfraError('modem-auth', await trust.refused('the modem refused the password'))
      const after = await session.model(deadline).catch((error: unknown) => {
        trust.lost(clock.now().mono)
        throw error
      })
      if (!after.isAdmin)
        throw new InfraError(
          'modem-auth',
          await trust.refused('the modem took the password but let nobody in'),
        )
      trust.accepted()
      return after
    },
  }
}
