import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Clock, milliseconds, rfc3339 } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import { lockState } from '@infra-home/shared/state-lock.ts'
import { digestContacts } from './alerts/contact.ts'
import { keepUp } from './alerts/keep-up.ts'
import { openChannels } from './alerts/open-channels.ts'
import { createRuleBook } from './alerts/rule-book.ts'
import { startWitnessing } from './audit/witnessing.ts'
import { type Credentials, openCredentials } from './broker/credentials.ts'
import { checkPorts, type Place } from './check-ports.ts'
import { closeFolder } from './close-folder.ts'
import { type LoadedConfig, nodesOf } from './config.ts'
import { type Coordinator, startCoordinator } from './coordinator.ts'
import { credentialsFile } from './credentials-file.ts'
import {
  type HomeAssistant,
  openHomeAssistant,
  withdrawFromHomeAssistant,
} from './home-assistant/open-home-assistant.ts'
import { USUAL_PREFIX } from './home-assistant/topics.ts'
import { backupFolder, openHouseBackups } from './jobs/house-backups.ts'
import { houseJobs } from './jobs/house-jobs.ts'
import { startJobs } from './jobs/jobs.ts'
import { keepWan } from './keep-wan.ts'
import { lockFiles } from './lock-files.ts'
import { newIds } from './new-ids.ts'
import { busMaker } from './open-bus.ts'
import { openDesk } from './open-desk.ts'
import { openHttp } from './open-http.ts'
import { openStore } from './open-store.ts'
import { openTrust } from './open-trust.ts'
import { deadMenOf } from './self/dead-men-of.ts'
import { certificateFiles, endingCertificates } from './self/ending-certificates.ts'
import { channelFaults } from './self/channel-faults.ts'
import { watchSelf } from './self/watch-self.ts'
import { paramsOf } from './params.ts'
import { openAdminToken } from './trust/admin-token.ts'
import { openApprovers } from './trust/approvers.ts'
import { wishApprovers } from './trust/approvers-wish.ts'
import { openKeyOffice } from './trust/key-office.ts'
import { createMacKeys } from './trust/mac-keys.ts'
import { openSigningKeys, trustFolder } from './trust/signing-keys.ts'
import { openTokens } from './trust/tokens.ts'
import { HTTP_PORT, MQTT_PORT, THIS_MACHINE } from './usual-places.ts'
import { plannedNodes } from './world/world.ts'

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
  /** Reads the owner's rules again; what comes of it is in the log. Never rejects. */
  reloadRules(by: string): Promise<void>
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
  const unlock = lockState(stateDir, {
    name: 'coordinator',
    files: lockFiles,
    pid: process.pid,
    boot,
    at: rfc3339(clock.now().wall),
  })
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
  const { host = THIS_MACHINE, port = HTTP_PORT } = http ?? {}
  const api = { what: 'HTTP', host, port }
  if (broker?.kind === 'external') return [api]
  return [api, { what: 'MQTT', host: broker?.host ?? THIS_MACHINE, port: broker?.port ?? MQTT_PORT }]
}

/** Null where its owner does not want it. */
const homeAssistantOf = ({ config: { homeAssistant } }: LoadedConfig): HomeAssistant | null =>
  homeAssistant && homeAssistant.enabled !== false
    ? openHomeAssistant(homeAssistant.prefix ?? USUAL_PREFIX)
    : null

const compose = async (options: RunOptions): Promise<Running> => {
  const { loaded, log } = options
  const { config, stateDir } = loaded
  const credentials = openCredentials(credentialsFile(stateDir))
  const token = openAdminToken(stateDir)
  const store = await openStore(options)
  const trust = await openTrust({ ...options, store }) // before anything else makes keys: it may have some to restore
  const at = rfc3339(options.clock.now().wall)
  const signing = openSigningKeys(trustFolder(stateDir), { site: loaded.site, at })
  const approvers = openApprovers(trustFolder(stateDir), loaded.site)
  const params = paramsOf(config, loaded.topology)
  const channels = openChannels(loaded, options.configFile)
  const planned = new Set(plannedNodes(loaded.topology))
  const homeAssistant = homeAssistantOf(loaded)
  const coordinator = await startCoordinator({
    ...options,
    site: loaded.site,
    topology: loaded.topology,
    store,
    signing,
    macKeyOf: createMacKeys(loaded.site, (node) => trust.agreedWith(node) ?? credentials.hashOf(node)),
    channels,
    params,
    cadence: config.cadence ?? null,
    ...(config.heartbeatMs !== undefined && { heartbeat: milliseconds(config.heartbeatMs) }),
    newId: newIds(),
    makeBus: busMaker({ ...options, credentials, trust, homeAssistant }),
    knows: (node) => trust.knows(node) ?? (credentials.knows(node) || planned.has(node)),
  })
  const ruleBook = createRuleBook({ file: loaded.rulesFile, nodes: nodesOf(loaded), coordinator, log })
  await ruleBook.follow('coordinator')
  const backups = openHouseBackups({ ...options, store, trust, coordinator })
  const tokens = openTokens(trustFolder(stateDir), { now: () => coordinator.clock.now() })
  const house = { ...coordinator, store, log }
  const witnessing = startWitnessing(house)
  const stopWan = keepWan({ ...house, plan: params.wan })
  const fed = { ...house, ...options, clock: coordinator.clock, topology: loaded.topology, wan: params.wan }
  const stopHomeAssistant = await (homeAssistant?.feed(fed) ?? withdrawFromHomeAssistant(house))
  const stopApprovers = wishApprovers({ ...house, approvers })
  const stopKeepingUp = keepUp({ ...house, channels, contacts: params.contacts })
  trust.identities.onChange(coordinator.remind) // what the broker keeps for it is under the key that it had
  let httpPort = 0
  const keyOffice = openKeyOffice(signing, {
    ...coordinator,
    now: () => rfc3339(coordinator.clock.now().wall),
  })
  const desk = openDesk(trust, { config, coordinator, credentials, signing, httpPort: () => httpPort })
  const { authenticate } = token
  const parts = {
    store,
    coordinator,
    channels,
    backups,
    tokens,
    desk,
    keyOffice,
    witnessing,
    params,
    ruleBook,
    trust,
    books: [...trust.books, credentials, tokens, signing, approvers],
  }
  const http = await openHttp(options, { ...parts, authenticate })
  const httpAddress = await http.start()
  httpPort = Number(new URL(httpAddress).port)
  await trust.mirror(coordinator)
  backups.offer(httpPort)
  const stopSelf = [
    watchSelf({
      ...options,
      coordinator,
      backups,
      channelLacks: channelFaults(config, coordinator),
      endingCertificates: (now) =>
        endingCertificates(certificateFiles(loaded, dirname(options.configFile)), now),
    }),
    ...deadMenOf(config, { ...options, coordinator }),
  ]
  const contacts = digestContacts(params.contacts)
  const jobs = houseJobs({ ...options, store, coordinator, contacts, backups })
  const stopJobs = startJobs(jobs, { log, timeZone: config.wan?.timeZone })
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
    reloadRules: ruleBook.follow,
    async stop() {
      for (const stop of stopSelf) stop()
      await stopJobs()
      stopWan()
      stopHomeAssistant?.()
      stopApprovers()
      stopKeepingUp()
      witnessing.stop()
      await backups.stop()
      await http.stop()
      await coordinator.stop()
      await trust.stop()
      await store.close()
    },
  }
}
