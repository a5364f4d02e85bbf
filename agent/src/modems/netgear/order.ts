import { type Clock, later, seconds } from '@infra-home/shared/clock.ts'
import { describeError, type ErrorCode, InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { NetgearModel } from '../../parse/netgear-model.ts'
import { parseNetgearVerdict } from '../../parse/netgear-form.ts'
import { type NetgearLogin, REDIRECTS } from './login.ts'
import { locationOf, type NetgearForm, type NetgearSession } from './session.ts'

/** Having a new session, a login and a form takes six requests. */
const LONGEST_ORDER = seconds(15)

export type NetgearOrders = {
  /** The model as an administrator sees it. @throws InfraError modem-auth, modem-refused, modem-unreachable */
  look(otherwise: string): Promise<NetgearModel>
  /**
   * Fills in a form as an administrator.
   * @param otherwise what is said when it was not done: `the modem was not rebooted`
   * @throws InfraError modem-auth, modem-refused, modem-unreachable
   */
  fill(path: string, form: NetgearForm, otherwise: string): Promise<void>
}

export const netgearOrders = (ports: {
  readonly session: NetgearSession
  readonly login: NetgearLogin
  readonly clock: Clock
}): NetgearOrders => {
  const { session, login, clock } = ports
  const deadline = () => later(clock.now().mono, LONGEST_ORDER)
  return {
    look: (otherwise) =>
      saying(otherwise, async () => {
        const by = deadline()
        return login.enter(await login.model(by), by)
      }),
    fill: (path, form, otherwise) =>
      saying(otherwise, async () => {
        const by = deadline()
        const { token } = await login.enter(await login.model(by), by)
        if (token === null) throw new InfraError('parse-failed', 'model.json has no token')
        const answer = await session.post(path, { ...form, ...REDIRECTS, token }, by)
        const verdict = parseNetgearVerdict(answer.status, locationOf(answer), answer.body)
        if (verdict?.ok) return
        throw new InfraError('modem-refused', verdict?.why ?? `the modem answered HTTP ${answer.status}`)
      }),
  }
}

const saying = async <T>(otherwise: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (!isInfraError(error)) throw error
    throw new InfraError(CODES[error.code] ?? 'modem-refused', `${otherwise}: ${describeError(error)}`, {
      cause: error,
    })
  }
}

const CODES: Partial<Record<ErrorCode, ErrorCode>> = {
  'http-failed': 'modem-unreachable',
  'http-timeout': 'modem-unreachable',
  'modem-auth': 'modem-auth',
}
