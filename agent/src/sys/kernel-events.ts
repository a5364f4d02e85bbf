import { type CancelTimer, milliseconds, seconds } from '@infra-home/shared/clock.ts'
import type { KernelSubject } from '../collectors/collector.ts'
import { parseMonitorLine } from '../parse/ip-monitor.ts'
import type { LineStream, Sys } from './sys.ts'

const MONITOR = ['-o', 'monitor', 'link', 'address', 'route', 'rule']
const EVERYTHING: readonly KernelSubject[] = ['link', 'address', 'route', 'rule']
const FIRST_WAIT = seconds(1)
const LONGEST_WAIT = seconds(60)
/** A monitor that ran this long was well. */
const WELL_AFTER = seconds(30)

/**
 * Says the moment the kernel changes a link, an address, a route or a rule: one `ip monitor` child that lives as long as the
 * agent, started again with growing waits. After each new start everything may have changed, and is said to have.
 * @param keeps whether changes of an interface are told; by default those of all are
 */
export const kernelEvents = (
  { clock, stream }: Pick<Sys, 'clock' | 'stream'>,
  on: { changed(subject: KernelSubject, onInterface: string | null): void; failed(reason: string): void },
  keeps: (interfaceName: string) => boolean = () => true,
): CancelTimer => {
  let stopped = false
  let current: LineStream | null = null
  let cancel: CancelTimer = () => {}
  let failures = 0

  const start = (): void => {
    const startedAt = clock.now().mono
    current = stream('ip', MONITOR, {
      line(text) {
        const change = parseMonitorLine(text)
        if (change && (change.interface === null || keeps(change.interface)))
          on.changed(change.subject, change.interface)
      },
      ended(reason) {
        if (stopped) return
        failures = clock.now().mono - startedAt >= WELL_AFTER ? 1 : failures + 1
        on.failed(reason)
        const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(10, failures - 1))
        cancel = clock.after(milliseconds(wait), () => {
          start()
          for (const subject of EVERYTHING) on.changed(subject, null)
        })
      },
    })
  }

  start()
  return () => {
    stopped = true
    cancel()
    current?.stop()
  }
}
