import { type CancelTimer, type Clock, type DurationMs, milliseconds } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Reading } from '../collectors/collector.ts'
import { type Modem, type ModemReading, UNKNOWN_MODEM } from './modem.ts'

export type PolledModem = {
  readonly id: string
  readonly driver: string
  readonly address: string
  readonly modem: Modem
}

/** How often to read a modem: seldom when all is well, often when it matters. Milliseconds. */
export type PollPace = { readonly calm: DurationMs; readonly alarmed: DurationMs }

/**
 * Reads a modem again and again, one read at a time. A modem that is not online, or has just changed, is read at the
 * alarmed pace: its owner waits for it.
 */
export const pollModem = (
  { id, driver, address, modem }: PolledModem,
  options: { readonly clock: Clock; readonly pace: PollPace; readonly onReading: (reading: Reading) => void },
): { start(): Promise<void>; stop(): Promise<void> } => {
  const { clock, pace, onReading } = options
  let cancel: CancelTimer = () => {}
  let stopped = false

  const readOnce = async (): Promise<void> => {
    const reading = await modem
      .read()
      .catch((error: unknown) => broken(driver, address, describeError(error)))
    if (stopped) return
    onReading({
      states: [{ kind: 'modem', id, body: reading.state }],
      numbers: { [`modem/${id}`]: reading.numbers },
      whole: [],
    })
    cancel = clock.after(reading.state.state === 'online' ? pace.calm : pace.alarmed, () => void readOnce())
  }

  return {
    start: readOnce,
    async stop() {
      stopped = true
      cancel()
      await modem.close?.()
    },
  }
}

/** A driver that throws is a fault of ours; the house still learns that nothing is known. */
const broken = (driver: string, address: string, cause: string): ModemReading => ({
  state: { ...UNKNOWN_MODEM, driver, address, cause: `the driver failed: ${cause}`.slice(0, 256) },
  numbers: { rsrpDbm: null, rsrqDb: null, sinrDb: null, rssiDbm: null },
})

export const DEFAULT_PACE: PollPace = { calm: milliseconds(10_000), alarmed: milliseconds(3_000) }
