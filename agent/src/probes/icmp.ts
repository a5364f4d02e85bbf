import { seconds } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { Sys } from '../sys/sys.ts'
import type { Probe } from './probe.ts'

/** How much longer than its own limit the program gets. */
const MARGIN = seconds(1)

/** One empty echo request (RFC 792) by ping(8): 56 bytes at IP level with the answer, the least that a question can cost. */
export const icmpProbe = ({ exec }: Pick<Sys, 'exec'>): Probe => ({
  method: 'icmp',
  async ask({ from, target, timeout, apart }) {
    const limit = String(Math.max(1, Math.ceil(timeout / 1000)))
    const words = ['-n', '-q', '-c', '1', '-s', '0', '-W', limit, '-I', apart?.device ?? from, target]
    try {
      await exec('ping', words, seconds((timeout + MARGIN) / 1000))
      return 'works'
    } catch (cause) {
      const isSilence = isInfraError(cause, 'exec-failed') && cause.context['code'] === '1'
      const code = isSilence ? 'probe-timeout' : 'probe-failed'
      throw new InfraError(code, `${target} did not answer a ping from ${from}`, { cause })
    }
  },
})

/** Whether this machine has a ping that this process may use. */
export const canPing = ({ exec }: Pick<Sys, 'exec'>): Promise<boolean> =>
  exec('ping', ['-n', '-q', '-c', '1', '-W', '1', '127.0.0.1']).then(
    () => true,
    () => false,
  )
