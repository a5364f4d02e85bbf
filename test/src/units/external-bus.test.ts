import { createServer, type Server, type Socket } from 'node:net'
import { Aedes } from 'aedes'
import t from 'tap'
import { externalBus } from '@infra-home/coordinator/broker/external.ts'
import { eventually } from '../helpers/eventually.ts'

/** A broker whose plug can be pulled. */
const broker = async (): Promise<{ readonly port: number; pull(): void }> => {
  const aedes = await Aedes.createBroker()
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    aedes.handle(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    pull() {
      server.close()
      for (const socket of sockets) socket.destroy()
      aedes.close()
    },
  }
}

t.test('stops, and says what it cannot say, while somebody else’s broker is away', async (t) => {
  const { port, pull } = await broker()
  const bus = externalBus({
    host: '127.0.0.1',
    port,
    identity: { kind: 'password', username: 'coordinator', password: 'secret' },
    will: () => '{}',
    onConnected() {},
    onArrival() {},
    onRefused() {},
    onCoordinatorState() {},
  })
  await bus.start()
  await bus.publish('ih/1/$coord/state', '{}', { qos: 1, retain: true })
  pull()
  await eventually('the connection is lost', () => !bus.connected())
  await t.rejects(bus.publish('ih/1/$coord/state', '{}', { qos: 1, retain: true }), { code: 'broker-failed' })
  await bus.stop()
  t.notOk(bus.connected())
})
