import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { type IPublishPacket, parser } from 'mqtt-packet'

export type Overheard = { readonly topic: string; readonly value: Readonly<Record<string, unknown>> }

export type MqttTap = {
  /** To be dialled in place of the broker. */
  readonly port: number
  /** What went to the broker, and what came from it. */
  readonly up: readonly Overheard[]
  readonly down: readonly Overheard[]
  close(): void
}

/** A wire between an agent and a broker on loopback on which one can listen. */
export const mqttTap = async (brokerPort: number): Promise<MqttTap> => {
  const up: Overheard[] = []
  const down: Overheard[] = []
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(brokerPort, '127.0.0.1')
    for (const [from, to, heard] of [
      [near, far, up],
      [far, near, down],
    ] as const) {
      sockets.add(from)
      listenTo(from, heard)
      from.pipe(to)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    up,
    down,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

const listenTo = (socket: Socket, heard: Overheard[]): void => {
  const packets = parser({ protocolVersion: 4 })
  packets.on('packet', (packet) => {
    if (packet.cmd === 'publish') heard.push(overheard(packet))
  })
  socket.on('data', (bytes: Buffer) => packets.parse(bytes))
}

const overheard = ({ topic, payload }: IPublishPacket): Overheard => ({
  topic,
  value: JSON.parse(payload.toString()) as Overheard['value'],
})
