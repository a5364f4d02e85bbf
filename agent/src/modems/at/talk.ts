import { type Clock, type DurationMs, later, milliseconds } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import { type AtAnswer, isFinal, isFinalOrPrompt, parseAtAnswer } from '../../parse/at-answer.ts'
import { CME } from '../../parse/at-sim.ts'
import { ESCAPE, type SerialLine } from '../../sys/serial.ts'

/** What became of a command: an answer, silence, a line that is gone, or the answer to something else. */
export type AtReply =
  | AtAnswer
  | { readonly kind: 'silent'; readonly why: string }
  | { readonly kind: 'gone'; readonly why: string }
  | { readonly kind: 'astray'; readonly why: string }

export type AtQuestion = {
  readonly command: string
  readonly timeout: DurationMs
  /** What one line of the answer begins with, where an answer without it is none. */
  readonly wants?: string
  /** Whether the modem may say that it waits for a text. */
  readonly mayPrompt?: boolean
  /** What the answer is called in a cause, where the command holds a secret. */
  readonly called?: string
}

/** A conversation with a modem at a serial line. */
export type AtTalk = {
  /** Never throws; after silence, or an answer to something else, the line is opened anew. */
  ask(question: AtQuestion): Promise<AtReply>
  /** Closes the line and forgets how the modem was set. */
  drop(): void
}

/**
 * What the modem is told each time the line was opened; it may refuse any of it. No echo; errors with their number; registrations with cell and
 * technology; names in the plain alphabet. None of it outlasts the modem's power.
 */
const HABITS = ['ATE0', 'AT+CMEE=1', 'AT+CREG=2', 'AT+CGREG=2', 'AT+CEREG=2', 'AT+CSCS="GSM"']

export const atTalk = (line: SerialLine, clock: Clock): AtTalk => {
  let greeted = false
  let mayAwaitText = false
  const drop = (): void => {
    greeted = false
    line.close()
  }
  const put = async (question: AtQuestion): Promise<AtReply> => {
    const reply = await exchange(line, question)
    const isLost = reply.kind === 'silent' || reply.kind === 'gone'
    mayAwaitText = isLost ? mayAwaitText || question.mayPrompt === true || !greeted : reply.kind === 'prompt'
    if (isSilence(reply)) drop()
    return reply
  }

  /**
   * A modem that was left waiting for a text takes everything for one, and is silent: an escape frees it, and is nothing to any other.
   * A slow one goes without the rest of it: there is a question to answer.
   * @returns the silence, or the "busy", in place of an answer to anything; null when the modem was told its habits
   */
  const greet = async (timeout: DurationMs): Promise<AtReply | null> => {
    const end = later(clock.now().mono, milliseconds(timeout / 2))
    for (const [i, command] of HABITS.entries()) {
      const first = i === 0 && mayAwaitText ? ESCAPE : ''
      if (clock.now().mono > end) break
      const reply = await put({ command: `${first}${command}`, timeout })
      if (isSilence(reply) || isBusy(reply)) return reply
    }
    greeted = true
    return null
  }

  return {
    async ask(question) {
      const failed = greeted ? null : await greet(question.timeout)
      return failed ?? put(question)
    },
    drop,
  }
}

const exchange = async (line: SerialLine, question: AtQuestion): Promise<AtReply> => {
  const { command, timeout, wants, mayPrompt, called = command } = question
  try {
    const lines = await line.ask(command, timeout, mayPrompt ? isFinalOrPrompt : isFinal)
    const answer = parseAtAnswer(command, lines)
    const isAstray =
      answer.kind === 'said' &&
      wants !== undefined &&
      !answer.lines.some((one) => one.startsWith(`${wants}:`))
    return isAstray ? { kind: 'astray', why: `the modem answered ${called} with something else` } : answer
  } catch (error) {
    if (!isInfraError(error)) throw error
    return { kind: error.code === 'serial-timeout' ? 'silent' : 'gone', why: error.message }
  }
}

/** Nothing came back that could be told from nothing. */
export const isSilence = (
  reply: AtReply,
): reply is Extract<AtReply, { kind: 'silent' | 'gone' | 'astray' }> =>
  reply.kind === 'silent' || reply.kind === 'gone' || reply.kind === 'astray'

/** 14: SIM busy (TS 27.007 §9.2); 314: the same with short messages (TS 27.005 §3.2.5). */
export const isBusy = (reply: AtReply): boolean =>
  reply.kind === 'refused' && (reply.code === CME.busy || reply.code === 314)

/** The usual wait for an answer. */
export const USUAL_TIMEOUT = milliseconds(1500)
