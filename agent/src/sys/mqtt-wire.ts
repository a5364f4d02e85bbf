import type { Socket } from 'node:net'
import { type Clock, every, seconds } from '@infra-home/shared/clock.ts'
import { type Packet, parser, writeToStream } from 'mqtt-packet'
import { noteBroker } from './broker-host.ts'
import type { WireMaker, WireOptions } from './wire.ts'

export type MqttOptions = {
  /** Begins a connection; `ready` says that it is there and may be spoken to. */
  readonly open: (ready: () => void) => Socket
  readonly clock: Clock
  readonly node: string
  /** Null where a certificate says who we are. */
  readonly secret: string | null
}

const KEEPALIVE_SECONDS = 20
const CONNECT_TIMEOUT = seconds(8)
const GOODBYE = seconds(1)
/** No message to an agent is as long as this: a broker that sends more without an end is not well. */
const MOST_BYTES = 1024 * 1024

/** No publish goes out before the subscription is granted, so its number may be any. */
const SUBSCRIBE_ID = 1
/** MQTT 3.1.1, §3.2.2.3. */
const REFUSED: Readonly<Record<number, string>> = {
  1: 'it does not speak MQTT 3.1.1',
  2: 'it does not like our client id',
  3: 'it is not available',
  4: 'bad user name or password',
  5: 'not authorised',
}

/** What a broker that finds our certificate wanting often does instead of saying so. */
const SENT_AWAY = 'the broker hung up on our greeting'
const HUNG_UP: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE'])

// Its table of every 16-bit number as a buffer would cost an agent 16 MB.
writeToStream.cacheNumbers = false

/**
 * MQTT 3.1.1 for one connection: mqtt-packet reads and writes the packets, this keeps their order. Reconnecting is not its
 * business, since each connection has a will of its own; nor is sending again, which is the outbox's.
 */
export const mqttWire =
  ({ open, clock, node, secret }: MqttOptions): WireMaker =>
  (options) => {
    const socket = open(() => {
      stage = 'greeted'
      send(greeting(node, secret, options))
    })
    let stage: 'dialling' | 'greeted' | 'open' = 'dialling'
    let reason: string | null = null
    let left = false
    let silent = false
    const send = (packet: Packet): void => {
      if (socket.writable) writeToStream(packet, socket)
    }
    const fail = (why: string): void => {
      reason = why
      socket.destroy()
    }
    const cancelPatience = clock.after(CONNECT_TIMEOUT, () => fail('the broker does not answer'))
    const cancelPulse = every(clock, seconds(KEEPALIVE_SECONDS), () => {
      if (silent) return fail('the broker fell silent')
      silent = true
      send({ cmd: 'pingreq' })
    })
    const opened = (): void => {
      stage = 'open'
      cancelPatience()
      noteBroker(socket.remoteAddress)
      options.onOpen()
    }

    const packets = parser({ protocolVersion: 4 })
    packets.on('error', (error: Error) => fail(`the broker does not speak MQTT: ${error.message}`))
    packets.on('packet', (packet: Packet) => {
      if (!left) hear(packet, options, { send, fail, opened })
    })
    socket.on('data', (part: Buffer) => {
      silent = false
      if (packets.parse(part) > MOST_BYTES) fail(`the broker sent more than ${MOST_BYTES} bytes at once`)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = stage === 'greeted' && HUNG_UP.has(error.code) ? SENT_AWAY : error.message
    })
    socket.on('close', () => {
      cancelPatience()
      cancelPulse()
      const closed = stage === 'greeted' ? SENT_AWAY : 'the connection was closed'
      if (!left) options.onEnd(reason ?? closed)
    })

    let lastId = 0
    return {
      publish(topic, payload, { qos, retain }) {
        if (qos === 1) lastId = (lastId % 65_535) + 1
        send({
          cmd: 'publish',
          topic,
          payload,
          qos,
          retain,
          dup: false,
          ...(qos === 1 ? { messageId: lastId } : {}),
        })
      },
      close: () =>
        new Promise((resolve) => {
          left = true
          if (stage === 'dialling') socket.destroy() // whoever answers may not be ours: not a word
          if (socket.destroyed) return resolve()
          socket.once('close', () => resolve())
          send({ cmd: 'disconnect' })
          socket.end()
          clock.after(GOODBYE, () => socket.destroy())
        }),
    }
  }

const greeting = (node: string, secret: string | null, { will }: WireOptions): Packet => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  clientId: node,
  keepalive: KEEPALIVE_SECONDS,
  ...(secret === null ? {} : { username: node, password: Buffer.from(secret) }),
  will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
})

type Means = {
  readonly send: (packet: Packet) => void
  readonly fail: (why: string) => void
  readonly opened: () => void
}

/** What each packet of the broker leads to; acknowledgements of ours are the outbox's to ask for, not the broker's to give. */
const hear = (
  packet: Packet,
  { subscriptions, atMostOnce = [], onMessage }: WireOptions,
  { send, fail, opened }: Means,
): void => {
  switch (packet.cmd) {
    case 'connack':
      if (packet.returnCode !== 0)
        return fail(
          `the broker refused us: ${REFUSED[packet.returnCode ?? 0] ?? `code ${packet.returnCode}`}`,
        )
      return send({
        cmd: 'subscribe',
        messageId: SUBSCRIBE_ID,
        subscriptions: subscriptions.map((topic) => ({ topic, qos: atMostOnce.includes(topic) ? 0 : 1 })),
      })
    case 'suback': {
      const refused = packet.granted.findIndex((qos) => qos === 128)
      return refused === -1 ? opened() : fail(`the broker refused us ${subscriptions[refused]}`)
    }
    case 'publish':
      onMessage(packet.topic, Buffer.from(packet.payload), packet.retain)
      if (packet.qos === 1 && packet.messageId !== undefined)
        send({ cmd: 'puback', messageId: packet.messageId })
      return
    default: // acknowledgements and answers to the pulse: hearing them was all
  }
}
