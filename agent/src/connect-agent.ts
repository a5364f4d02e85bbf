import { formatTopic } from '@infra-home/shared/topics.ts'
import type { AgentOptions } from './agent-options.ts'
import type { AlarmWatch } from './alarm/open-alarm.ts'
import { authenticWire } from './authentic-wire.ts'
import { type Connection, createConnection } from './connection.ts'
import type { Conversation } from './conversation.ts'
import { type Identity, sealEnvelope } from './envelope.ts'
import type { CertificateKeeper } from './identity/keep-certificate.ts'

/** Who hears what comes by the connection, and of the connection itself. */
export type Ears = {
  readonly conversation: Conversation
  readonly onForged: (topic: string, fault: string) => void
  readonly keeper: CertificateKeeper | null
  readonly alarm: AlarmWatch | null
}

/** The agent's connection to its broker, which is not begun yet. */
export const connectAgent = (
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
