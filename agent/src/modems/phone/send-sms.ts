import { type DurationMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { ModemCondition } from '@infra-home/shared/messages/modem.ts'
import { isPhoneNumber } from '@infra-home/shared/sms/number.ts'
import { termuxRefusal } from '../../parse/termux-answer.ts'
import type { Modem, ModemPorts, ShortMessage } from '../modem.ts'

const LONGEST_SEND: DurationMs = seconds(10)

/**
 * Has a phone send a short message by `termux-sms-send`. The text goes in by standard input: as an argument the program's shell would
 * pass it through `echo`, which takes backslashes and a leading -n for its own. Termux:API says nothing when Android has taken the message
 * and never learns whether the network did (SmsSendAPI passes no PendingIntent); so nothing is sent while the phone is on no network.
 *
 * `service call isms` would need no Termux:API, but there is no safe form of it: the number of the method and its arguments differ between
 * versions and makers (5 and 7 are both in use, with different packages), what stands at a number in another version is another method,
 * which root may call as well, and its answer does not tell whether anything was sent.
 * @param slot the SIM's; null for the phone's choice
 * @throws InfraError modem-refused, modem-unreachable
 */
export const sendSms = async (
  { read, exec }: Pick<Modem, 'read'> & Pick<ModemPorts, 'exec'>,
  { to, text }: ShortMessage,
  slot: number | null,
): Promise<void> => {
  // A space or a comma would be another word of the program's command, or another recipient.
  if (!isPhoneNumber(to)) throw refused('the number is not of the form +33612345678')
  if (text.trim() === '') throw refused('there is no text')
  const { state } = await read()
  if (SILENT.has(state.state)) throw refused(state.cause ?? state.state)
  const words = ['-n', to, ...(slot === null ? [] : ['-s', String(slot)])]
  const said = await exec('termux-sms-send', words, LONGEST_SEND, text).catch((error: unknown) => {
    if (!isInfraError(error)) throw error
    if (error.code === 'exec-timeout')
      throw new InfraError(
        'modem-unreachable',
        `it is not known whether the message was sent: ${error.message}`,
      )
    throw refused(error.message)
  })
  if (said.trim() !== '') throw refused(termuxRefusal(said) ?? said.trim().slice(0, 120))
}

/** In which nothing can be sent; where a phone does not tell its state, it is tried. */
const SILENT: ReadonlySet<ModemCondition> = new Set(['no-sim', 'sim-locked', 'denied', 'searching'])

const refused = (why: string): InfraError =>
  new InfraError('modem-refused', `the message was not sent: ${why}`)
