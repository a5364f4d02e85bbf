import { type CancelTimer, minutes } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { ModemDriver } from '../modems/modem.ts'
import type { Sys } from '../sys/sys.ts'
import { hostPatience } from './host-patience.ts'
import type { Finding } from './judge-host.ts'
import type { NamedModems } from './named-modems.ts'
import { searchModems } from './search.ts'

export type Following = { stop(): void }

export type FollowOptions = {
  readonly sys: Sys
  readonly drivers: readonly ModemDriver<never>[]
  readonly named: NamedModems
  readonly log: Log
  /** Called once for each modem that a driver is sure of. */
  readonly onFound: (finding: Finding & { readonly driver: string }) => void
}

/** A modem may be plugged in later; hosts that have answered are not asked again by this run. */
const AGAIN_AFTER = minutes(10)

/** Goes on looking for modems, and hands over those that are sure. */
export const followSearch = ({ sys, drivers, named, log, onFound }: FollowOptions): Following => {
  const turn = hostPatience(sys)
  const judged = new Set<string>()
  let cancel: CancelTimer = () => {}
  let stopped = false

  const take = (finding: Finding): void => {
    const { where, answered, driver, sure, why } = finding
    if (judged.has(where) || stopped) return
    log('info', 'looked for a modem', { where, driver: driver ?? 'none', sure, why })
    if (answered) judged.add(where)
    if (sure && driver !== null) onFound({ ...finding, driver })
  }

  const look = async (): Promise<void> => {
    try {
      const known = { ...named, hosts: new Set([...named.hosts, ...judged]) }
      for (const finding of await searchModems(sys, { drivers, turn, known })) take(finding)
    } catch (error) {
      log('warn', 'could not look for modems', { error: describeError(error) })
    }
    if (!stopped) cancel = sys.clock.after(AGAIN_AFTER, () => void look())
  }

  void look()
  return {
    stop() {
      stopped = true
      cancel()
    },
  }
}
