import type { Duplex } from 'node:stream'
import type { AedesOptions, Client } from 'aedes'
import type { Identities, Role } from '../trust/identities.ts'
import type { BusOptions } from './bus.ts'
import type { Credentials } from './credentials.ts'
import { USUAL_PREFIX } from '../home-assistant/topics.ts'
import { mayPublish, maySubscribe, readerMayPublish, readerMaySubscribe } from './rights.ts'
import type { Peer } from './secure-listener.ts'

/** A client that was let in, under its own name. */
export type NodeClient = Client & { node?: string; role?: Role }

export type DoormanOptions = Pick<BusOptions, 'onRefused'> & {
  readonly credentials: Credentials
  readonly identities: Identities | null
  /** Who is at the other end of a connection, when a certificate says so. */
  readonly peerOf: (connection: Duplex) => Peer | null
  readonly homeAssistantPrefix?: string | undefined
}

/** What a broker may keep: who is there, who it is, what is so, and what it has of our wishes. */
const RETAINED = /^ih\/1\/[^/]+\/(\$state|\$birth|state\/|have\/)/

type Hooks = Required<Pick<AedesOptions, 'authenticate' | 'authorizePublish' | 'authorizeSubscribe'>>

/** Who may come in, and say and hear what. A node is who its certificate or its secret says, and calls itself nothing else. */
export const doorman = ({
  credentials,
  identities,
  peerOf,
  onRefused,
  homeAssistantPrefix = USUAL_PREFIX,
}: DoormanOptions): Hooks => {
  const byCertificate = (client: Client, { name, serial }: Peer, username: string): Role | null => {
    const admission = identities?.admits(name, serial) ?? { refused: 'unknown-identity' as const }
    if ('refused' in admission) onRefused(admission.refused, name.slice(0, 64))
    else if (client.id === name && (username === '' || username === name)) return admission.identity.role
    else onRefused('other-client-id', `${name} as client ${client.id.slice(0, 64)}`)
    return null
  }
  const bySecret = (client: Client, username: string, password: string): Role | null => {
    const named = `client ${client.id.slice(0, 64)} as ${username.slice(0, 64)}`
    if (!credentials.check(username, password)) onRefused('bad-credentials', named)
    else if (client.id !== username) onRefused('other-client-id', named)
    else return 'node'
    return null
  }
  return {
    authenticate(client: NodeClient, username, password, done) {
      const peer = peerOf(client.conn)
      const role = peer
        ? byCertificate(client, peer, username ?? '')
        : bySecret(client, username ?? '', password?.toString() ?? '')
      if (role) [client.node, client.role] = [peer?.name ?? username ?? '', role]
      done(null, role !== null)
    },
    authorizePublish(client: NodeClient | null, packet, done) {
      if (!client) return done(null)
      const { topic } = packet
      if (packet.retain && !RETAINED.test(topic)) packet.retain = false // it would lie in our memory for ever
      const { node = '', role } = client
      const may = role === 'reader' ? readerMayPublish(topic, homeAssistantPrefix) : mayPublish(node, topic)
      if (may) return done(null)
      onRefused('forbidden-publish', `${node} to ${topic.slice(0, 256)}`)
      done(new Error('forbidden'))
    },
    authorizeSubscribe({ node = '', role }: NodeClient, subscription, done) {
      const { topic } = subscription
      const may =
        role === 'reader' ? readerMaySubscribe(topic, homeAssistantPrefix) : maySubscribe(node, topic)
      if (may) return done(null, subscription)
      onRefused('forbidden-subscribe', `${node} to ${topic.slice(0, 256)}`)
      done(null, null)
    },
  }
}
