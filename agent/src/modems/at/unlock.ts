import { seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { CME, pinWanted, TRIES } from '../../parse/at-sim.ts'
import { pinFault, triesLeft, triesObjection } from '../judge.ts'
import { failureOf, order } from './order.ts'
import { type AtTalk, isSilence, USUAL_TIMEOUT } from './talk.ts'

const WHAT = 'unlocked'

/**
 * Gives the SIM its PIN (+CPIN, TS 27.007 §8.3), once, if the modem says that enough tries are left.
 * @throws InfraError modem-refused, modem-unreachable, modem-auth (the PIN was wrong)
 */
export const unlockAt = async (talk: AtTalk, pin: string): Promise<void> => {
  const fault = pinFault(pin)
  if (fault !== null) throw refusal(fault)
  const wanted = pinWanted(await order(talk, { command: 'AT+CPIN?', wants: '+CPIN', what: WHAT }))
  if (wanted === 'READY') return
  if (wanted !== 'SIM PIN') throw refusal(`it wants ${wanted ?? 'something else'}, not the PIN`)
  const left = await askTries(talk)
  const objection = triesObjection(left)
  if (objection !== null) throw refusal(objection)
  const reply = await talk.ask({ command: `AT+CPIN="${pin}"`, timeout: seconds(10), called: 'the PIN' })
  if (reply.kind === 'said') return
  if (reply.kind === 'refused' && (reply.code === CME.password || reply.code === CME.puk))
    throw new InfraError('modem-auth', `the PIN is wrong: ${triesLeft(left === null ? null : left - 1)}`)
  throw failureOf(reply, WHAT)
}

/** By the first way that the modem knows. @throws InfraError modem-unreachable */
const askTries = async (talk: AtTalk): Promise<number | null> => {
  for (const [command, parse] of Object.entries(TRIES)) {
    const reply = await talk.ask({ command, timeout: USUAL_TIMEOUT })
    if (isSilence(reply)) throw failureOf(reply, WHAT)
    const left = reply.kind === 'said' ? parse(reply.lines) : null
    if (left !== null) return left
  }
  return null
}

const refusal = (why: string): InfraError =>
  new InfraError('modem-refused', `the SIM was not unlocked: ${why}`)
