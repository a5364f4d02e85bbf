import { isInfraError } from '@infra-home/shared/errors.ts'
import type { Sys } from '../sys/sys.ts'

/** Takes links down and up again, and remembers those that did not come up. */
export type LinkBouncer = {
  /** Everybody who looks after the link is told as by a cable that is pulled for a moment. @throws InfraError exec-failed, exec-timeout */
  bounce(device: string): Promise<void>
  /** Whether we took it down, and it is not up yet: `raise` is to be tried until it is. */
  isLowered(device: string): boolean
  /** @throws InfraError exec-failed, exec-timeout */
  raise(device: string): Promise<void>
}

export const openLinkBouncer = (sys: Pick<Sys, 'exec'>): LinkBouncer => {
  const lowered = new Set<string>()
  const set = (device: string, to: 'up' | 'down'): Promise<string> =>
    sys.exec('ip', ['link', 'set', 'dev', device, to])
  const raise = async (device: string): Promise<void> => {
    await set(device, 'up')
    lowered.delete(device)
  }

  return {
    async bounce(device) {
      lowered.add(device)
      await set(device, 'down').catch((error: unknown) => {
        if (isInfraError(error, 'exec-failed')) lowered.delete(device) // whoever said no has done nothing; who did not end may have
        throw error
      })
      await raise(device)
    },
    isLowered: (device) => lowered.has(device),
    raise,
  }
}
