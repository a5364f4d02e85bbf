import type { ModemConfig } from '../config-schema.ts'

/** What is known already, and not looked for. */
export type NamedModems = {
  /** As they are written, without their ports. */
  readonly hosts: ReadonlySet<string>
  /** What a driver finds at this machine is not looked for where one of its kind is named. */
  readonly drivers: ReadonlySet<string>
  /** Host by driver where it is neither an IPv4 address nor a device file: any modem of that kind may be the one, and is never used without a person's word. */
  readonly unresolved: ReadonlyMap<string, string>
}

/** A configuration, as it is written or with its secrets. */
export type Modems = { readonly modems?: readonly Pick<ModemConfig, 'driver' | 'config'>[] }

/** The modems of a configuration. */
export const namedModems = ({ modems = [] }: Modems): NamedModems => {
  const hosts = modems.flatMap(({ driver, config = {} }) => {
    const address = config['address']
    return typeof address === 'string' ? [[driver, address.replace(/:\d+$/, '')] as const] : []
  })
  return {
    hosts: new Set(hosts.map(([, host]) => host)),
    drivers: new Set(modems.map(({ driver }) => driver)),
    unresolved: new Map(hosts.filter(([, host]) => !/^([\d.]+$|\/)/.test(host))),
  }
}
