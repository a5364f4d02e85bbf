import type { Packets } from '../parse/proc-net.ts'

/** Even who sends a file gets a packet back for every other that leaves, or some for each bundle. */
const SENT_FOR_ONE = 8

/** Whether a device sends, and next to nothing comes back: the first sign of a dead path, and of one who only sends. Pure. */
export const isOneSided = (before: Packets | undefined, now: Packets | undefined): boolean => {
  if (!before || !now) return false
  const [sent, received] = [now.sent - before.sent, now.received - before.received]
  return sent > 0 && received * SENT_FOR_ONE < sent
}
