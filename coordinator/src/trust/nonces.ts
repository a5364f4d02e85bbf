import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const LASTS_MS = 60_000

/** Numbers to sign that cost nothing to hand out: each carries its time and a seal of this process, and is used once. */
export type Nonces = {
  make(): string
  /** True once for a nonce of the last minute. */
  use(nonce: string): boolean
}

/** @param now milliseconds, monotonic */
export const createNonces = (now: () => number): Nonces => {
  const key = randomBytes(32)
  const used = new Map<string, number>()
  const sealOf = (head: Buffer): Buffer => createHmac('sha256', key).update(head).digest().subarray(0, 16)
  const madeAt = (nonce: string): number | null => {
    const bytes = Buffer.from(nonce, 'base64url')
    if (bytes.length !== 40 || bytes.toString('base64url') !== nonce) return null
    const head = bytes.subarray(0, 24)
    return timingSafeEqual(sealOf(head), bytes.subarray(24)) ? head.readDoubleBE(0) : null
  }
  return {
    make() {
      const head = Buffer.alloc(24)
      head.writeDoubleBE(now(), 0)
      randomBytes(16).copy(head, 8)
      return Buffer.concat([head, sealOf(head)]).toString('base64url')
    },
    use(nonce) {
      const at = madeAt(nonce)
      for (const [old, since] of used) if (now() - since > LASTS_MS) used.delete(old)
      if (at === null || now() - at > LASTS_MS || used.has(nonce)) return false
      used.set(nonce, at)
      return true
    },
  }
}
