import { uptime } from 'node:os'
import { type Clock, monoMs, wallMs } from '@infra-home/shared/clock.ts'

/** This machine's clocks: the wall clock, and the boot-time clock that runs on through suspend (CLOCK_BOOTTIME). */
export const machineClock = (): Clock => ({
  now: () => ({ wall: wallMs(Date.now()), mono: monoMs(Math.round(uptime() * 1000)) }),
  after(delay, fn) {
    const timer = setTimeout(fn, delay)
    timer.unref()
    return () => clearTimeout(timer)
  },
})
