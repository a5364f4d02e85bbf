import type { Duplex } from 'node:stream'

/** So much at once, and so much a second in the long run. */
export type Rate = { readonly burst: number; readonly perSecond: number }

/** What one client may send. */
export type Allowance = {
  readonly packets: Rate
  /** As the heads of the packets announce them. */
  readonly bytes: Rate
  readonly packetBytes: number
}

/** An agent that empties its outbox after a week sends a few hundred packets a second, and less than a hundred kilobytes. */
export const ALLOWANCE: Allowance = {
  packets: { burst: 10_000, perSecond: 1000 },
  bytes: { burst: 32 * 1024 * 1024, perSecond: 1024 * 1024 },
  packetBytes: 300 * 1024,
}

export type Excess = 'flood' | 'too-large'

/** A token bucket: takes `amount` out at `now` (milliseconds, monotonic), and says whether it was there. */
const bucket = ({ burst, perSecond }: Rate, at: number): ((amount: number, now: number) => boolean) => {
  let left = burst
  let filled = at
  return (amount, now) => {
    left = Math.min(burst, left + ((now - filled) / 1000) * perSecond) - amount
    filled = now
    return left >= 0
  }
}

/**
 * Counts the MQTT packets of one client as their bytes pass, and measures each by its head (MQTT 3.1.1 §2.2), before anybody
 * keeps it in memory.
 * @param at milliseconds, monotonic
 */
export const createMeter = ({ packets, bytes: volume, packetBytes }: Allowance, at: number) => {
  const takePackets = bucket(packets, at)
  const takeBytes = bucket(volume, at)
  /** Bytes of the packet that are still to come; its head is being read while it is null. */
  let body: number | null = null
  let headBytes = 0
  let length = 0

  /** One byte of a head; true when it was the last. */
  const head = (byte: number): boolean => {
    if (headBytes > 0) length += (byte & 0x7f) * 128 ** (headBytes - 1)
    headBytes += 1
    return headBytes > 1 && ((byte & 0x80) === 0 || headBytes > 5)
  }

  return (bytes: Uint8Array, now: number): Excess | null => {
    let i = 0
    while (i < bytes.length) {
      if (body !== null && body > 0) {
        const step = Math.min(body, bytes.length - i)
        body -= step
        i += step
        continue
      }
      if (body === 0) [body, headBytes, length] = [null, 0, 0]
      if (!head(bytes[i++] ?? 0)) continue
      body = length
      if (length > packetBytes) return 'too-large'
      if (!takePackets(1, now) || !takeBytes(length, now)) return 'flood'
    }
    return null
  }
}

/** Lets what is read from `stream` pass until it is too much; then it is destroyed, and `onExcess` hears why. */
export const guard = (
  stream: Duplex,
  onExcess: (excess: Excess) => void,
  allowance: Allowance = ALLOWANCE,
): void => {
  const measure = createMeter(allowance, performance.now())
  const read = stream.read.bind(stream)
  stream.read = (size?: number): unknown => {
    const chunk: unknown = read(size)
    const excess = chunk instanceof Uint8Array ? measure(chunk, performance.now()) : null
    if (excess === null) return chunk
    onExcess(excess)
    stream.destroy()
    return null
  }
}
