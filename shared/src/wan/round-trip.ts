import type { Silence } from './silence.ts'

const FIRST_ROUND_TRIP_MS = 100

/** The largest of the last round trips in ms, since a queue that fills makes them long before it makes them rare; a guess before there was one. Pure. */
export const roundTripMsOf = ({ rttsMs }: Silence): number =>
  rttsMs.length === 0 ? FIRST_ROUND_TRIP_MS : Math.max(...rttsMs)
