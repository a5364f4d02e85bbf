import { spawnSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { connect, type MqttClient } from 'mqtt'
import t, { type Test } from 'tap'
import { machineClock } from '@infra-home/coordinator/machine-clock.ts'
import { eventually } from '../helpers/eventually.ts'
import { type BrokerKind, type Live, liveCoordinator } from '../helpers/live-coordinator.ts'
import { LINK, type Voice, voice } from '../helpers/said.ts'

const clock = machineClock()

type Heard = { topic: string; payload: string }
type Client = MqttClient & { heard: Heard[]; sealed: Live['sealed'] }

const dial = async (t: Test, live: Live, node: string, options: object = {}): Promise<Client> => {
  const client = connect({
    protocol: 'mqtt',
    host: '127.0.0.1',
    port: live.port,
    clientId: node,
    username: node,
    password: live.secrets[node] ?? '',
    protocolVersion: 4,
    reconnectPeriod: 0,
    ...options,
  }) as Client
  client.heard = []
  client.sealed = live.sealed
  client.on('message', (topic, payload) => void client.heard.push({ topic, payload: payload.toString() }))
  client.on('error', () => {})
  t.teardown(() => void client.end(true))
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed')))
  })
  return client
}

const say = async (
  client: Client,
  [topic, value]: [string, object] | readonly [string, object],
  qos: 0 | 1 = 1,
): Promise<void> => {
  await client.publishAsync(topic, client.sealed(topic, value), {
    qos,
    retain: topic.includes('/state/') || topic.includes('/$'),
  })
}

const born = async (t: Test, live: Live, node = 'rpi4-1'): Promise<{ client: Client; self: Voice }> => {
  const self = voice(node, clock)
  const client = await dial(t, live, node)
  await client.subscribeAsync([
    `ih/1/${node}/ack`,
    `ih/1/${node}/cmd/+`,
    `ih/1/${node}/want/+`,
    'ih/1/$coord/state',
  ])
  await say(client, self.presence('ready'))
  await say(client, self.birth())
  return { client, self }
}

const scenarios = (kind: BrokerKind): void => {
  t.test(`over ${kind}`, async (t) => {
    t.test('what a node says is known, committed and then acknowledged', async (t) => {
      const live = await liveCoordinator(kind)
      t.teardown(live.close)
      const { client, self } = await born(t, live)
      await say(client, self.tm({ 'host/host': { load1: 0.25 } }), 0)
      await say(client, self.state('link', 'eth0', LINK))
      const ack = await eventually('the acknowledgement of both', () =>
        client.heard
          .filter(({ topic }) => topic.endsWith('/ack'))
          .map(({ payload }) => JSON.parse(payload) as { upTo: number })
          .find(({ upTo }) => upTo === 2),
      )
      t.match(ack, { session: 1, above: [], epoch: 1 })
      const head = await live.store.head()
      t.ok(head.pos >= 4, 'the journal has it')
      t.equal(live.coordinator.world.nodes['rpi4-1']?.presence, 'online')
      t.match(
        await eventually('the coordinator’s word', () =>
          client.heard.find(({ topic }) => topic === 'ih/1/$coord/state'),
        ),
        { payload: /"online"/ },
      )
      t.match(
        await eventually('the wish', () => client.heard.find(({ topic }) => topic.endsWith('/want/cadence'))),
        { payload: /5000/ },
      )
    })

    t.test('of what is said to a node in one moment, nothing is overtaken and lost', async (t) => {
      const live = await liveCoordinator(kind)
      t.teardown(live.close)
      const { client } = await born(t, live)
      const { bus } = live.coordinator
      const told: Promise<void>[] = []
      for (let n = 1; n <= 20; n++) {
        const retained = `ih/1/rpi4-1/want/cadence`
        const passing = `ih/1/rpi4-1/cmd/${n}`
        told.push(
          bus.publish(retained, live.sealed(retained, { n }), { qos: 1, retain: true }),
          bus.publish(passing, live.sealed(passing, { n }), { qos: 1, retain: false }),
        )
        if (n % 3 === 0) await wait(5)
      }
      await Promise.all(told)
      const wishes = () => client.heard.filter(({ payload }) => payload.startsWith('{"n":'))
      await eventually('both of each', () => wishes().length >= 40)
      t.equal(wishes().length, 40)
    })

    t.test('a node that vanishes is lost by its will, at once', async (t) => {
      const live = await liveCoordinator(kind)
      t.teardown(live.close)
      const self = voice('rpi4-2', clock)
      const [topic, payload] = self.presence('lost')
      const client = await dial(t, live, 'rpi4-2', {
        will: { topic, payload: Buffer.from(live.sealed(topic, payload)), qos: 1, retain: true },
      })
      await say(client, self.presence('ready'))
      await eventually('online', () => live.coordinator.world.nodes['rpi4-2']?.presence === 'online')
      client.stream.destroy()
      await eventually('lost', () => live.coordinator.world.nodes['rpi4-2']?.presence === 'lost')
    })

    t.test('a node can speak for nobody else, and hears nobody else', async (t) => {
      const live = await liveCoordinator(kind)
      t.teardown(live.close)
      const victim = await born(t, live, 'rpi4-1')
      const secret = victim.client.heard.length
      const others = [
        'ih/1/rpi4-1/tm',
        'ih/1/rpi4-1/ack',
        'ih/1/rpi4-1/cmd/rebirth',
        'ih/1/phone-1/ack',
        'ih/1/phone-1/cmd/rebirth',
        'ih/1/phone-1/want/cadence',
        'ih/1/$coord/state',
        'ih/1/+/tm',
        'elsewhere',
      ]
      for (const topic of others) {
        const thief = await dial(t, live, 'phone-1')
        thief.publish(
          topic,
          JSON.stringify(voice('rpi4-1', clock).tm({ 'host/host': { load1: 99 } })[1]),
          { qos: 1 },
          () => {},
        )
        await wait(40)
        thief.end(true)
      }
      const ear = await dial(t, live, 'phone-1')
      for (const filter of ['#', 'ih/1/#', 'ih/1/rpi4-1/#', 'ih/1/rpi4-1/cmd/+', 'ih/1/+/ack'])
        await ear.subscribeAsync(filter).catch(() => {})
      await say(victim.client, victim.self.tm({ 'host/host': { load1: 0.1 } }))
      await say(victim.client, victim.self.state('link', 'eth0', LINK))
      await eventually(
        'the victim’s own word',
        () => live.coordinator.world.nodes['rpi4-1']?.states['link/eth0'],
      )
      await wait(100)
      t.equal(live.coordinator.world.nodes['rpi4-1']?.numbers['host/host']?.values.load1, 0.1)
      t.same(
        ear.heard.map(({ topic }) => topic).filter((topic) => topic !== 'ih/1/$coord/state'),
        [],
        'nothing was overheard',
      )
      const forged = victim.client.heard.slice(secret).filter(({ payload }) => payload.includes('"load1":99'))
      t.same(forged, [], 'nothing forged reached the victim')
    })

    t.test('a wrong secret is refused', async (t) => {
      const live = await liveCoordinator(kind)
      t.teardown(live.close)
      await t.rejects(dial(t, live, 'rpi4-1', { password: 'wrong' }))
      await t.rejects(dial(t, live, 'nobody', { password: live.secrets['rpi4-1'] }))
    })

    t.test('rubbish is counted and disturbs nothing', async (t) => {
      const live = await liveCoordinator(kind)
      t.teardown(live.close)
      const { client, self } = await born(t, live)
      for (const payload of ['', '{', 'null', '[]', '{"v":1}', 'x'.repeat(300_000)])
        await client.publishAsync('ih/1/rpi4-1/tm', payload, { qos: 1 })
      await say(client, self.tm({ 'host/host': { load1: 3 } }))
      await eventually('the good one', () => live.coordinator.world.nodes['rpi4-1']?.numbers['host/host'])
      t.match(live.coordinator.counters.read('ingest'), {
        'malformed-json': 1,
        'other-version': 2,
        'wrong-type': 1,
        'too-large': 1,
      })
    })

    t.test('the world after a restart is the world before it, and the new reign is higher', async (t) => {
      const before = await liveCoordinator(kind)
      const { client, self } = await born(t, before)
      await say(client, self.state('link', 'eth0', LINK))
      await say(client, self.tm({ 'host/host': { load1: 0.5 } }))
      await eventually('numbers', () => before.coordinator.world.nodes['rpi4-1']?.numbers['host/host'])
      client.end(true)
      await eventually('the end of the connection', () => client.disconnected)
      const was = structuredClone(before.coordinator.world)
      const after = await before.again()
      t.teardown(after.close)
      const now = after.coordinator.world
      t.equal(now.epoch, was.epoch + 1)
      t.same(now.nodes['rpi4-1']?.states, was.nodes['rpi4-1']?.states)
      t.same(now.nodes['rpi4-1']?.numbers, was.nodes['rpi4-1']?.numbers)
      t.same(now.nodes['rpi4-1']?.received, was.nodes['rpi4-1']?.received)
      t.match(await after.store.verify(), { ok: true })
    })

    if (kind === 'mosquitto')
      t.test('a broker that is restarted is found again and told who rules', async (t) => {
        const live = await liveCoordinator(kind)
        t.teardown(live.close)
        await live.restartBroker()
        await eventually('the connection', () => live.coordinator.readiness().ready)
        const { client, self } = await born(t, live)
        await eventually('the coordinator’s word', () =>
          client.heard.find(({ payload }) => payload.includes('"online"')),
        )
        await say(client, self.state('link', 'eth0', LINK))
        await eventually('the link', () => live.coordinator.world.nodes['rpi4-1']?.states['link/eth0'])
      })
  })
}

scenarios('embedded')
if (spawnSync('mosquitto', ['-h']).error) {
  const reason = 'Mosquitto is not installed (Debian package mosquitto)'
  t.test('over mosquitto', { skip: process.env['CI'] === 'true' ? false : reason }, async (t) =>
    t.fail(reason),
  )
} else scenarios('mosquitto')
