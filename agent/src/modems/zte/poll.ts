import type { MonoMs } from '@infra-home/shared/clock.ts'
import { isBlank, isInside, type ZteFields } from '../../parse/zte-answer.ts'
import { hidesRadio, ZTE_RADIO_FIELDS } from '../../parse/zte-radio.ts'
import { ZTE_STATUS_FIELDS } from '../../parse/zte-status.ts'
import { ZTE_TRAFFIC_FIELDS } from '../../parse/zte-traffic.ts'
import { type LoginOutcome, STILL_UNDER_WAY, type ZteLogin } from './login.ts'
import type { ZteReply, ZteSession } from './session.ts'

/** What one round of questions gave. */
export type ZtePoll = {
  readonly reply: ZteReply
  /** What came of a login, if one was wanted; `left-alone` when somebody else has only just taken the session. */
  readonly login: LoginOutcome | { readonly kind: 'left-alone' } | null
}

/** Names that are in the dictionaries of these firmwares: one that is not can make a device leave the whole question unanswered. */
const QUESTION = ['loginfo', ...ZTE_STATUS_FIELDS, ...ZTE_RADIO_FIELDS, ...ZTE_TRAFFIC_FIELDS] as const

/** One round: one question, and once more after a login when the device keeps back what we need. */
export const pollZte = async (
  { session, login }: { readonly session: ZteSession; readonly login: ZteLogin },
  deadline: MonoMs,
): Promise<ZtePoll> => {
  if (!(await login.settled(deadline))) return { reply: STILL_UNDER_WAY, login: null }
  const reply = await session.ask(QUESTION, deadline)
  if (reply.kind !== 'fields' || !keepsBack(reply.fields)) return { reply, login: null }
  if (login.isFresh()) return { reply, login: { kind: 'left-alone' } }
  const outcome = await login.enter(deadline)
  if (outcome.kind === 'unanswered') return { reply: outcome.reply, login: outcome }
  return { reply: outcome.kind === 'in' ? await session.ask(QUESTION, deadline) : reply, login: outcome }
}

const keepsBack = (fields: ZteFields): boolean => !isInside(fields) && (isBlank(fields) || hidesRadio(fields))
