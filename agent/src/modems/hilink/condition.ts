import type { Registration, SimState } from '@infra-home/shared/messages/modem.ts'
import { describeHilinkCode, HILINK_CODE } from '../../parse/hilink-answer.ts'
import type { HilinkStatus, Hindrance } from '../../parse/hilink-status.ts'
import { type Judged, judgeModem } from '../judge.ts'
import { type HilinkPoll, isBusy } from './poll.ts'
import type { HilinkReply } from './session.ts'

/**
 * The state when the two questions that matter went unanswered, or null when they were answered well enough to look at
 * what they say. Unreachable and busy come before all else: then nothing that was heard is used.
 */
export const conditionOfAnswers = (poll: HilinkPoll): Judged | null => {
  for (const reply of [poll.status, poll.signal]) {
    if (reply?.kind === 'silent') return { state: 'unreachable', cause: reply.why }
    if (isBusy(reply)) return { state: 'busy', cause: describeHilinkCode(HILINK_CODE.busy) }
  }
  if (poll.login?.kind === 'failed') return { state: 'auth-failed', cause: poll.login.cause }
  return unclear('status', poll.status) ?? unclearSignal(poll.signal)
}

/** The state that the device's own words amount to: the worst of them. */
export const conditionOfStatus = (status: HilinkStatus, sim: SimState, hears: boolean): Judged =>
  judgeModem({
    sim,
    registration: isDenied(status.hindrance) ? 'denied' : serviceOf(status),
    hears,
    dataSession: status.dataSession,
    why: status.hindrance && HINDRANCES[status.hindrance],
  })

/** Whether it roams is another question. */
const serviceOf = ({ inService }: HilinkStatus): Registration => {
  if (inService === null) return 'unknown'
  return inService ? 'home' : 'searching'
}

/** Whether the network, not the radio, keeps the modem out. */
export const isDenied = (hindrance: Hindrance | null): hindrance is 'not-allowed' | 'roaming-denied' =>
  hindrance === 'not-allowed' || hindrance === 'roaming-denied'

const HINDRANCES: Readonly<Record<Hindrance, string>> = {
  'not-allowed': 'the network does not allow a connection',
  'roaming-denied': 'roaming is not allowed',
  'bandwidth-exceeded': 'the data allowance is used up',
  'bad-profile': 'the connection profile (APN) is not accepted',
  failed: 'the connection failed or is switched off',
}

const unclear = (what: string, reply: HilinkReply): Judged | null => {
  if (reply.kind === 'garbled' || reply.kind === 'silent')
    return { state: 'unknown', cause: `${what}: ${reply.why}` }
  return reply.kind === 'refused'
    ? { state: 'unknown', cause: `${what}: ${describeHilinkCode(reply.code)}` }
    : null
}

/** A device may keep its signal to itself without that saying anything of its state. */
const unclearSignal = (reply: HilinkReply | null): Judged | null => {
  if (reply === null) return null
  const kept = reply.kind === 'refused' && KEPT_BACK.has(reply.code)
  return kept ? null : unclear('signal', reply)
}

const KEPT_BACK: ReadonlySet<number> = new Set<number>([HILINK_CODE.noRights, HILINK_CODE.notSupported])
