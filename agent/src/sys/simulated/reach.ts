import { type Clock, milliseconds, sleep } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Reach, Way } from '../reach.ts'

const ROUND_TRIP = milliseconds(45)
/** 198.41.0.4, of a.root-servers.net, as the answer to whatever was asked (RFC 1035 §4.1.3). */
const RECORD = [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 198, 41, 0, 4]

/** An internet behind a simulated modem: resolvers, open ports and pages, or nothing while the modem is not online. */
export const simulatedReach = (clock: Clock, isOnline: () => boolean): Reach => {
  const arrive = async ({ to, timeout }: Way): Promise<void> => {
    if (isOnline()) return sleep(clock, ROUND_TRIP)
    await sleep(clock, timeout)
    throw new InfraError('probe-timeout', `no answer from ${to} in ${timeout} ms`)
  }
  return {
    async ask(way, payload) {
      await arrive(way)
      const answer = Uint8Array.from([...payload, ...RECORD])
      answer[2] = (answer[2] ?? 0) | 0x80
      answer[7] = 1
      return answer
    },
    async knock(way) {
      await arrive(way)
      return 'taken'
    },
    async say(way) {
      await arrive(way)
      return new TextEncoder().encode('HTTP/1.1 204 No Content\r\n\r\n')
    },
  }
}
