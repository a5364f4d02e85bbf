import {
  type CancelTimer,
  type Clock,
  type DurationMs,
  every,
  milliseconds,
  seconds,
} from '@infra-home/shared/clock.ts'
import type { Collector, KernelSubject, Reading } from './collectors/collector.ts'
import { look } from './look.ts'
import type { Sys } from './sys/sys.ts'

/** A collector that takes longer has hung; its next turn comes all the same. */
const LIMIT = seconds(20)
/** Kernel events come in bursts: what wakes twice within this is looked at once more, after it. */
const BURST = milliseconds(250)

export type ScheduleOptions = {
  readonly sys: Sys
  readonly clock: Clock
  readonly collectors: readonly Collector[]
  readonly cadence: DurationMs
  /** What one pass saw; `together` is one sample of all, whose numbers belong together. */
  readonly onReadings: (readings: readonly Reading[]) => void
}

export type Schedule = {
  /** Looks with everything once; resolves when all have been heard. */
  first(): Promise<void>
  start(): void
  /** The kernel says that something of `subject` has changed. */
  wake(subject: KernelSubject): void
  setCadence(cadence: DurationMs): void
  stop(): void
}

/** Looks with each collector at its pace, and at once when the kernel says so; one look of a collector at a time. */
export const createSchedule = ({
  sys,
  clock,
  collectors,
  onReadings,
  ...options
}: ScheduleOptions): Schedule => {
  const busy = new Map<Collector, Promise<Reading>>()
  const woken = new Map<Collector, CancelTimer>()
  let cancels: CancelTimer[] = []
  let cadence = options.cadence
  let cancelSample: CancelTimer = () => {}

  const lookOnce = (collector: Collector): Promise<Reading> => {
    const running = busy.get(collector)
    if (running) return running
    const reading = look(collector, sys, LIMIT).finally(() => busy.delete(collector))
    busy.set(collector, reading)
    return reading
  }

  const pass = async (chosen: readonly Collector[]): Promise<void> => {
    if (chosen.length > 0) onReadings(await Promise.all(chosen.map(lookOnce)))
  }

  const sampled = collectors.filter(({ pace }) => pace === 'sample')
  const sampleEvery = (): void => {
    cancelSample()
    cancelSample = every(clock, cadence, () => void pass(sampled))
  }

  /** At once; and when a look is under way that may have missed it, again after it. */
  const wakeOne = (collector: Collector): void => {
    if (woken.has(collector)) return
    const running = busy.get(collector)
    if (running) {
      woken.set(collector, () => {})
      void running.then(() => {
        woken.delete(collector)
        return pass([collector])
      })
      return
    }
    void pass([collector])
    woken.set(
      collector,
      clock.after(BURST, () => {
        woken.delete(collector)
        void pass([collector])
      }),
    )
  }

  return {
    first: () => pass(collectors),
    start() {
      sampleEvery()
      cancels = collectors.flatMap((collector) =>
        collector.pace === 'sample' ? [] : [every(clock, collector.pace, () => void pass([collector]))],
      )
    },
    wake(subject) {
      for (const collector of collectors) if (collector.wakesOn.includes(subject)) wakeOne(collector)
    },
    setCadence(fresh) {
      cadence = fresh
      sampleEvery()
    },
    stop() {
      cancelSample()
      for (const cancel of [...cancels, ...woken.values()]) cancel()
    },
  }
}
