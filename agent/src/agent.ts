import { milliseconds } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import { isForData } from '@infra-home/shared/wan/modem-use.ts'
import type { AgentOptions } from './agent-options.ts'
import { openClockCheck } from './clock-check.ts'
import { connectAgent } from './connect-agent.ts'
import type { Connection } from './connection.ts'
import { type Conversation, openConversation } from './conversation.ts'
import { openDoers } from './doers.ts'
import type { Identity } from './envelope.ts'
import { forgeryWatch } from './forgery-watch.ts'
import {
  type CertificateKeeper,
  type CertificateMeans,
  keepCertificate,
} from './identity/keep-certificate.ts'
import { openOutbox } from './outbox/outbox.ts'
import { outboxWatch } from './outbox-watch.ts'
import { parseRights } from './parse/rights.ts'
import { openPinnedApprovers } from './pinned-approvers.ts'
import { openPinnedKeys } from './pinned-keys.ts'
import { createPublisher, type Publisher } from './publisher.ts'
import { pumping } from './pumping.ts'
import { type Seeing, startSeeing } from './seeing.ts'
import { watchCoordinator } from './watch-coordinator.ts'
import { openWishes } from './wishes.ts'

export type Agent = {
  /** Resolves when everything was looked at once and the connection is being made. */
  start(): Promise<void>
  stop(): Promise<void>
  connected(): boolean
}

/** Puts an agent together: what it sees goes to the publisher, what it is told comes to the conversation. */
export const createAgent = (options: AgentOptions): Agent => {
  const { sys, log } = options
  const stops: (() => unknown)[] = []
  let connection: Connection | null = null
  let conversation: Conversation | null = null

  const keep = (certificate: CertificateMeans, publisher: Publisher): CertificateKeeper =>
    keepCertificate(certificate, {
      clock: sys.clock,
      log,
      tell: (body) =>
        publisher.states({ states: [{ kind: 'certificate', id: 'own', body }], numbers: {}, whole: [] }),
      renewed: () => void connection?.redial(),
    })

  const start = async (): Promise<void> => {
    const outbox = await openOutbox({
      disk: sys.disk,
      clock: sys.clock,
      onGap: (gap) => publisher.event('gap', gap),
    })
    const identity: Identity = {
      site: options.site,
      node: options.node,
      boot: sys.boot,
      session: outbox.session,
    }
    const wire = () => connection?.wire() ?? null
    const publisher = createPublisher({ identity, clock: sys.clock, outbox, newId: options.newId, wire })
    const wishes = await openWishes(sys.disk)
    const roots = options.trust.signingKeys
    const keys = await openPinnedKeys(sys.disk, { site: options.site, roots, log })
    const approvers = openPinnedApprovers({
      site: options.site,
      disk: sys.disk,
      log,
      tell: (change) => publisher.event('approvers', change),
    })
    const rights = parseRights(await sys.readText('/proc/self/status'))
    let seeing: Seeing | null = null
    const { wan, tether, shortMessages, ...able } = await openDoers(options, {
      session: outbox.session,
      publisher,
      rights,
      hurryModem: (id) => seeing?.hurryModem(id),
    })
    stops.push(wan.stop, tether.stop)
    const cadence = () => milliseconds(wishes.get('cadence')?.sampleMs ?? options.cadence)
    const sees = await startSeeing(options, publisher, cadence, {
      readings: (seen) => [wan, tether].forEach((one) => one.saw(seen)),
      kernelChanged: wan.kernelChanged,
      isForData: (id) => tether.isLent() || isForData(id, wishes.get('wan')?.uplinks ?? []),
    })
    seeing = sees
    await wan.wished(wishes.get('wan'))
    const clockCheck = await openClockCheck({ ...sys, publisher, log })
    const keeper = options.certificate && keep(options.certificate, publisher)
    if (keeper) stops.push(keeper.stop)
    const alarm = await watchCoordinator(options, publisher)
    if (alarm) stops.push(alarm.stop)
    conversation = await openConversation({
      identity,
      clock: sys.clock,
      disk: sys.disk,
      outbox,
      publisher,
      wishes,
      keys,
      approvers,
      rights: able.rights,
      wire,
      log,
      connection: () => connection?.count() ?? 1,
      describe: () => ({
        agentVersion: options.version,
        mode: options.mode,
        capabilities: [...able.capabilities],
        cadenceMs: cadence(),
      }),
      onTime(wall) {
        clockCheck.heard(wall)
        keeper?.heardTime(wall)
      },
      onWish(kind) {
        if (kind === 'cadence') sees.setCadence(cadence())
        if (kind === 'wan') followWish(wan.wished(wishes.get('wan')), log)
      },
      onSignOfLife: (sign) => alarm?.heard(sign),
      onLease: wan.heardLease,
      switchUplink: wan.order,
      tether: tether.order,
      sendSms: shortMessages.send,
    })
    const onForged = forgeryWatch(publisher, sys.clock, log)
    connection = connectAgent(options, identity, { conversation, onForged, keeper, alarm })
    connection.start()
    const stopPumping = pumping(sys.clock, conversation, outboxWatch({ outbox, publisher, log }))
    stops.push(stopPumping, sees.stop, () => outbox.close())
  }

  return {
    start,
    connected: () => connection?.wire() !== null && connection !== null,
    async stop() {
      conversation?.leave('sleeping')
      await connection?.stop()
      for (const stop of stops.splice(0)) await stop()
    },
  }
}

const followWish = (following: Promise<void>, log: Log): void =>
  void following.catch((error: unknown) =>
    log('error', 'could not follow a wish', { error: describeError(error) }),
  )
