import type { DurationMs } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { type AtQuestion, type AtReply, type AtTalk, isSilence, USUAL_TIMEOUT } from './talk.ts'

/** `what` completes "the modem was not …", which is the error when it fails. */
export type AtOrder = Omit<AtQuestion, 'timeout'> & { readonly timeout?: DurationMs; readonly what: string }

/** The lines of the answer. @throws InfraError modem-refused, modem-unreachable */
export const order = async (talk: AtTalk, { what, ...question }: AtOrder): Promise<readonly string[]> => {
  const reply = await talk.ask({ timeout: USUAL_TIMEOUT, ...question })
  if (reply.kind === 'said') return reply.lines
  throw failureOf(reply, what)
}

/** Why the modem did not do something. */
export const failureOf = (reply: AtReply, what: string): InfraError => {
  if (isSilence(reply)) return new InfraError('modem-unreachable', `the modem was not ${what}: ${reply.why}`)
  const why = reply.kind === 'refused' ? reply.why : 'it answered something else'
  return new InfraError('modem-refused', `the modem was not ${what}: ${why}`)
}
