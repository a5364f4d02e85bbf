import { type CancelTimer, type Clock, every, milliseconds } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Sys } from './sys/sys.ts'

/** What systemd put into the environment: sd_notify(3), sd_watchdog_enabled(3). */
export type SystemdEnvironment = { readonly notifySocket: boolean; readonly watchdogUsec: number | null }

/**
 * Tells systemd that we are ready, and then, at half its patience, that we are alive; only while `alive` says so. Without systemd it
 * does nothing. The unit needs NotifyAccess=all, since systemd-notify is a child.
 */
export const startWatchdog = async (
  sys: Pick<Sys, 'exec' | 'clock'>,
  environment: SystemdEnvironment,
  options: { readonly alive: () => boolean; readonly log: Log },
): Promise<CancelTimer> => {
  if (!environment.notifySocket) return () => {}
  const tell = (...words: string[]): Promise<unknown> =>
    sys
      .exec('systemd-notify', words)
      .catch((error: unknown) => options.log('warn', 'systemd does not hear us', { error: String(error) }))
  await tell('--ready')
  return environment.watchdogUsec === null
    ? () => {}
    : ping(sys.clock, environment.watchdogUsec, () => {
        if (options.alive()) void tell('WATCHDOG=1')
      })
}

const ping = (clock: Clock, watchdogUsec: number, fn: () => void): CancelTimer =>
  every(clock, milliseconds(Math.max(1000, watchdogUsec / 2000)), fn)
