import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import { InfraError } from '@infra-home/shared/errors.ts'
import { coordinatorStateTopic } from '@infra-home/shared/topics.ts'
import { type Bus, type BusOptions, NODE_SUBSCRIPTIONS } from './bus.ts'

export type ExternalOptions = BusOptions & {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: string
  /** What the broker says for us when we are gone: $coord/state offline. */
  readonly will: () => string
  /** Called after each connection is made and subscribed: retained words have to be said again. */
  readonly onConnected: () => void
}

/** Somebody else's broker, such as Mosquitto: its access list vouches for who may write where. */
export const externalBus = (options: ExternalOptions): Bus => {
  let client: MqttClient | null = null
  const { host, port } = options
  return {
    address: `mqtt://${host}:${port}`,
    connected: () => client?.connected ?? false,
    async start() {
      client = connect(clientOptions(options))
      await wire(client, options)
    },
    async stop() {
      await client?.endAsync()
      client = null
    },
    async publish(topic, payload, { qos, retain }) {
      if (!client) throw new InfraError('broker-failed', 'not connected to the broker')
      await client.publishAsync(topic, payload, { qos, retain })
    },
  }
}

const clientOptions = ({ host, port, username, password, will }: ExternalOptions): IClientOptions => ({
  protocol: 'mqtt',
  host,
  port,
  username,
  password,
  clientId: username,
  protocolVersion: 4,
  clean: true,
  reconnectPeriod: 1000,
  connectTimeout: 5000,
  keepalive: 15,
  will: { topic: coordinatorStateTopic, payload: Buffer.from(will()), qos: 1, retain: true },
})

/** Resolves at the first subscribed connection; later ones report themselves. */
const wire = (client: MqttClient, options: ExternalOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    client.on('message', (topic, payload, packet) => {
      if (topic === coordinatorStateTopic) return options.onCoordinatorState(payload.toString())
      options.onArrival({ topic, payload, retained: packet.retain, client: null })
    })
    client.on('connect', () => {
      client.subscribe([...NODE_SUBSCRIPTIONS, coordinatorStateTopic], { qos: 1 }, (error) => {
        if (error) return reject(failed(options, error))
        options.onConnected()
        resolve()
      })
    })
    client.on('error', (error: Error & { code?: number | string }) => {
      // Refused credentials stay refused; a broker that is not there may come.
      if (error.code === 4 || error.code === 5) reject(failed(options, error))
    })
  })

const failed = ({ host, port }: ExternalOptions, cause: Error): InfraError =>
  new InfraError('broker-failed', `the broker at ${host}:${port} refused us: ${cause.message}`, { cause })
