import { type CancelTimer, type Clock, type DurationMs, milliseconds } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { MacKey } from '@infra-home/shared/seal/mac.ts'
import type { PublicKeyText } from '@infra-home/shared/seal/signature.ts'
import { formatTopic } from '@infra-home/shared/topics.ts'
import type { AlarmWatch } from './alarm/open-alarm.ts'
import type { LoadedAlarm } from './alarm/load-alarm.ts'
import { authenticWire } from './authentic-wire.ts'
import { openClockCheck } from './clock-check.ts'
import type { Collector } from './collectors/collector.ts'
import { type Connection, createConnection } from './connection.ts'
import { openDoers } from './doers.ts'
import { type Conversation, openConversation, PUMP_EVERY, PUMP_IDLE } from './conversation.ts'
import { type Identity, sealEnvelope } from './envelope.ts'
import type { PolledModem, PollPace } from './modems/poll.ts'
import { openOutbox } from './outbox/outbox.ts'
import { outboxWatch } from './outbox-watch.ts'
import { parseRights } from './parse/rights.ts'
import { openPinnedApprovers } from './pinned-approvers.ts'
import { openPinnedKeys } from './pinned-keys.ts'
import {
  type CertificateKeeper,
  type CertificateMeans,
  keepCertificate,
} from './identity/keep-certificate.ts'
import { createPublisher, type Publisher } from './publisher.ts'
import { forgeryWatch } from './forgery-watch.ts'
import { type Seeing, startSeeing } from './seeing.ts'
import type { SmsAllowance } from './short-messages.ts'
import type { Sys } from './sys/sys.ts'
import type { WireMaker } from './sys/wire.ts'
import type { Advertised } from './wan/advertisement.ts'
import { openWishes } from './wishes.ts'

export type AgentOptions = {
  readonly site: string
  readonly node: string
  readonly version: string
  readonly mode: 'read-only' | 'full'
  readonly cadence: DurationMs
  /** Interfaces whose coming and going is looked at. */
  readonly keeps: (name: string) => boolean
  readonly sys: Sys
  readonly collectors: readonly Collector[]
  readonly modems: readonly PolledModem[]
  readonly pace?: PollPace
  /** Goes on looking for modems that nobody named; none unless given. */
  readonly findModems?: (onFound: (modem: PolledModem) => void) => { stop(): void }
  /** What may be spent on short messages; null: nothing. */
  readonly sms: SmsAllowance | null
  /** Uplinks whose power the owner lets this agent take away and give back. */
  readonly powerCycled: ReadonlySet<string>
  /** Where this router is advertised in the house over IPv6; null where the owner sees to that. */
  readonly advertised: Advertised | null
  /** Whether the owner wrote down how this phone lends its network. */
  readonly canTether: boolean
  readonly wire: WireMaker
  readonly trust: AgentTrust
  /** Null where there is none to keep. */
  readonly certificate: CertificateMeans | null
  /** How it raises the alarm by itself; null where others do. */
  readonly alarm: LoadedAlarm | null
  readonly newId: (wall: number) => string
  /** A fraction from 0 to 1. */
  readonly jitter: () => number
  readonly log: Log
}

/** What makes an agent's words its own, and whose words it obeys. */
export type AgentTrust = {
  readonly macKey: MacKey
  /** The coordinator's signing keys, as they were pinned at first. */
  readonly signingKeys: readonly PublicKeyText[]
}

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
      readings(seen) {
        wan.saw(seen)
        tether.saw(seen)
      },
      kernelChanged: wan.kernelChanged,
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
    connection = connect(options, identity, { conversation, onForged, keeper, alarm })
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
/** Its code is loaded where it is wanted alone. */
const watchCoordinator = async (
  { alarm: settings, site, node, sys, modems, newId, log }: AgentOptions,
  publisher: Publisher,
): Promise<AlarmWatch | null> => {
  if (!settings) return null
  const { openAlarm } = await import('./alarm/open-alarm.ts')
  const byId = new Map(modems.map(({ id, modem }) => [id, modem]))
  return openAlarm({ settings, site, node, sys, modems: byId, publisher, newId, log })
}

/** Sends what is owed piece by piece, and looks after the outbox now and then. */
const pumping = (clock: Clock, { pump }: Conversation, watch: () => void): CancelTimer => {
  const beat = (): void => {
    watch()
    cancel = clock.after(pump() ? PUMP_EVERY : PUMP_IDLE, beat)
  }
  let cancel = clock.after(PUMP_EVERY, beat)
  return () => cancel()
}

type Ears = {
  readonly conversation: Conversation
  readonly onForged: (topic: string, fault: string) => void
  readonly keeper: CertificateKeeper | null
  readonly alarm: AlarmWatch | null
}

const connect = (
  options: AgentOptions,
  identity: Identity,
  { conversation, onForged, keeper, alarm }: Ears,
): Connection => {
  const { node } = options
  const { clock } = options.sys
  return createConnection({
    clock,
    make: authenticWire(options.wire, { node, key: options.trust.macKey, onForged }),
    jitter: options.jitter,
    will: (connection) => ({
      topic: formatTopic({ node, kind: '$state' }),
      payload: JSON.stringify({ ...sealEnvelope(identity, clock, null), state: 'lost', connection }),
    }),
    subscriptions: [
      `ih/1/${node}/ack`,
      `ih/1/${node}/cmd/+`,
      `ih/1/${node}/lease`,
      `ih/1/${node}/want/+`,
      'ih/1/$coord/state',
    ],
    atMostOnce: [`ih/1/${node}/lease`],
    onOpen() {
      options.log('info', 'connected to the broker')
      keeper?.connected()
      alarm?.connected()
      conversation.greet()
    },
    onMessage: conversation.hear,
    onEnd(reason, retryIn) {
      options.log('warn', 'lost the broker', { reason, retryInMs: retryIn })
      keeper?.lost(reason)
      alarm?.lost(reason)
    },
  })
}
