import { uptime } from 'node:os'
import { type Clock, monoMs, wallMs } from '@infra-home/shared/clock.ts'

/** This machine's clocks. os.uptime() is CLOCK_BOOTTIME: it runs on through suspend. Timers keep no process alive. */
export const realClock = (): Clock => ({
  now: () => ({ wall: wallMs(Date.now()), mono: monoMs(Math.round(uptime() * 1000)) }),
  after(delay, fn) {
    const timer = setTimeout(fn, delay)
    timer.unref()
    return () => clearTimeout(timer)
  },
})
