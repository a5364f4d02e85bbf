import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Channel } from '@infra-home/coordinator/alerts/channels/channel.ts'
import { credentialsFile } from '@infra-home/coordinator/credentials-file.ts'
import { openCredentials } from '@infra-home/coordinator/broker/credentials.ts'
import { embeddedBus } from '@infra-home/coordinator/broker/embedded.ts'
import { externalBus } from '@infra-home/coordinator/broker/external.ts'
import type { CoordinatorOptions } from '@infra-home/coordinator/coordinator-options.ts'
import { type Coordinator, startCoordinator } from '@infra-home/coordinator/coordinator.ts'
import { openStoreInWorker } from '@infra-home/coordinator/db/worker/client.ts'
import type { Store } from '@infra-home/coordinator/db/store.ts'
import { machineClock } from '@infra-home/coordinator/machine-clock.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { createMacKeys } from '@infra-home/coordinator/trust/mac-keys.ts'
import { openSigningKeys, trustFolder } from '@infra-home/coordinator/trust/signing-keys.ts'
import type { Clock } from '@infra-home/shared/clock.ts'
import { withMac } from '@infra-home/shared/seal/mac.ts'
import { ulidFactory } from '@infra-home/shared/ulid.ts'
import { startMosquitto } from './mosquitto.ts'

export type BrokerKind = 'embedded' | 'mosquitto'

export type Live = {
  readonly coordinator: Coordinator
  readonly store: Store
  readonly port: number
  readonly secrets: Readonly<Record<string, string>>
  readonly signingKeys: string[]
  /** A message of a node as it would put it on the line. */
  readonly sealed: (topic: string, message: object) => string
  readonly logged: { level: string; sentence: string; fields: object }[]
  /** Stops the coordinator, lets `meanwhile` happen, and starts another on the same database. */
  again(meanwhile?: () => Promise<void>): Promise<Live>
  restartBroker(): Promise<void>
  close(): Promise<void>
}

const NODES = ['rpi4-1', 'rpi4-2', 'phone-1'] as const

type House = {
  readonly folder: string
  readonly kind: BrokerKind
  readonly secrets: Readonly<Record<string, string>>
  readonly mosquitto: Awaited<ReturnType<typeof startMosquitto>> | null
  readonly options: Partial<CoordinatorOptions>
}

/** A real coordinator, store and broker in this process, for the nodes of a small home. */
export const liveCoordinator = async (
  kind: BrokerKind,
  options: Partial<CoordinatorOptions> = {},
): Promise<Live> => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-live-'))
  const credentials = openCredentials(credentialsFile(folder))
  const secrets = Object.fromEntries(
    ['coordinator', ...NODES].map((node) => [node, credentials.add(node, '2026-11-01T00:00:00Z')]),
  )
  const mosquitto = kind === 'mosquitto' ? await startMosquitto(secrets) : null
  return open({ folder, kind, secrets, mosquitto, options })
}

const open = async (house: House): Promise<Live> => {
  const store = await openStoreInWorker({ path: join(house.folder, 'infra-home.db') })
  const logged: Live['logged'] = []
  const clock: Clock = machineClock()
  const channels: Channel[] = []
  const credentials = openCredentials(credentialsFile(house.folder))
  const macKeyOf = createMacKeys('home', (node) => credentials.hashOf(node))
  const signing = openSigningKeys(trustFolder(house.folder), { site: 'home', at: '2026-11-01T00:00:00Z' })
  const coordinator = await startCoordinator({
    site: 'home',
    topology: null,
    version: '0.0.0',
    boot: 'this-boot',
    clock,
    store,
    signing,
    macKeyOf,
    channels,
    params: paramsOf({}),
    cadence: { sampleMs: 5000, refreshMs: 60_000 },
    knows: () => true,
    newId: ulidFactory(() => [randomBytes(5).readUIntBE(0, 5), randomBytes(5).readUIntBE(0, 5)]),
    log: (level, sentence, fields = {}) => logged.push({ level, sentence, fields }),
    makeBus: (on, words) =>
      house.mosquitto
        ? externalBus({
            ...on,
            host: '127.0.0.1',
            port: house.mosquitto.port,
            clock,
            log: () => {},
            identity: {
              kind: 'password',
              username: 'coordinator',
              password: house.secrets['coordinator'] ?? '',
            },
            will: words.will,
            onConnected: words.greet,
          })
        : embeddedBus({
            ...on,
            host: '127.0.0.1',
            port: 0,
            credentials,
          }),
    ...house.options,
  })
  const stop = async (): Promise<void> => {
    await coordinator.stop()
    await store.close()
  }
  return {
    coordinator,
    store,
    port: Number(new URL(coordinator.bus.address).port),
    secrets: house.secrets,
    signingKeys: [...signing.current()],
    sealed(topic, message) {
      const key = macKeyOf(topic.split('/')[2] ?? '')
      return key ? withMac(key, topic, JSON.stringify(message)) : JSON.stringify(message)
    },
    logged,
    async again(meanwhile) {
      await stop()
      await meanwhile?.()
      return open(house)
    },
    restartBroker: async () => house.mosquitto?.restart(),
    async close() {
      await stop()
      await house.mosquitto?.stop()
      rmSync(house.folder, { recursive: true, force: true })
    },
  }
}
