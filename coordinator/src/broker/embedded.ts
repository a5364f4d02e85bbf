import { createServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { Aedes, type AedesPublishPacket } from 'aedes'
import { writeToStream } from 'mqtt-packet'
import { InfraError } from '@infra-home/shared/errors.ts'
import { coordinatorStateTopic } from '@infra-home/shared/topics.ts'
import type { Bus, BusOptions } from './bus.ts'
import type { Credentials } from './credentials.ts'
import { doorman, type NodeClient } from './doorman.ts'
import { gatherWrites } from './gather-writes.ts'
import { guard } from './guard.ts'
import { listen } from './listen.ts'
import { type Peer, type SecureDoor, type SecureListener, secureListener } from './secure-listener.ts'

const CONNECT_MS = 10_000

export type EmbeddedOptions = BusOptions & {
  /** Plain MQTT, for this machine alone. */
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly credentials: Credentials
  /** Under which Home Assistant says and hears what is its own. */
  readonly homeAssistantPrefix?: string
  /** For everybody else. */
  readonly secure?: SecureDoor | null
}

type Running = {
  readonly broker: Aedes
  readonly server: Server
  readonly secure: SecureListener | null
  readonly cut: (name: string) => void
}

/** A broker inside this process (MQTT 3.1.1): what nodes publish reaches ingest without a detour over a socket. */
export const embeddedBus = (options: EmbeddedOptions): Bus => {
  let running: Running | null = null
  let address = `mqtt://${options.host}:${options.port}`
  let securePort: number | null = null
  return {
    get address() {
      return address
    },
    get securePort() {
      return securePort
    },
    connected: () => running !== null,
    async start() {
      running = await createBroker(options)
      address = `mqtt://${options.host}:${await listen(running.server, options)}`
      securePort = (await running.secure?.start()) ?? null
    },
    async stop() {
      const old = running
      running = null
      old?.server.close()
      old?.secure?.stop()
      if (old) await new Promise<void>((resolve) => old.broker.close(() => resolve()))
    },
    cut: (name) => running?.cut(name),
    publish(topic, payload, { qos, retain }) {
      const current = running?.broker
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

const createBroker = async (options: EmbeddedOptions): Promise<Running> => {
  const { credentials, secure: door = null, onRefused } = options
  const peers = new WeakMap<Duplex, Peer>()
  const sessions = new Map<string, NodeClient>()
  const broker = await Aedes.createBroker({
    concurrency: 0, // no queue: a queue is worked off recursively, and a thousand clients make it too deep
    connectTimeout: CONNECT_MS,
    ...doorman({
      credentials,
      homeAssistantPrefix: options.homeAssistantPrefix,
      identities: door?.identities ?? null,
      peerOf: (connection) => peers.get(connection) ?? null,
      onRefused,
    }),
  })
  broker.on('client', (client: NodeClient) => {
    sessions.set(client.node ?? '', client)
    dropNothing(client)
  })
  broker.on('clientDisconnect', (client: NodeClient) => {
    if (sessions.get(client.node ?? '') === client) sessions.delete(client.node ?? '')
  })
  broker.on('publish', hear(options))

  const handle = (connection: Duplex): void => {
    guard(connection, (excess) => onRefused(excess, peers.get(connection)?.name ?? 'over plain MQTT'))
    gatherWrites(connection)
    broker.handle(connection)
  }
  const onPeer = (connection: Duplex, peer: Peer): void => {
    peers.set(connection, peer)
    handle(connection)
  }
  const cut = (name: string): void => void sessions.get(name)?.conn.destroy()
  door?.identities.onChange((name) => {
    const session = sessions.get(name)
    const peer = session && peers.get(session.conn)
    if (peer && 'refused' in door.identities.admits(name, peer.serial)) cut(name)
  })
  const secure = door ? await secureListener(door, { onPeer, onRefused }) : null
  return { broker, server: createServer(handle), secure, cut }
}

/**
 * Lets a client have every message that is for it. Aedes numbers messages as they come in and drops one whose number is below the last that
 * the client got, as a duplicate out of a cluster; but a retained message is stored first and overtaken meanwhile by any that is not: a
 * wish that was said in the same moment as a command would be lost without a word. We have no cluster.
 */
const dropNothing = (client: NodeClient): void => {
  if (!('duplicates' in client))
    throw new InfraError('broker-failed', 'this Aedes numbers messages otherwise')
  client.duplicates = new Proxy({}, { set: () => true })
}

/** What nodes say goes on to ingest; what readers say is for others, but for one topic. */
const hear =
  ({ onCoordinatorState, onArrival, reader }: EmbeddedOptions) =>
  (packet: AedesPublishPacket, client: NodeClient | null): void => {
    if (packet.topic.startsWith('$SYS')) return
    if (client?.role === 'reader') {
      if (packet.topic === reader?.topic) reader.onSaid(packet.payload.toString())
      return
    }
    if (packet.topic === coordinatorStateTopic) return onCoordinatorState(packet.payload.toString())
    const node = client?.node ?? willOf(packet)
    if (node !== null)
      onArrival({ topic: packet.topic, payload: toBytes(packet.payload), retained: false, client: node })
  }

/** A last will is published by the broker itself, after `authorizePublish` let the node's own topic pass. */
const willOf = (packet: AedesPublishPacket): string | null => {
  const [, , node = '', kind] = packet.topic.split('/')
  return kind === '$state' ? node : null
}

const toBytes = (payload: string | Buffer): Uint8Array =>
  typeof payload === 'string' ? Buffer.from(payload) : payload
