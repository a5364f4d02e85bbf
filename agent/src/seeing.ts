import type { CancelTimer, DurationMs } from '@infra-home/shared/clock.ts'
import type { AgentOptions } from './agent-options.ts'
import { clockWatch } from './clock-watch.ts'
import type { KernelSubject, Reading } from './collectors/collector.ts'
import { mergeNumbers } from './look.ts'
import { DEFAULT_PACE, type ModemPoll, type PolledModem, pollModem } from './modems/poll.ts'
import type { Publisher } from './publisher.ts'
import { createSchedule } from './schedule.ts'
import { kernelEvents } from './sys/kernel-events.ts'

export type SeeingOptions = Pick<
  AgentOptions,
  'sys' | 'collectors' | 'modems' | 'findModems' | 'pace' | 'keeps' | 'log'
>

export type Seeing = {
  setCadence(cadence: DurationMs): void
  /** Has a modem read at once, and often for a while. */
  hurryModem(id: string): void
  stop(): Promise<void>
}

/** Looks at everything once, then goes on looking: at the cadence, when the kernel says so, and at the modems' own pace. */
export const startSeeing = async (
  options: SeeingOptions,
  publisher: Pick<Publisher, 'states' | 'numbers' | 'event'>,
  cadence: () => DurationMs,
  also: {
    readonly readings: (readings: readonly Reading[]) => void
    readonly kernelChanged: (subject: KernelSubject) => void
    /** Whether a modem is there to carry data now. */
    readonly isForData: (id: string) => boolean
  },
): Promise<Seeing> => {
  const { sys, collectors, log } = options
  const stepped = clockWatch(sys.clock)
  const onReadings = (readings: readonly Reading[]): void => {
    const byMs = stepped()
    if (byMs !== null) publisher.event('clock-step', { byMs })
    for (const reading of readings) publisher.states(reading)
    also.readings(readings)
    publisher.numbers(mergeNumbers(readings))
  }
  const schedule = createSchedule({ sys, clock: sys.clock, collectors, cadence: cadence(), onReadings })
  const polls = new Map<string, ModemPoll>()
  const poll = (modem: PolledModem): Promise<void> => {
    const polled = pollModem(modem, {
      clock: sys.clock,
      pace: options.pace ?? DEFAULT_PACE,
      isForData: () => also.isForData(modem.id),
      onReading: (reading) => onReadings([reading]),
    })
    polls.set(modem.id, polled)
    return polled.start()
  }
  await schedule.first()
  const kernel: CancelTimer = kernelEvents(
    sys,
    {
      changed(subject) {
        also.kernelChanged(subject)
        schedule.wake(subject)
      },
      failed: (reason) => log('warn', 'the kernel monitor ended and is started again', { reason }),
    },
    options.keeps,
  )
  schedule.start()
  await Promise.all(options.modems.map(poll))
  const finding = options.findModems?.((modem) => void poll(modem))
  return {
    setCadence: schedule.setCadence,
    hurryModem: (id) => polls.get(id)?.hurry(),
    async stop() {
      finding?.stop()
      kernel()
      schedule.stop()
      await Promise.all([...polls.values()].map((polled) => polled.stop()))
    },
  }
}
