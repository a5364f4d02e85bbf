import type { ModemConfig } from '../config-schema.ts'

/** What is known already, and not looked for: hosts, and what a driver finds at this machine when one of its kind is named. */
export type NamedModems = { readonly hosts: ReadonlySet<string>; readonly drivers: ReadonlySet<string> }

/** A configuration, as it is written or with its secrets. */
export type Modems = { readonly modems?: readonly Pick<ModemConfig, 'driver' | 'config'>[] }

/** The modems of a configuration; hosts without their ports. */
export const namedModems = ({ modems = [] }: Modems): NamedModems => ({
  hosts: new Set(
    modems.flatMap(({ config = {} }) => {
      const address = config['address']
      return typeof address === 'string' ? [address.replace(/:\d+$/, '')] : []
    }),
  ),
  drivers: new Set(modems.map(({ driver }) => driver)),
})
