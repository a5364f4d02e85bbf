const EVERY_MS = 20
/** A program that was waited for holds up this process for so long on a quiet machine, too. */
const USUAL_MS = 10

/**
 * Begins to watch how late this process's timers come.
 * @returns milliseconds by which they all were late since then: about what a busy machine adds to everything that is measured here
 */
export const watchLateness = (): (() => number) => {
  let late = 0
  let due = performance.now() + EVERY_MS
  const timer = setInterval(() => {
    const now = performance.now()
    late += Math.max(0, now - due - USUAL_MS)
    due = now + EVERY_MS
  }, EVERY_MS)
  timer.unref()
  return () => Math.round(late)
}

/** How long something took, and how late a process was meanwhile that only waited, milliseconds. */
export type Took = { readonly ms: number; readonly lateMs: number }
/** Begins to measure both. @returns what it was until now */
export const startTook = (): (() => Took) => {
  const late = watchLateness()
  const begun = performance.now()
  return () => ({ ms: Math.round(performance.now() - begun), lateMs: late() })
}
/** What of that was its own. An agent and a coordinator wait for their turn one after the other, so a busy machine makes them late twice. */
export const ownMs = ({ ms, lateMs }: Took): number => ms - 2 * lateMs
/** The middle of several. */
export const medianOwnMs = (runs: readonly Took[]): number =>
  runs.map(ownMs).toSorted((a, b) => a - b)[runs.length >> 1] ?? Infinity
export const tookWords = ({ ms, lateMs }: Took): string => `${ms} ms (${lateMs} late)`

/** A cable or a device that goes, in one run among others' on two processors: most of it is their doing. The race has the figure, 5 ms (`npm run bench -- wan`). */
export const AT_ONCE_MS = 1000
