import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Clock, rfc3339 } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import { ulidFactory } from '@infra-home/shared/ulid.ts'
import { CHANNEL_KINDS } from './alerts/channels.gen.ts'
import type { Channel } from './alerts/channels/channel.ts'
import { httpPost } from './alerts/channels/http-post.ts'
import { testChannel } from './alerts/test-channel.ts'
import { type Credentials, openCredentials } from './broker/credentials.ts'
import { credentialsFile } from './credentials-file.ts'
import { databaseFile } from './database-file.ts'
import { checkPorts, type Place } from './check-ports.ts'
import { closeFolder } from './close-folder.ts'
import type { LoadedConfig } from './config.ts'
import { type Coordinator, startCoordinator } from './coordinator.ts'
import type { Store } from './db/store.ts'
import { openStoreInWorker } from './db/worker/client.ts'
import { startWitnessing, type Witnessing } from './audit/witnessing.ts'
import { setAside } from './db/set-aside.ts'
import { createHttp } from './http/server.ts'
import { type Backups, openBackups } from './jobs/backups.ts'
import { houseJobs } from './jobs/house-jobs.ts'
import { startJobs } from './jobs/jobs.ts'
import { busMaker, DEFAULT_MQTT_PORT } from './open-bus.ts'
import { openDesk, warningsOf } from './open-desk.ts'
import { openTrust, type Trust } from './open-trust.ts'
import { paramsOf } from './params.ts'
import { readSecret } from './read-secret.ts'
import { lockState } from './state-lock.ts'
import { openAdminToken } from './trust/admin-token.ts'
import { openApprovers } from './trust/approvers.ts'
import { wishApprovers } from './trust/approvers-wish.ts'
import type { Desk } from './trust/desk.ts'
import { type KeyOffice, openKeyOffice } from './trust/key-office.ts'
import { createMacKeys } from './trust/mac-keys.ts'
import { openSigningKeys, trustFolder } from './trust/signing-keys.ts'
import { openTokens, type Tokens } from './trust/tokens.ts'
import { plannedNodes } from './world/world.ts'

export const DEFAULT_HTTP_PORT = 8470
const DEFAULT_HOST = '127.0.0.1'

export type RunOptions = {
  readonly loaded: LoadedConfig
  readonly configFile: string
  readonly version: string
  readonly boot: string
  readonly clock: Clock
  readonly log: Log
  /** Where the database worker's code lies. */
  readonly storeWorker: URL
}

export type Running = {
  readonly coordinator: Coordinator
  readonly credentials: Credentials
  readonly httpAddress: string
  readonly tokenFile: string
  stop(): Promise<void>
}

/**
 * Puts a whole coordinator together from its configuration, and starts it; its state folder is nobody else's until it stops.
 * @throws InfraError
 */
export const runCoordinator = async (options: RunOptions): Promise<Running> => {
  const { loaded, boot, clock } = options
  const { stateDir } = loaded
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const unlock = lockState(stateDir, { pid: process.pid, boot, at: rfc3339(clock.now().wall) })
  try {
    closeFolder(stateDir, backupFolder(loaded))
    await checkPorts(placesOf(loaded))
    const running = await compose(options)
    return {
      ...running,
      async stop() {
        await running.stop()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

const placesOf = ({ config: { http, broker } }: LoadedConfig): Place[] => {
  const { host = DEFAULT_HOST, port = DEFAULT_HTTP_PORT } = http ?? {}
  const api = { what: 'HTTP', host, port }
  if (broker?.kind === 'external') return [api]
  return [api, { what: 'MQTT', host: broker?.host ?? DEFAULT_HOST, port: broker?.port ?? DEFAULT_MQTT_PORT }]
}

const compose = async (options: RunOptions): Promise<Running> => {
  const { loaded, log } = options
  const { config, stateDir } = loaded
  const credentials = openCredentials(credentialsFile(stateDir))
  const token = openAdminToken(stateDir)
  const store = await openStore(options)
  const trust = await openTrust({ ...options, store }) // before anything else makes keys: it may have some to restore
  const at = rfc3339(options.clock.now().wall)
  const signing = openSigningKeys(trustFolder(stateDir), { site: loaded.site, at })
  const channels = channelsOf(options)
  const planned = new Set(plannedNodes(loaded.topology))
  const coordinator = await startCoordinator({
    ...options,
    site: loaded.site,
    topology: loaded.topology,
    store,
    signing,
    macKeyOf: createMacKeys(loaded.site, (node) => trust.agreedWith(node) ?? credentials.hashOf(node)),
    channels,
    params: paramsOf(config),
    cadence: config.cadence ?? null,
    newId: ulidFactory(random80),
    makeBus: busMaker({ ...options, credentials, trust }),
    knows: (node) => trust.knows(node) ?? (credentials.knows(node) || planned.has(node)),
  })
  const backups = openBackups(backupsOptions(options, { store, trust, coordinator }))
  const tokens = openTokens(trustFolder(stateDir), { now: () => coordinator.clock.now() })
  const house = { ...coordinator, store, log }
  const witnessing = startWitnessing(house)
  const approvers = openApprovers(trustFolder(stateDir))
  const stopApprovers = wishApprovers({ ...house, approvers })
  let httpPort = 0
  const keyOffice = openKeyOffice(signing, {
    ...coordinator,
    now: () => rfc3339(coordinator.clock.now().wall),
  })
  const desk = openDesk(trust, { config, coordinator, credentials, signing, httpPort: () => httpPort })
  const http = await createHttp(
    httpContext(options, {
      store,
      coordinator,
      token,
      tokens,
      witnessing,
      channels,
      backups,
      desk,
      keyOffice,
    }),
    {
      host: config.http?.host ?? DEFAULT_HOST,
      port: config.http?.port ?? DEFAULT_HTTP_PORT,
      allowedHosts: config.http?.allowedHosts ?? [],
      readNetworks: config.http?.readNetworks ?? [],
      doors: { certificates: trust.certificates, insecure: config.insecureHttp ?? false },
    },
  )
  const httpAddress = await http.start()
  httpPort = Number(new URL(httpAddress).port)
  await trust.mirror(coordinator)
  backups.offer(httpPort)
  const stopJobs = startJobs(houseJobs({ ...options, store, coordinator, channels, backups }), log)
  log('info', 'the coordinator is up', {
    http: httpAddress,
    mqtt: coordinator.bus.address,
    mqtts: coordinator.bus.securePort ?? null,
    site: loaded.site,
  })
  return {
    coordinator,
    credentials,
    httpAddress,
    tokenFile: token.file,
    async stop() {
      await stopJobs()
      stopApprovers()
      witnessing.stop()
      await backups.stop()
      await http.stop()
      await coordinator.stop()
      await trust.stop()
      await store.close()
    },
  }
}

const random80 = (): [number, number] => {
  const bytes = randomBytes(10)
  return [bytes.readUIntBE(0, 5), bytes.readUIntBE(5, 5)]
}

/** Opens the database; a corrupt one is put aside, loudly, and a new one begun: the house is not left without a mind. */
const openStore = async ({ loaded, clock, log, storeWorker }: RunOptions): Promise<Store> => {
  const path = databaseFile(loaded.stateDir)
  const open = (): Promise<Store> =>
    openStoreInWorker({ path, workerUrl: storeWorker, ...loaded.config.store })
  try {
    return await open()
  } catch (error) {
    if (!isInfraError(error, 'store-corrupt')) throw error
    const aside = setAside(path, rfc3339(clock.now().wall).replaceAll(':', '-'))
    log('error', 'the database was corrupt and is put aside; beginning a new one', {
      aside,
      error: error.message,
    })
    return open()
  }
}

const channelsOf = ({ loaded, configFile }: RunOptions): Channel[] =>
  (loaded.config.channels ?? []).map((channel) => {
    const kind = CHANNEL_KINDS.find((k) => k.kind === channel.kind)
    if (!kind) throw new InfraError('config-invalid', `${configFile}: no channel kind ${channel.kind}`)
    const bearer = channel.bearerFile ? { bearer: readSecret(configFile, channel.bearerFile) } : {}
    return kind.create(channel.name, { ...channel, ...bearer } as never, httpPost)
  })

type Parts = {
  readonly store: Store
  readonly coordinator: Coordinator
  readonly channels: readonly Channel[]
  readonly backups: Backups
}

const backupFolder = ({ config, stateDir }: LoadedConfig): string =>
  resolve(stateDir, config.backup?.folder ?? 'backups')

const backupsOptions = (
  { loaded, clock, log }: RunOptions,
  {
    store,
    trust,
    coordinator: { world, wish },
  }: { readonly store: Store; readonly trust: Trust; readonly coordinator: Coordinator },
): Parameters<typeof openBackups>[0] => {
  const { keep = 7, copy } = loaded.config.backup ?? {}
  return {
    folder: backupFolder(loaded),
    keep,
    plan: copy ? { keep: 2, ...copy } : null,
    async backup(file) {
      await trust.save() // who was let in or sent away a moment ago is in it
      await store.backup(file)
    },
    world,
    wish,
    clock,
    log,
  }
}

const httpContext = (
  { loaded, version, log }: RunOptions,
  {
    store,
    coordinator,
    token,
    tokens,
    witnessing,
    channels,
    backups,
    desk,
    keyOffice,
  }: Parts & {
    readonly token: ReturnType<typeof openAdminToken>
    readonly tokens: Tokens
    readonly desk: Desk
    readonly keyOffice: KeyOffice
    readonly witnessing: Witnessing
  },
): Parameters<typeof createHttp>[0] => ({
  site: loaded.site,
  version,
  topology: loaded.topology,
  rules: paramsOf(loaded.config).rules,
  channels: channels.map(({ name }) => name),
  world: coordinator.world,
  now: () => coordinator.clock.now(),
  store,
  stream: coordinator.stream,
  counters: coordinator.counters,
  backups,
  keyOffice,
  log,
  ask: (request) => coordinator.ask(request),
  readiness() {
    const reasons = [...coordinator.readiness().reasons, ...witnessing.reasons()]
    return { ready: reasons.length === 0, reasons }
  },
  testChannel: (name, by) => testChannel(coordinator, channels, { name, by }),
  authenticate: (text) => token.authenticate(text) ?? tokens.authenticate(text),
  tokens,
  desk,
  warnings: warningsOf(loaded.config),
})
