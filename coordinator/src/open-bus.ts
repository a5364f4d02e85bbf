import { dirname, resolve } from 'node:path'
import type { Clock } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Bus, BusOptions } from './broker/bus.ts'
import type { Credentials } from './broker/credentials.ts'
import { embeddedBus } from './broker/embedded.ts'
import { externalBus, type ExternalIdentity } from './broker/external.ts'
import { accessFor } from './broker/mosquitto/access.ts'
import { followLog } from './broker/mosquitto/follow-log.ts'
import { refusalReader } from './broker/mosquitto/refusals.ts'
import { revocationFile } from './broker/mosquitto/revocation-file.ts'
import type { LoadedConfig } from './config.ts'
import type { CoordinatorOptions } from './coordinator-options.ts'
import type { HomeAssistant } from './home-assistant/open-home-assistant.ts'
import type { Trust } from './open-trust.ts'
import { readSecret } from './read-secret.ts'
import { COORDINATOR_NAME } from './trust/server-certificate.ts'
import { MQTT_PORT, THIS_MACHINE } from './usual-places.ts'

export type BusNeeds = {
  readonly loaded: LoadedConfig
  readonly configFile: string
  readonly clock: Clock
  readonly log: Log
  readonly credentials: Credentials
  readonly trust: Trust
  /** Null where nobody feeds it. */
  readonly homeAssistant: HomeAssistant | null
}

type External = Extract<LoadedConfig['config']['broker'], { kind: 'external' }>

/** The broker that the configuration wants: one of our own, or somebody else's. @throws InfraError config-invalid */
export const busMaker =
  (needs: BusNeeds): CoordinatorOptions['makeBus'] =>
  (ears, words) => {
    const { broker = { kind: 'embedded' }, homeAssistant } = needs.loaded.config
    const on = { ...ears, reader: readerOf(needs) }
    if (broker.kind === 'external') return externalOf(needs, broker, { on, words })
    return embeddedBus({
      ...on,
      credentials: needs.credentials,
      ...(homeAssistant?.prefix ? { homeAssistantPrefix: homeAssistant.prefix } : {}),
      secure: needs.trust.door,
      host: broker.host ?? THIS_MACHINE,
      port: broker.port ?? MQTT_PORT,
    })
  }

const readerOf = ({ homeAssistant }: BusNeeds): NonNullable<BusOptions['reader']> | null =>
  homeAssistant && { topic: homeAssistant.statusTopic, onSaid: (payload) => homeAssistant.heard(payload) }

const externalOf = (
  needs: BusNeeds,
  broker: External,
  { on, words }: { on: BusOptions; words: Parameters<CoordinatorOptions['makeBus']>[1] },
): Bus => {
  const { clock, log, trust, homeAssistant } = needs
  const { host, port, tls } = broker
  const driven = tls !== undefined && tls.dynamicSecurity !== false
  const bus = externalBus({
    ...on,
    host,
    port,
    clock,
    log,
    identity: identityAt(broker, needs),
    wanted: driven
      ? () => accessFor(trust.identities.all(), needs.loaded.config.homeAssistant?.prefix)
      : null,
    will: words.will,
    onConnected() {
      words.greet()
      homeAssistant?.reconnected()
    },
  })
  if (!tls) return bus
  const file = (path: string): string => resolve(dirname(needs.configFile), path)
  const { revocationList, logFile } = tls
  const revoked =
    revocationList === undefined
      ? null
      : revocationFile({ file: file(revocationList), list: () => trust.revocationList(), clock, log })
  void revoked?.write()
  trust.identities.onChange((name) => {
    void revoked?.write()
    bus.cut?.(name)
  })
  const stopFollowing = logFile === undefined ? () => {} : countRefusals(file(logFile), clock, on)
  return {
    ...bus,
    faults: () => [...(bus.faults?.() ?? []), revoked?.fault() ?? null].filter((fault) => fault !== null),
    async stop() {
      stopFollowing()
      revoked?.stop()
      await bus.stop()
    },
  }
}

const identityAt = (broker: External, { configFile, trust }: BusNeeds): ExternalIdentity => {
  if (broker.tls)
    return {
      kind: 'certificate',
      name: COORDINATOR_NAME,
      material: () => trust.certificates.own(),
      onRenewed: (listener) => trust.certificates.onRenewed(listener),
      authority: () => trust.authority(),
    }
  const { username = '', passwordFile = '' } = broker // the configuration was checked: they are there
  return { kind: 'password', username, password: readSecret(configFile, passwordFile) }
}

const countRefusals = (file: string, clock: Clock, { onRefused }: BusOptions): (() => void) => {
  const read = refusalReader()
  return followLog(file, clock, (line) => {
    for (const { reason, detail } of read(line)) onRefused(reason, detail)
  })
}
