import { connect as dial, type Socket } from 'node:net'
import { macKeyOfSecret, withMac } from '@infra-home/shared/seal/mac.ts'
import { generate, parser as packetParser, type Packet } from 'mqtt-packet'

export type LoadClient = {
  readonly node: string
  /** Publishes at QoS 1 and resolves when the broker has taken it. */
  publish(topic: string, payload: string): Promise<void>
  subscribe(topic: string, on: (payload: Buffer) => void): Promise<void>
  close(): void
}

/** One MQTT connection with as little in it as can be, so that a thousand of them are no load of their own. */
export const loadClient = (
  at: { readonly host: string; readonly port: number },
  node: string,
  password: string,
): Promise<LoadClient> =>
  new Promise((resolve, reject) => {
    const socket: Socket = dial(at.port, at.host)
    socket.setNoDelay(true)
    const parser = packetParser({ protocolVersion: 4 })
    const waiting = new Map<number, () => void>()
    let listener: (payload: Buffer) => void = () => {}
    const key = macKeyOfSecret(password, { site: 'bench', node })
    let nextId = 1
    const takeId = (done: () => void): number => {
      const id = nextId
      nextId = (nextId % 65_535) + 1
      waiting.set(id, done)
      return id
    }
    const settle = (id: number | undefined): void => {
      if (id === undefined) return
      waiting.get(id)?.()
      waiting.delete(id)
    }
    const client: LoadClient = {
      node,
      publish: (topic, payload) =>
        new Promise((done) => {
          const messageId = takeId(done)
          socket.write(
            generate({
              cmd: 'publish',
              topic,
              payload: withMac(key, topic, payload),
              qos: 1,
              messageId,
              dup: false,
              retain: false,
            }),
          )
        }),
      subscribe: (topic, on) =>
        new Promise((done) => {
          listener = on
          const messageId = takeId(done)
          socket.write(generate({ cmd: 'subscribe', messageId, subscriptions: [{ topic, qos: 0 }] }))
        }),
      close: () => void socket.destroy(),
    }
    parser.on('packet', (packet: Packet) => {
      if (packet.cmd === 'connack') {
        if (packet.returnCode === 0) resolve(client)
        else reject(new Error(`the broker refused ${node}: ${packet.returnCode}`))
      } else if (packet.cmd === 'puback' || packet.cmd === 'suback') settle(packet.messageId)
      else if (packet.cmd === 'publish') listener(packet.payload as Buffer)
    })
    socket.on('data', (data) => void parser.parse(data))
    socket.on('error', reject)
    socket.on('connect', () =>
      socket.write(
        generate({
          cmd: 'connect',
          protocolId: 'MQTT',
          protocolVersion: 4,
          clean: true,
          clientId: node,
          keepalive: 0,
          username: node,
          password: Buffer.from(password),
        }),
      ),
    )
  })
