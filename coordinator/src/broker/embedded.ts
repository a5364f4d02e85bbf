import { createServer, type Server } from 'node:net'
import { Aedes, type AedesPublishPacket, type Client } from 'aedes'
import { writeToStream } from 'mqtt-packet'
import { InfraError } from '@infra-home/shared/errors.ts'
import { coordinatorStateTopic } from '@infra-home/shared/topics.ts'
import type { Bus, BusOptions } from './bus.ts'
import type { Credentials } from './credentials.ts'
import { mayPublish, maySubscribe } from './rights.ts'

export type EmbeddedOptions = BusOptions & {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly credentials: Credentials
}

type NodeClient = Client & { node?: string }

/** A broker inside this process (MQTT 3.1.1): what nodes publish reaches ingest without a detour over a socket. */
export const embeddedBus = (options: EmbeddedOptions): Bus => {
  let broker: Aedes | null = null
  let server: Server | null = null
  let address = `mqtt://${options.host}:${options.port}`
  return {
    get address() {
      return address
    },
    connected: () => broker !== null,
    async start() {
      broker = await createBroker(options)
      server = createServer(broker.handle)
      const port = await listen(server, options)
      address = `mqtt://${options.host}:${port}`
    },
    async stop() {
      const [oldBroker, oldServer] = [broker, server]
      broker = server = null
      if (oldServer) oldServer.close()
      if (oldBroker) await new Promise<void>((resolve) => oldBroker.close(() => resolve()))
    },
    publish(topic, payload, { qos, retain }) {
      const current = broker
      if (!current) return Promise.reject(new InfraError('broker-failed', 'the broker is not running'))
      return new Promise((resolve, reject) => {
        const packet = {
          cmd: 'publish',
          topic,
          payload: Buffer.from(payload),
          qos,
          retain,
          dup: false,
        } as const
        current.publish(packet, (error) => (error ? reject(error) : resolve()))
      })
    },
  }
}

// Its table of every 16-bit number as a buffer would cost 16 MB and saves nothing that can be measured here.
writeToStream.cacheNumbers = false

const createBroker = async ({
  credentials,
  onArrival,
  onRefused,
  onCoordinatorState,
}: EmbeddedOptions): Promise<Aedes> => {
  const broker = await Aedes.createBroker({
    concurrency: 0, // no queue: a queue is worked off recursively, and a thousand clients make it too deep
    authenticate(client: NodeClient, username, password, done) {
      const node = username ?? ''
      const right = credentials.check(node, password?.toString() ?? '')
      if (!right) onRefused('bad-credentials', `client ${client.id.slice(0, 64)} as ${node.slice(0, 64)}`)
      if (right) client.node = node
      done(null, right)
    },
    authorizePublish(client: NodeClient | null, packet, done) {
      if (!client || mayPublish(client.node ?? '', packet.topic)) return done(null)
      onRefused('forbidden-publish', `${client.node} to ${packet.topic.slice(0, 256)}`)
      done(new Error('forbidden'))
    },
    authorizeSubscribe(client: NodeClient, subscription, done) {
      if (maySubscribe(client.node ?? '', subscription.topic)) return done(null, subscription)
      onRefused('forbidden-subscribe', `${client.node} to ${subscription.topic.slice(0, 256)}`)
      done(null, null)
    },
  })
  broker.on('publish', (packet: AedesPublishPacket, client: NodeClient | null) => {
    if (packet.topic.startsWith('$SYS')) return
    if (packet.topic === coordinatorStateTopic) return onCoordinatorState(packet.payload.toString())
    const node = client?.node ?? willOf(packet)
    if (node !== null)
      onArrival({ topic: packet.topic, payload: toBytes(packet.payload), retained: false, client: node })
  })
  return broker
}

/** A last will is published by the broker itself, after `authorizePublish` let the node's own topic pass. */
const willOf = (packet: AedesPublishPacket): string | null => {
  const [, , node = '', kind] = packet.topic.split('/')
  return kind === '$state' ? node : null
}

const toBytes = (payload: string | Buffer): Uint8Array =>
  typeof payload === 'string' ? Buffer.from(payload) : payload

const listen = (server: Server, { host, port }: EmbeddedOptions): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new InfraError('broker-failed', `cannot listen for MQTT on ${host}:${port}: ${cause.message}`, {
          cause,
        }),
      ),
    )
    server.listen(port, host, () => resolve((server.address() as { port: number }).port))
  })
