import type { Clock } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import { isPhoneNumber } from '@infra-home/shared/sms/number.ts'
import type { MmModem, MmState } from '../../parse/mmcli-modem.ts'
import { pinFault, triesObjection } from '../judge.ts'
import type { ShortMessage } from '../modem.ts'
import { renewSession } from '../orders/renew-session.ts'
import type { Mmcli } from './mmcli.ts'

/** Ends every data session and begins the last one anew, with the settings that its bearer has. @throws InfraError modem-… */
export const reconnectModem = async (mmcli: Mmcli, modem: MmModem, clock: Clock): Promise<void> => {
  const bearer = modem.bearers.at(-1)
  if (bearer === undefined)
    throw new InfraError('modem-refused', 'the modem was not reconnected: it has had no data session yet')
  await renewSession(clock, {
    end: () => mmcli(['-m', modem.path, '--simple-disconnect']).then(() => {}),
    begin: () => mmcli(['-b', bearer, '--connect']).then(() => {}),
  })
}

/** Sends a message, and takes it out of the modem's memory again. @throws InfraError modem-… */
export const sendMessage = async (
  mmcli: Mmcli,
  modem: MmModem,
  { to, text }: ShortMessage,
): Promise<void> => {
  if (!isPhoneNumber(to))
    throw new InfraError('modem-refused', 'the message was not sent: its number is not in international form')
  const made = await mmcli(['-m', modem.path, `--messaging-create-sms=number=${to},text=${quoted(text)}`])
  const path = SMS_PATH.exec(made)?.[0]
  if (path === undefined)
    throw new InfraError('modem-refused', 'the message was not sent: ModemManager does not say where it is')
  try {
    await mmcli(['-s', path, '--send'])
  } finally {
    await mmcli(['-m', modem.path, `--messaging-delete-sms=${path}`]).catch(keptIsFine)
  }
}

const SMS_PATH = /\/org\/freedesktop\/ModemManager1\/SMS\/\d{1,9}/

/** Its memory has room for more; the next one says when it has not. */
const keptIsFine = (error: unknown): void => {
  if (!isInfraError(error)) throw error
}

/**
 * A value between quotes that it does not hold itself, for mmcli knows no escapes (mm_common_parse_key_value_string): of a text with both kinds the
 * double ones become single ones.
 */
export const quoted = (value: string): string => {
  const text = value.replaceAll('\0', '')
  if (!text.includes('"')) return `"${text}"`
  return text.includes("'") ? `"${text.replaceAll('"', "'")}"` : `'${text}'`
}

const KNOWS_NO_SIM: ReadonlySet<MmState> = new Set<MmState>(['failed', 'unknown', 'initializing'])

/** Gives the SIM its PIN; nothing when it asks for none. @throws InfraError modem-… */
export const unlockSim = async (mmcli: Mmcli, modem: MmModem, pin: string): Promise<void> => {
  const refused = (why: string): InfraError =>
    new InfraError('modem-refused', `the SIM was not unlocked: ${why}`, {
      context: { tries: modem.pinTries },
    })
  if (KNOWS_NO_SIM.has(modem.state)) throw refused('ModemManager does not know it')
  if (modem.state !== 'locked') return
  const fault = pinFault(pin)
  if (fault !== null) throw refused(fault)
  if (modem.unlockRequired !== 'sim-pin' || modem.sim === null)
    throw refused(`it asks for ${modem.unlockRequired ?? 'something unknown'}, not for its PIN`)
  const objection = triesObjection(modem.pinTries)
  if (objection !== null) throw refused(objection)
  try {
    await mmcli(['-i', modem.sim, `--pin=${pin}`])
  } catch (error) {
    if (isInfraError(error, 'modem-refused'))
      throw refused(`${error.message}; there were ${modem.pinTries} tries before this one`)
    throw error
  }
}
