import { type Clock, later, milliseconds, sleep } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import { type MmRadio, parseMmSignal } from '../../parse/mmcli-signal.ts'
import type { Mmcli } from './mmcli.ts'

export type Measured = {
  /** What ModemManager shows; null when that is nothing. */
  readonly radio: MmRadio | null
  /** All of it was measured since we asked: what was known before has been forgotten. */
  readonly fresh: boolean
  /** Why it could not be measured; null when it could. */
  readonly why: string | null
}

/** How long a modem may take for one measurement. One that hears nothing costs as much, for ModemManager does not say so. */
const PATIENCE = milliseconds(600)
const LOOK_AGAIN = milliseconds(60)

/**
 * Has the signal measured now. ModemManager polls by itself, but when the modem then says "unknown" for all values it keeps the last good ones and
 * shows them for ever (mm-iface-modem-signal.c, load_values_ready). Polling that is switched off makes it forget them (check_interface_reset);
 * switched on again, it asks the modem at once (polling_restart): what it shows then is new, or nothing. Both hold from 1.14 to 1.24.
 * @throws InfraError modem-unreachable, parse-failed
 */
export const measureSignal = async (mmcli: Mmcli, clock: Clock, path: string): Promise<Measured> => {
  const signal = (...words: readonly string[]): Promise<string> => mmcli(['-m', path, ...words])
  let why: string | null = null
  try {
    await signal('--signal-setup=0')
    await signal(`--signal-setup=${BETWEEN_READS_SECONDS}`)
  } catch (error) {
    why = refusalOf(error)
  }
  const until = later(clock.now().mono, PATIENCE)
  try {
    for (;;) {
      const { radio, hasThresholds } = parseMmSignal(await signal('--signal-get', '-J'))
      const fresh = why === null && !hasThresholds
      if (radio !== null || why !== null || clock.now().mono >= until) return { radio, fresh, why }
      await sleep(clock, LOOK_AGAIN)
    }
  } catch (error) {
    return { radio: null, fresh: false, why: refusalOf(error) }
  }
}

/** Each read asks anew, so ModemManager's own polling is for when we do not: for whoever else looks. */
const BETWEEN_READS_SECONDS = 60

const refusalOf = (error: unknown): string => {
  if (isInfraError(error, 'modem-refused') || isInfraError(error, 'modem-auth')) return error.message
  throw error
}
