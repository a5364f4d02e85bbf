import { type Clock, milliseconds, sleep } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { ROOT_SERVERS } from '../../probes/root-servers.ts'
import type { Reach, Way } from '../reach.ts'

const ROUND_TRIP = milliseconds(45)
/** The address of the root server that was asked for, or the first one's, as the answer to whatever was asked (RFC 1035 §4.1.3). */
const recordFor = (question: Uint8Array): readonly number[] => {
  const text = new TextDecoder().decode(question)
  const { address } =
    ROOT_SERVERS.find(({ name: [letter] }) => text.includes(`\x01${letter}\x0c`)) ?? ROOT_SERVERS[0]
  return [0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, ...address.split('.').map(Number)]
}

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
      const answer = Uint8Array.from([...payload, ...recordFor(payload)])
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
