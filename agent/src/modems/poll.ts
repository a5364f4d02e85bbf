import {
  type CancelTimer,
  type Clock,
  type DurationMs,
  elapsed,
  later,
  milliseconds,
  minutes,
  type MonoMs,
  seconds,
} from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import { straying } from '../parse/in-ranges.ts'
import { signalQuality } from '@infra-home/shared/signal-quality.ts'
import type { Reading } from '../collectors/collector.ts'
import { type Modem, type ModemReading, UNKNOWN_MODEM } from './modem.ts'

export type PolledModem = {
  readonly id: string
  readonly driver: string
  readonly address: string
  readonly modem: Modem
}

/** How often to read a modem: seldom when all is well, since reading costs its processor and ours, often when it matters. Milliseconds. */
export type PollPace = { readonly calm: DurationMs; readonly alarmed: DurationMs }

export type ModemPoll = {
  start(): Promise<void>
  /** It matters now: somebody doubts that its line leads anywhere. Reads it at once, and often for a minute. */
  hurry(): void
  stop(): Promise<void>
}

const HURRY = minutes(1)

/**
 * Reads a modem again and again, one read at a time. One that is not well, or is doubted, is read at the alarmed pace: its owner waits for it.
 */
export const pollModem = (
  { id, driver, address, modem }: PolledModem,
  options: {
    readonly clock: Clock
    readonly pace: PollPace
    /** Whether data is what it is there for now: one for texts alone is well without. */
    readonly isForData: () => boolean
    readonly onReading: (reading: Reading) => void
  },
): ModemPoll => {
  const { clock, pace, isForData, onReading } = options
  let cancel: CancelTimer = () => {}
  let stopped = false
  let isReading = false
  let strays = 0
  let [begunAt, hurriedUntil] = [clock.now().mono, clock.now().mono]

  const readOnce = async (): Promise<void> => {
    isReading = true
    begunAt = clock.now().mono
    const reading = await modem
      .read()
      .catch((error: unknown) => broken(driver, address, describeError(error)))
    isReading = false
    if (stopped) return
    strays += reading.numbers.strayValues ?? 0
    onReading({
      states: [{ kind: 'modem', id, body: reading.state }],
      numbers: { [`modem/${id}`]: { ...reading.numbers, ...straying(strays) } },
      whole: [],
    })
    const isCalm = isWell(reading, isForData()) && clock.now().mono >= hurriedUntil
    readAfter(isCalm ? pace.calm : pace.alarmed)
  }
  const readAfter = (wait: DurationMs): void => {
    cancel()
    cancel = clock.after(wait, () => void readOnce())
  }

  return {
    start: readOnce,
    hurry() {
      const now: MonoMs = clock.now().mono
      hurriedUntil = later(now, HURRY)
      if (!isReading && !stopped) readAfter(milliseconds(Math.max(0, pace.alarmed - elapsed(begunAt, now))))
    },
    async stop() {
      stopped = true
      cancel()
      await modem.close?.()
    },
  }
}

/**
 * Online, or without data that it is not for, and not about to lose its cell: a house whose reception is only poor would pay for the alarmed pace for
 * ever. Pure.
 */
const isWell = ({ state: { state }, numbers }: ModemReading, isForData: boolean): boolean =>
  (state === 'online' || (state === 'no-data' && !isForData)) && signalQuality(numbers) !== 'none'

/** A driver that throws is a fault of ours; the house still learns that nothing is known. */
const broken = (driver: string, address: string, cause: string): ModemReading => ({
  state: { ...UNKNOWN_MODEM, driver, address, cause: `the driver failed: ${cause}`.slice(0, 256) },
  numbers: { rsrpDbm: null, rsrqDb: null, sinrDb: null, rssiDbm: null },
})

export const DEFAULT_PACE: PollPace = { calm: seconds(30), alarmed: seconds(3) }
