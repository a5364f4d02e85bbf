import type { LoadedConfig } from './config.ts'

const DEFAULT_PORT = 1883

/** What the agent of a new node needs, ready to be saved as its configuration file. */
export const nodeConfiguration = (
  { config, site, topology }: LoadedConfig,
  node: string,
  { secret, signingKeys }: { readonly secret: string; readonly signingKeys: readonly string[] },
): object => {
  const broker = config.broker
  return {
    site,
    node,
    broker: { host: broker?.host ?? '127.0.0.1', port: broker?.port ?? DEFAULT_PORT, secret },
    signingKeys,
    stateDir: `/var/lib/infra-home/${node}`,
    mode: 'read-only',
    modems: (topology?.modems ?? [])
      .filter((modem) => modem.host === node)
      .map(({ id, driver, address }) => ({ id, driver, config: { address } })),
  }
}
