import { type DurationMs, elapsed, later, type MonoMs } from '@infra-home/shared/clock.ts'
import type { Point } from '../world/track.ts'

export type Change = {
  readonly value: number
  /** The window is not full yet: there may have been more. */
  readonly isPartial: boolean
  /** When it changes by time alone. */
  readonly nextAt: MonoMs | null
}

/**
 * By how much a counter went up in the last `window`; one that fell began anew at 0. It counts as constant between its points, as
 * Prometheus' increase() does without its extrapolation. Null before it was ever heard. Pure.
 */
export const increase = (track: readonly Point[], window: DurationMs, now: MonoMs): Change | null => {
  const begins = (now - window) as MonoMs
  const from = Math.max(
    0,
    track.findLastIndex(([at]) => at <= begins),
  )
  const [first, ...rest] = track.slice(from)
  if (!first) return null
  let [value, before] = [0, first[1]]
  for (const [, counted] of rest) {
    value += counted >= before ? counted - before : counted
    before = counted
  }
  const isPartial = first[0] > begins
  const leaves = isPartial ? first : rest[0]
  return { value, isPartial, nextAt: leaves ? later(leaves[0], window) : null }
}

/**
 * How fast a value moves, per millisecond: the slope of the least-squares line through its points, as Prometheus' deriv(). Null while they
 * cover less than half of `window`. Pure.
 */
export const slope = (track: readonly Point[], window: DurationMs): number | null => {
  const [first, last] = [track[0], track.at(-1)]
  if (!first || !last || elapsed(first[0], last[0]) < window / 2) return null
  const mean = (of: (point: Point) => number): number =>
    track.reduce((sum, point) => sum + of(point), 0) / track.length
  const [middle, level] = [mean(([at]) => at), mean(([, value]) => value)]
  const across = mean(([at, value]) => (at - middle) * (value - level))
  return across / mean(([at]) => (at - middle) ** 2)
}
