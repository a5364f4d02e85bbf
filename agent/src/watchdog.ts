import type { CancelTimer } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import { startWatchdog as start, type Systemd, type SystemdEnvironment } from '@infra-home/shared/systemd.ts'
import type { Sys } from './sys/sys.ts'

/** systemd, as an agent reaches it. */
export const systemdOver = (sys: Pick<Sys, 'exec'>, environment: SystemdEnvironment, log: Log): Systemd => ({
  environment,
  log,
  notify: (words) => sys.exec('systemd-notify', words),
})

/** Tells systemd that the agent is ready, and then that it is alive while `alive` says so. */
export const startWatchdog = (
  sys: Pick<Sys, 'exec' | 'clock'>,
  environment: SystemdEnvironment,
  { alive, log }: { readonly alive: () => boolean; readonly log: Log },
): Promise<CancelTimer> => start(systemdOver(sys, environment, log), { clock: sys.clock, alive })
