import { type MonoMs, monoMs } from './clock.ts'

/** How long the quick source is believed before the exact one is asked again, milliseconds. */
const ANCHOR_MS = 1000

/**
 * A monotonic clock from an exact source that is dear (os.uptime() reads a file, and runs on through suspend) and a quick one that
 * stands still in suspend: the exact one is asked once a second. Never goes back.
 * @param exactMs milliseconds since boot
 * @param quickMs milliseconds since anything, as performance.now()
 */
export const anchoredClock = (exactMs: () => number, quickMs: () => number): (() => MonoMs) => {
  let anchor = { exact: exactMs(), quick: quickMs() }
  let last = anchor.exact
  return () => {
    const quick = quickMs()
    if (quick - anchor.quick >= ANCHOR_MS) anchor = { exact: exactMs(), quick }
    last = Math.max(last, Math.round(anchor.exact + (quick - anchor.quick)))
    return monoMs(last)
  }
}
