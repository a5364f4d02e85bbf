import { type Clock, type DurationMs, elapsed, milliseconds, type MonoMs } from '@infra-home/shared/clock.ts'
import type { SimState } from '@infra-home/shared/messages/modem.ts'
import { REGISTRATIONS, type RegistrationName } from '../../parse/at-registration.ts'
import { parseSim } from '../../parse/at-sim.ts'
import type { AtAbilities } from './abilities.ts'
import { type AtReply, type AtTalk, isBusy, isSilence } from './talk.ts'

/** What one round of questions gave: the lines by question, and how it ended before its time, if it did. */
export type AtPoll = {
  readonly sim: SimState
  /** Lines by command; a question that was refused, or not put, is not there. */
  readonly said: ReadonlyMap<string, readonly string[]>
  /** The silence, or the "busy", with which it ended. */
  readonly ended: AtReply | null
}

export type AtPollPorts = {
  readonly talk: AtTalk
  readonly abilities: AtAbilities
  readonly clock: Clock
  readonly timeout: DurationMs
}

export const QENG = 'AT+QENG="servingcell"'
export const ASKED_NAME = 'AT+COPS? by name'
export const ASKED_NUMBER = 'AT+COPS? by number'
export const questionOf = (name: RegistrationName): string => `AT${name}?`

type Put = { readonly wants?: string; readonly as?: string }

/** One round. It ends with the first silence, so that a modem that hangs costs one timeout, and with the first "busy". */
export const pollAt = async (ports: AtPollPorts, deadline: MonoMs): Promise<AtPoll> => {
  const { talk, abilities, clock, timeout } = ports
  const said = new Map<string, readonly string[]>()
  let ended: AtReply | null = null
  let sim: SimState = 'unknown'
  const put = async (command: string, { wants, as = command }: Put = {}): Promise<AtReply | null> => {
    if (ended !== null) return null
    const left = elapsed(clock.now().mono, deadline)
    const reply: AtReply =
      left > 0
        ? await talk.ask({ command, timeout: milliseconds(Math.min(timeout, left)), ...(wants && { wants }) })
        : { kind: 'silent', why: 'the modem was too slow to answer everything' }
    if (isSilence(reply) || isBusy(reply)) ended = reply
    if (reply.kind === 'gone') abilities.forget()
    if (reply.kind === 'said') said.set(as, reply.lines)
    return reply
  }
  /** Not every modem knows these. */
  const tryTo = async (command: string, wants: string): Promise<void> => {
    if (abilities.lacks(command)) return
    const reply = await put(command, { wants })
    if (reply && reply.kind !== 'gone') abilities.note(command, reply, sim === 'ready')
  }

  const card = await put('AT+CPIN?', { wants: '+CPIN' })
  if (card && !isSilence(card)) sim = parseSim(card)
  await put('AT+CSQ', { wants: '+CSQ' })
  await tryTo('AT+CESQ', '+CESQ')
  await tryTo('AT^HCSQ?', '^HCSQ')
  await tryTo(QENG, '+QENG')
  for (const name of REGISTRATIONS) await tryTo(questionOf(name), name)
  for (const [format, as] of [
    ['2', ASKED_NUMBER],
    ['0', ASKED_NAME],
  ] as const)
    if ((await put(`AT+COPS=3,${format}`))?.kind === 'said') await put('AT+COPS?', { wants: '+COPS', as })
  await put('AT+CGATT?', { wants: '+CGATT' })
  if ((await put('AT+CGACT?'))?.kind === 'refused') await put('AT+CGPADDR')
  return { sim, said, ended }
}
