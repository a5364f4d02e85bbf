import { uptime } from 'node:os'
import { anchoredClock } from '@infra-home/shared/anchored-clock.ts'
import { type Clock, wallMs } from '@infra-home/shared/clock.ts'

/** This machine's clocks: the wall clock, and the boot-time clock that runs on through suspend (CLOCK_BOOTTIME). */
export const machineClock = (): Clock => {
  const mono = anchoredClock(
    () => uptime() * 1000,
    () => performance.now(),
  )
  return {
    now: () => ({ wall: wallMs(Date.now()), mono: mono() }),
    after(delay, fn) {
      const timer = setTimeout(fn, delay)
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}
