import { later, type Clock, seconds } from '@infra-home/shared/clock.ts'
import { type ErrorCode, InfraError } from '@infra-home/shared/errors.ts'
import { describeHilinkCode, type HilinkAnswer } from '../../parse/hilink-answer.ts'
import type { HilinkLogin } from './login.ts'
import { asker } from './poll.ts'
import type { HilinkRequest, HilinkSession } from './session.ts'

/** An order is over after this time, whatever the device does. */
const LONGEST_ORDER = seconds(4)

export type HilinkAnswered = Extract<HilinkAnswer, { readonly kind: 'fields' }>

/**
 * Puts a question, or has something done, by whatever login the device wants.
 * @param otherwise what is said when it was not done: `the modem was not rebooted`
 * @throws InfraError modem-refused, modem-unreachable, modem-auth
 */
export type HilinkOrder = (request: HilinkRequest, otherwise: string) => Promise<HilinkAnswered>

export const hilinkOrder =
  (ports: {
    readonly session: HilinkSession
    readonly login: HilinkLogin
    readonly clock: Clock
  }): HilinkOrder =>
  async (request, otherwise) => {
    const failed = (code: ErrorCode, why: string): InfraError => new InfraError(code, `${otherwise}: ${why}`)
    const asking = asker(ports, later(ports.clock.now().mono, LONGEST_ORDER))
    const reply = await asking.ask(request)
    const entered = asking.login()
    if (entered?.kind === 'failed') throw failed('modem-auth', entered.cause)
    if (entered?.kind === 'no-password') throw failed('modem-auth', 'no password is configured')
    if (reply.kind === 'silent') throw failed('modem-unreachable', reply.why)
    if (reply.kind === 'refused') throw failed('modem-refused', describeHilinkCode(reply.code))
    if (reply.kind === 'garbled') throw failed('modem-refused', reply.why)
    return reply
  }
