import type { HouseTime } from './house-time.ts'

/** One direction of a connection: what goes in comes out later, in order, or never. */
export type Pipe = {
  send(deliver: () => void): void
  /** While it is stalled everything waits, as TCP has it. */
  stall(on: boolean): void
  /** Nothing comes out any more. */
  shut(): void
}

/** @param latency of the next message, milliseconds */
export const pipe = (time: HouseTime, latency: () => number): Pipe => {
  const waiting: (() => void)[] = []
  let freeAt = 0
  let stalled = false
  let open = true
  const out = (deliver: () => void): void => {
    if (!open) return
    if (stalled) waiting.push(deliver)
    else deliver()
  }
  return {
    send(deliver) {
      freeAt = Math.max(freeAt, time.now() + latency())
      time.after(freeAt - time.now(), () => out(deliver))
    },
    stall(on) {
      stalled = on
      if (!on) for (const deliver of waiting.splice(0)) out(deliver)
    },
    shut() {
      open = false
    },
  }
}
