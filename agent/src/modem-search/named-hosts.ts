import type { AgentConfig } from '../config-schema.ts'

/** The hosts of modems that somebody named in the configuration, without their ports. */
export const namedHosts = ({ modems = [] }: Pick<AgentConfig, 'modems'>): ReadonlySet<string> =>
  new Set(
    modems.flatMap(({ config }) => {
      const address = config['address']
      return typeof address === 'string' ? [address.replace(/:\d+$/, '')] : []
    }),
  )
