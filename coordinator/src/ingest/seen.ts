import { type Instant, monoMs, type WallMs, wallMs } from '@infra-home/shared/clock.ts'
import type { Envelope } from '@infra-home/shared/messages/envelope.ts'
import type { Seen } from '../world/node.ts'

/** No clock of ours was right before this: an earlier time is a clock that was never set. */
const EARLIEST_WALL = Date.UTC(2020, 0, 1)

/**
 * When a thing was seen. Within one boot the device's monotonic clock says how long ago that was: receipt − (sentMono −
 * mono). What was stored in an earlier boot has only the device's wall time, which is taken as it is unless it cannot
 * be true; then it counts as seen when it came, uncorrected.
 * @param message what was seen
 * @param carrier the message that brought it: itself, or the backlog it lay in
 */
export const whenSeen = (message: Envelope, carrier: Envelope, received: Instant): Seen => {
  if (message.boot === carrier.boot) {
    const ago = Math.max(0, carrier.sentMono - message.mono)
    return { wall: wallMs(received.wall - ago), mono: monoMs(received.mono - ago), corrected: true }
  }
  const told = Date.parse(message.at)
  const wall: WallMs = told >= EARLIEST_WALL && told <= received.wall ? wallMs(told) : received.wall
  return { wall, mono: monoMs(received.mono - (received.wall - wall)), corrected: false }
}

/**
 * When a thing was seen that a broker kept and hands over now: nobody knows how long it lay there, so the device's wall clock
 * is taken, put right by how far off it was known to be.
 * @param clockOffsetMs the device's wall clock minus ours, as live messages showed it; null when it never spoke
 */
export const whenKept = (message: Envelope, received: Instant, clockOffsetMs: number | null): Seen => {
  const told = Date.parse(message.at) - (clockOffsetMs ?? 0)
  const wall: WallMs = told >= EARLIEST_WALL && told <= received.wall ? wallMs(told) : received.wall
  return { wall, mono: monoMs(received.mono - (received.wall - wall)), corrected: false }
}
