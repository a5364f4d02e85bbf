import type { MonoMs } from '@infra-home/shared/clock.ts'
import { HILINK_CODE } from '../../parse/hilink-answer.ts'
import { parseHilinkStatus } from '../../parse/hilink-status.ts'
import type { HilinkLogin } from './login.ts'
import type { LoginOutcome } from './login-outcome.ts'
import { STILL_LOGGING_IN } from '../web/in-own-time.ts'
import { fieldsOf, type HilinkReply, type HilinkRequest, type HilinkSession } from './session.ts'

/** What one round of questions gave; null where the question was not put. */
export type HilinkPoll = {
  readonly status: HilinkReply
  readonly signal: HilinkReply | null
  readonly pin: HilinkReply | null
  readonly operator: HilinkReply | null
  readonly traffic: HilinkReply | null
  readonly month: HilinkReply | null
  /** What came of a login, if one was wanted. */
  readonly login: LoginOutcome | null
}

type PollPorts = {
  readonly session: HilinkSession
  readonly login: HilinkLogin
  /** Endpoints that this device does not have; grows. */
  readonly unsupported: Set<string>
}

/** Puts questions with the rights that the credentials give; logs in at most once. */
export type Asker = {
  ask(request: HilinkRequest): Promise<HilinkReply>
  login(): LoginOutcome | null
}

/** An asker for one round that must be over at `deadline`. */
export const asker = (ports: Omit<PollPorts, 'unsupported'>, deadline: MonoMs): Asker => {
  let outcome: LoginOutcome | null = null
  return {
    async ask(request) {
      if (!(await ports.login.settled(deadline)))
        return { kind: 'silent', why: STILL_LOGGING_IN, unsent: true }
      const reply = await ports.session.ask(request, deadline)
      if (reply.kind !== 'refused' || reply.code !== HILINK_CODE.noRights || outcome) return reply
      outcome = await ports.login.enter(deadline)
      if (outcome.kind === 'unanswered') return outcome.reply
      return outcome.kind === 'in' ? ports.session.ask(request, deadline) : reply
    },
    login: () => outcome,
  }
}

/**
 * One round: at most six questions, fewer when the answers make them idle. It ends with the first silence, so that a
 * device that hangs costs one timeout, and with the first "busy".
 */
export const pollHilink = async (ports: PollPorts, deadline: MonoMs): Promise<HilinkPoll> => {
  const asking = asker(ports, deadline)
  let over = false
  const put = async (path: string): Promise<HilinkReply | null> => {
    if (over || ports.unsupported.has(path)) return null
    const reply = await asking.ask({ path })
    if (reply.kind === 'silent' || isBusy(reply)) over = true
    if (reply.kind === 'refused' && reply.code === HILINK_CODE.notSupported && path !== STATUS)
      ports.unsupported.add(path)
    return reply
  }
  const status = (await put(STATUS)) ?? { kind: 'silent', why: 'not asked', unsent: true }
  const said = fieldsOf(status)
  const { inService = null, sim = 'unknown' } = said ? parseHilinkStatus(said) : {}
  return {
    status,
    signal: await put('device/signal'),
    pin: said && (sim !== 'ready' || inService !== true) ? await put('pin/status') : null,
    operator: inService === true ? await put('net/current-plmn') : null,
    traffic: await put('monitoring/traffic-statistics'),
    month: await put('monitoring/month_statistics'),
    login: asking.login(),
  }
}

const STATUS = 'monitoring/status'

/** Whether the device said that it cannot answer now. */
export const isBusy = (reply: HilinkReply | null): boolean =>
  reply?.kind === 'refused' && reply.code === HILINK_CODE.busy
