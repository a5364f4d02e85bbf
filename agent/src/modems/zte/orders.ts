import { type Clock, later, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import { type ErrorCode, InfraError } from '@infra-home/shared/errors.ts'
import { isInside, type ZteFields } from '../../parse/zte-answer.ts'
import { ACCESS_FIELDS } from './hashes.ts'
import { type LoginOutcome, STILL_UNDER_WAY, withAccess, type ZteLogin } from './login.ts'
import { describeReply, type ZteForm, type ZteReply, type ZteSession } from './session.ts'

/** Has one thing done. `what` completes "the modem was not …". */
export type ZteOrder = (
  form: ZteForm,
  what: string,
  /** Looks at the fields asked for by `first` before anything is posted, and throws when it must not be. */
  guard?: { readonly first: readonly string[]; readonly check: (fields: ZteFields) => void },
) => Promise<void>

const LONGEST_ORDER = seconds(4)

/** Orders are posted with a fresh AD, and after a login where a password is configured and the session is not in. */
export const zteOrders = ({
  session,
  login,
  clock,
}: {
  readonly session: ZteSession
  readonly login: ZteLogin
  readonly clock: Clock
}): ZteOrder => {
  const prepare = async (first: readonly string[], what: string, deadline: MonoMs) => {
    if (!(await login.settled(deadline))) fieldsOrThrow(STILL_UNDER_WAY, what)
    const ask = async (): Promise<ZteFields> =>
      fieldsOrThrow(await session.ask(['loginfo', ...ACCESS_FIELDS, ...first], deadline), what)
    const fields = await ask()
    if (isInside(fields)) return { fields, login: null }
    const outcome = await login.enter(deadline)
    if (outcome.kind === 'failed') throw refused('modem-auth', what, outcome.cause)
    if (outcome.kind === 'unanswered') fieldsOrThrow(outcome.reply, what)
    return { fields: outcome.kind === 'in' ? await ask() : fields, login: outcome }
  }

  return async (form, what, guard) => {
    const deadline = later(clock.now().mono, LONGEST_ORDER)
    const ready = await prepare(guard?.first ?? [], what, deadline)
    guard?.check(ready.fields)
    const said = fieldsOrThrow(await session.post(withAccess(form, ready.fields), deadline), what)
    if (said.get('result') !== 'success') throw refusal(ready.login, what, said)
  }
}

/** The fields of an answer. @throws InfraError modem-unreachable, modem-refused */
export const fieldsOrThrow = (reply: ZteReply, what: string): ZteFields => {
  if (reply.kind === 'fields') return reply.fields
  throw refused(CODES[reply.kind], what, describeReply(reply))
}

export const refused = (code: ErrorCode, what: string, why: string): InfraError =>
  new InfraError(code, `the modem was not ${what}: ${why}`)

const CODES = { silent: 'modem-unreachable', busy: 'modem-refused', garbled: 'modem-refused' } as const

/** Devices say no more than "failure", whatever the reason. */
const refusal = (login: LoginOutcome | null, what: string, said: ZteFields): InfraError =>
  login?.kind === 'no-password'
    ? refused('modem-auth', what, 'it refused, and no password is configured')
    : refused('modem-refused', what, `it answered ${(said.get('result') || 'nothing').slice(0, 32)}`)
