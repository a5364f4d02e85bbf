import type { DurationMs, MonoMs } from '@infra-home/shared/clock.ts'

/** Says yes `most` times within each `span`, and no beyond that. */
export const seldom = (most: number, span: DurationMs): ((now: MonoMs) => boolean) => {
  let since = -Infinity
  let count = 0
  return (now) => {
    if (now - since >= span) {
      since = now
      count = 0
    }
    count++
    return count <= most
  }
}
