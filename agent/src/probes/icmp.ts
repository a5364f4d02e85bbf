import type { Sys } from '../sys/sys.ts'
import { ping } from './ping.ts'
import type { Probe } from './probe.ts'

/** One empty echo request: 56 bytes at IP level with the answer, the least that a question can cost. */
export const icmpProbe = (sys: Pick<Sys, 'exec'>): Probe => ({
  method: 'icmp',
  async ask(way) {
    await ping(sys, way, 0)
    return 'works'
  },
})

/** Whether this machine has a ping that this process may use. */
export const canPing = ({ exec }: Pick<Sys, 'exec'>): Promise<boolean> =>
  exec('ping', ['-n', '-q', '-c', '1', '-W', '1', '127.0.0.1']).then(
    () => true,
    () => false,
  )
