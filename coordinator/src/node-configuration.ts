import type { LoadedConfig } from './config.ts'
import { MQTT_PORT, THIS_MACHINE } from './usual-places.ts'

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
    broker: { host: broker?.host ?? THIS_MACHINE, port: broker?.port ?? MQTT_PORT, secret },
    signingKeys,
    stateDir: `/var/lib/infra-home/${node}`,
    mode: 'read-only',
    modems: (topology?.modems ?? [])
      .filter((modem) => modem.host === node)
      .map(({ id, driver, address }) => ({ id, driver, config: { address } })),
  }
}
