import { MODEM_DRIVERS } from '../modems.gen.ts'
import type { Sys } from '../sys/sys.ts'
import { hostPatience } from './host-patience.ts'
import { type Modems, namedModems } from './named-modems.ts'
import { searchReport } from './report.ts'
import { searchModems } from './search.ts'

/**
 * `modems`: what modems there are, which driver fits each and why, for people; a modem that the configuration names is not
 * asked.
 * @throws InfraError disk-full, disk-failed
 */
export const modemsCommand = async (sys: Sys, config: Modems): Promise<string> => {
  const known = namedModems(config)
  const turn = hostPatience(sys)
  const findings = await searchModems(sys, { drivers: MODEM_DRIVERS, turn, known })
  const unresolved = new Set(known.unresolved.values())
  const hosts = [...known.hosts].filter((host) => !unresolved.has(host)).join(', ')
  const named = hosts === '' ? [] : [`named in the configuration, and not asked: ${hosts}`]
  return [...named, searchReport(findings)].join('\n')
}
