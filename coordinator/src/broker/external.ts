import type { IClientOptions, MqttClient } from 'mqtt'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import { coordinatorStateTopic } from '@infra-home/shared/topics.ts'
import { type Clock, seconds, sleep } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Material } from '../trust/server-certificate.ts'
import { type Bus, type BusOptions, NODE_SUBSCRIPTIONS } from './bus.ts'
import type { Access } from './mosquitto/access.ts'
import { CONTROL_ANSWERS } from './mosquitto/control.ts'
import { plainly } from '../plainly.ts'
import { createGate, type Gate } from './mosquitto/gate.ts'

/** How we show who we are: a name and a password, or a certificate of our own authority. */
export type ExternalIdentity =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | {
      readonly kind: 'certificate'
      readonly name: string
      /** The certificate as it is now. */
      readonly material: () => Promise<Material>
      readonly onRenewed: (listener: () => void) => void
      /** PEM. */
      readonly authority: () => Promise<string>
    }

export type ExternalOptions = BusOptions & {
  readonly host: string
  readonly port: number
  readonly identity: ExternalIdentity
  /** Who may do what, as it is wanted now; set where Mosquitto's dynamic-security plugin is ours to drive. */
  readonly wanted?: (() => Access) | null
  /** What the broker says for us when we are gone: $coord/state offline. */
  readonly will: () => string
  /** Called after each connection is made and subscribed: retained words have to be said again. */
  readonly onConnected: () => void
  readonly clock: Clock
  readonly log: Log
}

/** A broker that is not there by then may come later: the rest of the coordinator is of use without it. */
const GOODBYE = seconds(5)
const START_PATIENCE = seconds(5)

/** A good-bye, MQTT 3.1.1 §3.14: the broker does not say our last will. */
const DISCONNECT = Buffer.from([0xe0, 0])

/** Somebody else's broker, such as Mosquitto: its access list vouches for who may write where. */
export const externalBus = (options: ExternalOptions): Bus => {
  let client: MqttClient | null = null
  const { host, port, identity, wanted = null, clock, log } = options
  const secure = identity.kind === 'certificate'
  const gate = createGate(wanted && { wanted, clock, log }, {
    onRefused: options.onRefused,
    // Not to be said again by itself: whoever hears no answer asks anew.
    publish: (topic, payload) =>
      client?.connected
        ? client.publishAsync(topic, payload, { qos: 0 })
        : Promise.reject(new Error('not connected')),
  })
  /** mqtt.js dials again with the options as they are then. What is under way with the old certificate ends here. */
  const renew = async (): Promise<void> => {
    const fresh = await credentialsOf(identity)
    if (!client || client.options.cert === fresh.cert) return
    Object.assign(client.options, fresh)
    if (client.connected) client.stream.end(DISCONNECT)
    else client.stream.destroy()
  }
  /** What is said when we are gone has our epoch in it, which may have risen since. */
  const prepareToDial = (): void => {
    if (client) client.options.will = willOf(options)
    lookForRenewed()
  }
  const lookForRenewed = (): void => {
    renew().catch(() => {}) // the old one goes on; whoever renews says what is wrong
  }
  return {
    address: `${secure ? 'mqtts' : 'mqtt'}://${host}:${port}`,
    securePort: secure ? port : null,
    cut: (name) => gate.cut(name),
    connected: () => client?.connected ?? false,
    faults: () => [gate.fault()].filter((fault) => fault !== null),
    async start() {
      const { connect } = plainly(await import('mqtt')) // 10 MB that a coordinator with a broker of its own can do without
      client = connect(await clientOptions(options))
      if (identity.kind === 'certificate') identity.onRenewed(lookForRenewed)
      client.on('close', prepareToDial)
      const first = wire(client, options, gate)
      await Promise.race([first, sleep(clock, START_PATIENCE)])
      first.catch((error: unknown) =>
        log('error', 'the broker that came does not let us in', { error: describeError(error) }),
      )
    },
    async stop() {
      gate.lost()
      const leaving = client
      client = null
      if (leaving) await Promise.race([leaving.endAsync(!leaving.connected), endSoon(clock, leaving)])
    },
    async publish(topic, payload, { qos, retain }) {
      // mqtt.js would keep it until the broker is back, which may be never; what is so is said again then.
      if (!client?.connected) throw new InfraError('broker-failed', 'not connected to the broker')
      await client.publishAsync(topic, payload, { qos, retain })
    },
  }
}

/** A broker that is gone, or goes while we leave, takes nothing more: there is nothing to wait for. */
const endSoon = async (clock: Clock, client: MqttClient): Promise<void> => {
  await sleep(clock, GOODBYE)
  await client.endAsync(true)
}

const willOf = ({ will }: ExternalOptions): NonNullable<IClientOptions['will']> => ({
  topic: coordinatorStateTopic,
  payload: Buffer.from(will()),
  qos: 1,
  retain: true,
})

const clientOptions = async (options: ExternalOptions): Promise<IClientOptions> => ({
  ...(await credentialsOf(options.identity)),
  host: options.host,
  port: options.port,
  protocolVersion: 4,
  clean: true,
  reconnectPeriod: 1000,
  connectTimeout: 5000,
  keepalive: 15,
  will: willOf(options),
})

const credentialsOf = async (identity: ExternalIdentity): Promise<IClientOptions> => {
  if (identity.kind === 'password') {
    const { username, password } = identity
    return { protocol: 'mqtt', username, password, clientId: username }
  }
  const { name, material, authority } = identity
  return {
    protocol: 'mqtts',
    clientId: name,
    ...(await material()),
    ca: await authority(),
    rejectUnauthorized: true,
  }
}

/** Resolves at the first subscribed connection; later ones report themselves. */
const wire = (client: MqttClient, options: ExternalOptions, gate: Gate): Promise<void> =>
  new Promise((resolve, reject) => {
    client.on('message', (topic, payload, packet) => {
      if (topic === CONTROL_ANSWERS) return gate.hear(payload.toString())
      if (topic === coordinatorStateTopic) return options.onCoordinatorState(payload.toString())
      if (topic === options.reader?.topic) return options.reader.onSaid(payload.toString())
      options.onArrival({ topic, payload, retained: packet.retain, client: null })
    })
    client.on('connect', () => {
      client.subscribe(
        [
          ...NODE_SUBSCRIPTIONS,
          coordinatorStateTopic,
          ...gate.subscriptions,
          ...(options.reader ? [options.reader.topic] : []),
        ],
        { qos: 1 },
        (error) => {
          if (error) return reject(failed(options, error))
          gate.opened()
          options.onConnected()
          resolve()
        },
      )
    })
    client.on('close', () => gate.lost())
    client.on('error', (error: Error & { code?: number | string }) => {
      // Refused credentials stay refused; a broker that is not there may come.
      if (error.code === 4 || error.code === 5) reject(failed(options, error))
    })
  })

const failed = ({ host, port }: ExternalOptions, cause: Error): InfraError =>
  new InfraError('broker-failed', `the broker at ${host}:${port} refused us: ${cause.message}`, { cause })
