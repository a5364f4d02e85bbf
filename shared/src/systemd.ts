import { type CancelTimer, type Clock, every, milliseconds } from './clock.ts'
import { describeError } from './errors.ts'
import type { Log } from './log.ts'

/** What systemd put into the environment: sd_notify(3), sd_watchdog_enabled(3). */
export type SystemdEnvironment = { readonly notifySocket: boolean; readonly watchdogUsec: number | null }

/** Reads it for the process `pid`: a watchdog that is set for another process is not ours to feed. */
export const systemdEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): SystemdEnvironment => {
  const usec = Number(env['WATCHDOG_USEC'])
  const ours = env['WATCHDOG_PID'] === undefined || Number(env['WATCHDOG_PID']) === pid
  return { notifySocket: Boolean(env['NOTIFY_SOCKET']), watchdogUsec: ours && usec > 0 ? usec : null }
}

/**
 * The way to systemd. Both mains run the program systemd-notify, since Node.js knows no datagram sockets of the UNIX kind; the
 * unit of a user other than root needs NotifyAccess=all, for then the words come from a child.
 */
export type Systemd = {
  readonly environment: SystemdEnvironment
  /** Runs systemd-notify with these words. */
  readonly notify: (words: readonly string[]) => Promise<unknown>
  readonly log: Log
}

/** Half of its patience is what sd_watchdog_enabled(3) recommends; a word takes its time to get there. */
const SHARE_OF_PATIENCE = 2 / 5

/**
 * Tells systemd that we are ready, and from then on that we are alive; only while `alive` says so. Without systemd it does
 * nothing. Resolves when systemd heard the first; a systemd that is slow to hear is told on, for its watchdog is not slow.
 */
export const startWatchdog = async (
  systemd: Systemd,
  { clock, alive }: { readonly clock: Clock; readonly alive: () => boolean },
): Promise<CancelTimer> => {
  const { notifySocket, watchdogUsec } = systemd.environment
  const ready = tell(systemd, '--ready')
  if (!notifySocket || watchdogUsec === null) {
    await ready
    return () => {}
  }
  const period = milliseconds(Math.max(1, Math.floor((watchdogUsec / 1000) * SHARE_OF_PATIENCE)))
  const cancel = every(clock, period, () => {
    if (alive()) void tell(systemd, 'WATCHDOG=1')
  })
  await ready
  return cancel
}

/** Tells systemd that we are on our way out. */
export const sayStopping = (systemd: Systemd): Promise<void> => tell(systemd, 'STOPPING=1')

const tell = async ({ environment, notify, log }: Systemd, ...words: string[]): Promise<void> => {
  if (!environment.notifySocket) return
  await notify(words).catch((error: unknown) =>
    log('warn', 'systemd does not hear us', { error: describeError(error) }),
  )
}
