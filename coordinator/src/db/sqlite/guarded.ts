import type { Engine } from '../engine.ts'
import { isSlices, type Slices } from '../slices.ts'
import { storeError } from './failure.ts'

/** The same engine, throwing our errors in place of SQLite's, between slices too. */
export const guarded = (engine: Engine): Engine =>
  Object.fromEntries(
    Object.entries(engine).map(([name, method]) => [name, guard(method as Method)]),
  ) as unknown as Engine

type Method = (...args: unknown[]) => unknown

const guard =
  (method: Method): Method =>
  (...args) => {
    try {
      const result = method(...args)
      return isSlices(result) ? guardSlices(result) : result
    } catch (error) {
      throw storeError(error)
    }
  }

function* guardSlices(work: Slices<unknown>): Slices<unknown> {
  try {
    return yield* work
  } catch (error) {
    throw storeError(error)
  }
}
