import { isInfraError } from '@infra-home/shared/errors.ts'
import type { ModemDriver } from '../modems/modem.ts'
import type { Sys } from '../sys/sys.ts'
import { privateGateways } from './gateways.ts'
import { type Finding, judgeHost } from './judge-host.ts'
import type { NamedModems } from './named-modems.ts'

type Search = {
  readonly drivers: readonly ModemDriver<never>[]
  /** Waits for a host's turn to be asked: host-patience.ts. */
  readonly turn: (host: string) => Promise<void>
  readonly known: NamedModems
}

/** Looks for modems at this machine and at its gateways; a host that is like several takes minutes. */
export const searchModems = async (
  sys: Pick<Sys, 'exec' | 'http' | 'readDir' | 'readText'>,
  { drivers, turn, known }: Search,
): Promise<readonly Finding[]> => {
  const hosts = (await privateGateways(sys)).filter((host) => !known.hosts.has(host))
  const [here, there] = await Promise.all([
    Promise.all(
      drivers.filter(({ name }) => !known.drivers.has(name)).map((driver) => foundHere(sys, driver)),
    ),
    Promise.all(hosts.map((host) => judgeHost({ http: sys.http, turn }, drivers, host))),
  ])
  return [...there.map((finding) => unlessNamed(finding, known)), ...here.flat()]
}

/** A modem that was found by its address may be one that is named by its host name. */
const unlessNamed = (finding: Finding, { unresolved }: NamedModems): Finding => {
  const host = unresolved.get(finding.driver ?? '')
  if (host === undefined) return finding
  return { ...finding, sure: false, why: `${finding.why}; it may be ${host} of the configuration` }
}

/** What this machine has of a driver's kind; nothing where its program is not there. */
const foundHere = async (
  sys: Pick<Sys, 'exec' | 'readDir'>,
  { name, recognition }: ModemDriver<never>,
): Promise<readonly Finding[]> => {
  try {
    const found = await recognition?.here?.(sys)
    return (found ?? []).map((one) => ({ ...one, answered: true, driver: name }))
  } catch (error) {
    if (isInfraError(error)) return []
    throw error
  }
}
