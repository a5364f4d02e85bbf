import { type DurationMs, elapsed, milliseconds, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import { parseMmRefusal } from '../../parse/mmcli-refusal.ts'
import type { ModemPorts } from '../modem.ts'

/**
 * Asks ModemManager, or has it do something.
 * @throws InfraError modem-unreachable (no answer in time, no modem, no ModemManager), modem-auth (polkit does not let us),
 * modem-refused. It has no cause, for that would quote the command, and with it PINs and what people write.
 */
export type Mmcli = (args: readonly string[]) => Promise<string>

/** ModemManager answers from memory; this is for a busy machine. */
const LONGEST_QUESTION = milliseconds(1500)
/** Connecting, and sending a message, wait for the network. */
const LONGEST_ORDER = seconds(60)

/** Questions that together end by `deadline`. */
export const mmcliUntil = (ports: Pick<ModemPorts, 'exec' | 'clock'>, deadline: MonoMs): Mmcli => {
  return async (args) => {
    const left = elapsed(ports.clock.now().mono, deadline)
    if (left <= 0) throw new InfraError('modem-unreachable', 'no time was left to ask ModemManager')
    return run(ports, args, milliseconds(Math.min(LONGEST_QUESTION, left)))
  }
}

/** Orders, each of which may take its time. */
export const mmcliOrders =
  (ports: Pick<ModemPorts, 'exec'>): Mmcli =>
  (args) =>
    run(ports, args, LONGEST_ORDER)

const run = async (
  { exec }: Pick<ModemPorts, 'exec'>,
  args: readonly string[],
  timeout: DurationMs,
): Promise<string> => {
  try {
    return await exec('mmcli', args, timeout)
  } catch (error) {
    if (isInfraError(error, 'exec-timeout'))
      throw new InfraError('modem-unreachable', `ModemManager did not answer within ${timeout} ms`)
    if (!isInfraError(error, 'exec-failed')) throw error
    const { code, why } = parseMmRefusal(error.message)
    throw new InfraError(code, why)
  }
}
