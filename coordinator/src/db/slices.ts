import { setImmediate } from 'node:timers/promises'

/** Long work in pieces: it stands still at each yield, so that a commit need not wait for the end of it. */
export type Slices<T> = Generator<undefined, T>

export const isSlices = (result: unknown): result is Slices<unknown> =>
  Object.prototype.toString.call(result) === '[object Generator]'

/** Does the work to its end and lets everything else run between the pieces. */
export const inSlices = async <T>(work: Slices<T>): Promise<T> => {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
    await setImmediate()
  }
}
