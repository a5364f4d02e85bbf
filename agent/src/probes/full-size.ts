import { seconds } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { Sys } from '../sys/sys.ts'
import type { ProbeWay } from './probe.ts'

/** IPv4 and ICMP. */
const HEADERS = 28
const MARGIN = seconds(1)

/**
 * One echo request as large as the link takes, by ping(8), and its answer: whether large packets pass where small ones do. A path that says
 * itself what is too large for it is in order (RFC 1191): the kernel then cuts what it sends, and the next one passes.
 */
export const fullSizeProbe =
  ({ exec }: Pick<Sys, 'exec'>) =>
  async ({ from, target, timeout, mtu, apart }: ProbeWay & { readonly mtu: number }): Promise<'works'> => {
    const limit = String(Math.max(1, Math.ceil(timeout / 1000)))
    const words = [
      '-n',
      '-q',
      '-c',
      '1',
      '-M',
      'want',
      '-s',
      String(mtu - HEADERS),
      '-W',
      limit,
      '-I',
      apart?.device ?? from,
    ]
    try {
      await exec('ping', [...words, target], seconds((timeout + MARGIN) / 1000))
      return 'works'
    } catch (cause) {
      const isSilence = isInfraError(cause, 'exec-failed') && cause.context['code'] === '1'
      const code = isSilence ? 'probe-timeout' : 'probe-failed'
      throw new InfraError(code, `${target} answered no ping of ${mtu} bytes from ${from}`, { cause })
    }
  }
