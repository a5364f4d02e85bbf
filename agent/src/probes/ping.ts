import { seconds } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { Sys } from '../sys/sys.ts'
import type { ProbeWay } from './probe.ts'

/** How much longer than its own limit the program gets. */
const MARGIN = seconds(1)

/**
 * One echo request (RFC 792) by ping(8), of so many bytes beyond the headers. Resolves when it was answered.
 * @param how further words for ping(8)
 * @throws InfraError probe-timeout when it was not, probe-failed when it could not be sent
 */
export const ping = async (
  { exec }: Pick<Sys, 'exec'>,
  { from, target, timeout, apart }: ProbeWay,
  bytes: number,
  how: readonly string[] = [],
): Promise<void> => {
  const limit = String(Math.max(1, Math.ceil(timeout / 1000)))
  const words = ['-n', '-q', '-c', '1', ...how, '-s', String(bytes), '-W', limit]
  try {
    await exec('ping', [...words, '-I', apart?.device ?? from, target], seconds((timeout + MARGIN) / 1000))
  } catch (cause) {
    const isSilence = isInfraError(cause, 'exec-failed') && cause.context['code'] === '1'
    const code = isSilence ? 'probe-timeout' : 'probe-failed'
    throw new InfraError(code, `${target} answered no ping of ${bytes} bytes from ${from}`, { cause })
  }
}
