import { type DurationMs, elapsed, type MonoMs } from '@infra-home/shared/clock.ts'

/** A value and when it was so, by our clock. */
export type Point = readonly [at: MonoMs, value: number]

/** The newest first values of a window, oldest first; see {@link addPoint}. */
export type Track = Point[]

/** A window is known by so many points: enough for a slope, few enough to carry. */
const SLOTS = 32

/**
 * Takes the newest value in, in place. What is newer than a slot of the window is put in place of the one before, and of what is older than the
 * window one point stays, so that the value at its beginning is known.
 */
export const addPoint = (track: Track, point: Point, window: DurationMs): void => {
  const [at] = point
  const [last, before] = [track.at(-1), track.at(-2)]
  if (last && at < last[0]) return
  if (last && before && elapsed(before[0], last[0]) < window / SLOTS) track.pop()
  track.push(point)
  while (track[1] && elapsed(track[1][0], at) >= window) track.shift()
}
