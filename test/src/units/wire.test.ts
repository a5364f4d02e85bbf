import type { Socket } from 'node:net'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import t from 'tap'
import { openCredentials } from '@infra-home/coordinator/broker/credentials.ts'
import { type Packet, generate, parser } from 'mqtt-packet'
import { milliseconds } from '@infra-home/shared/clock.ts'
import { realDisk } from '@infra-home/agent/sys/real-disk.ts'
import { mqttWire } from '@infra-home/agent/sys/mqtt-wire.ts'
import type { Wire } from '@infra-home/agent/sys/wire.ts'
import { fakeClock } from '../helpers/fake-clock.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A wire to a broker that the test plays by hand. */
const play = () => {
  const clock = fakeClock()
  const pass = (ms: number) => clock.advance(milliseconds(ms))
  const heard: Packet[] = []
  const said = parser({ protocolVersion: 4 })
  said.on('packet', (packet: Packet) => heard.push({ ...packet }))
  const socket = new Duplex({
    read() {},
    write(part: Buffer, _encoding, done) {
      said.parse(part)
      done()
    },
    final: (done) => done(),
  })
  const story: string[] = []
  const messages: [topic: string, text: string, retained: boolean][] = []
  const wire: Wire = mqttWire({
    clock,
    open(ready) {
      setImmediate(ready)
      return socket as unknown as Socket
    },
    node: 'rpi4-1',
    secret: 's3cret',
  })({
    will: { topic: 'ih/1/rpi4-1/$state', payload: 'gone' },
    subscriptions: ['ih/1/rpi4-1/ack', 'ih/1/rpi4-1/lease', 'ih/1/$coord/state'],
    atMostOnce: ['ih/1/rpi4-1/lease'],
    onOpen: () => story.push('open'),
    onMessage: (topic, payload, retained) =>
      messages.push([topic, Buffer.from(payload).toString('utf8'), retained]),
    onEnd: (reason) => story.push(reason),
  })
  const broker = {
    says: (packet: Packet) => broker.sends(generate(packet)),
    async sends(bytes: Buffer | string) {
      socket.push(bytes)
      await turn()
    },
    async opens() {
      await broker.says({ cmd: 'connack', returnCode: 0, sessionPresent: false })
      await broker.says({ cmd: 'suback', messageId: 1, granted: [1, 0, 1] })
    },
  }
  return { wire, socket, heard, story, messages, broker, pass }
}

t.test('a connection to a broker', async (t) => {
  t.test(
    'says who we are and what is to be said when we are gone, and opens when it is subscribed',
    async (t) => {
      const { broker, heard, story } = play()
      await turn()
      t.match(heard[0], {
        cmd: 'connect',
        clientId: 'rpi4-1',
        username: 'rpi4-1',
        password: Buffer.from('s3cret'),
        clean: true,
        will: { topic: 'ih/1/rpi4-1/$state', payload: Buffer.from('gone'), qos: 1, retain: true },
      })
      await broker.says({ cmd: 'connack', returnCode: 0, sessionPresent: false })
      t.match(heard[1], {
        cmd: 'subscribe',
        subscriptions: [{ topic: 'ih/1/rpi4-1/ack', qos: 1 }, { topic: 'ih/1/rpi4-1/lease', qos: 0 }, {}],
      })
      t.same(story, [], 'not open before the subscription is granted')
      await broker.says({ cmd: 'suback', messageId: 1, granted: [1, 0, 1] })
      t.same(story, ['open'])
    },
  )

  t.test('carries messages both ways, and acknowledges', async (t) => {
    const { wire, broker, heard, messages } = play()
    await broker.opens()
    wire.publish('ih/1/rpi4-1/tm', 'numbers', { qos: 0, retain: false })
    wire.publish('ih/1/rpi4-1/event/gap', 'first', { qos: 1, retain: false })
    wire.publish('ih/1/rpi4-1/event/gap', 'second', { qos: 1, retain: true })
    await broker.says({
      cmd: 'publish',
      topic: 'ih/1/rpi4-1/ack',
      payload: 'committed',
      qos: 1,
      messageId: 77,
      dup: false,
      retain: true,
    })
    t.match(heard.slice(2), [
      { cmd: 'publish', payload: Buffer.from('numbers'), qos: 0 },
      { cmd: 'publish', payload: Buffer.from('first'), qos: 1, messageId: 1, retain: false },
      { cmd: 'publish', payload: Buffer.from('second'), qos: 1, messageId: 2, retain: true },
      { cmd: 'puback', messageId: 77 },
    ])
    t.same(messages, [['ih/1/rpi4-1/ack', 'committed', true]])
  })

  const ends: readonly [name: string, how: (played: ReturnType<typeof play>) => unknown, reason: RegExp][] = [
    [
      'is refused',
      ({ broker }) => broker.says({ cmd: 'connack', returnCode: 5, sessionPresent: false }),
      /refused us: not authorised/,
    ],
    [
      'is not allowed to listen',
      async ({ broker }) => {
        await broker.says({ cmd: 'connack', returnCode: 0, sessionPresent: false })
        await broker.says({ cmd: 'suback', messageId: 1, granted: [1, 0, 128] })
      },
      /refused us ih\/1\/\$coord\/state/,
    ],
    [
      'meets something else',
      ({ broker }) => broker.sends('HTTP/1.1 400 Bad Request\r\n\r\n'),
      /does not speak MQTT/,
    ],
    [
      'is sent something without an end',
      async ({ broker }) => {
        await broker.sends(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]))
        for (let i = 0; i < 20; i++) await broker.sends(Buffer.alloc(64 * 1024))
      },
      /more than 1048576 bytes at once/,
    ],
    ['is cut', ({ socket }) => socket.destroy(), /was closed/],
    ['breaks', ({ socket }) => socket.destroy(new Error('ECONNRESET')), /ECONNRESET/],
    ['gets no answer', ({ pass }) => pass(8_000), /does not answer/],
  ]
  for (const [name, how, reason] of ends)
    t.test(`that ${name} ends once and says why`, async (t) => {
      const played = play()
      await how(played)
      await turn()
      t.equal(played.story.length, 1)
      t.match(played.story[0], reason)
      await played.pass(60_000)
      await turn()
      t.equal(played.story.length, 1)
    })

  t.test('lives on while the broker answers its pulse, and ends when it falls silent', async (t) => {
    const { broker, heard, story, pass } = play()
    await broker.opens()
    for (let i = 0; i < 3; i++) {
      await pass(20_000)
      await broker.says({ cmd: 'pingresp' })
    }
    t.equal(heard.filter(({ cmd }) => cmd === 'pingreq').length, 3)
    await pass(40_000)
    await turn()
    t.same(story, ['open', 'the broker fell silent'])
  })

  t.test('says good-bye, hears nothing more, and has no reason to tell', async (t) => {
    const { wire, broker, socket, heard, story, messages } = play()
    await broker.opens()
    const closed = wire.close()
    await broker.says({
      cmd: 'publish',
      topic: 'ih/1/rpi4-1/ack',
      payload: 'late',
      qos: 0,
      dup: false,
      retain: false,
    })
    socket.push(null)
    await closed
    t.equal(heard.at(-1)?.cmd, 'disconnect')
    t.same([story, messages], [['open'], []])
  })

  t.test('does not wait for ever for a good-bye', async (t) => {
    const { wire, broker, pass } = play()
    await broker.opens()
    const closed = wire.close()
    await pass(1_000)
    await closed
    t.pass()
    await wire.close()
  })
})

t.test('a file that is replaced thirty times at once is one of the thirty, whole', async (t) => {
  const disk = realDisk(t.testdir())
  const texts = Array.from({ length: 30 }, (_, i) => JSON.stringify({ i, fill: 'x'.repeat(i * 1000) }))
  await Promise.all(texts.map((text) => disk.replace('book.json', Buffer.from(text))))
  t.equal(Buffer.from((await disk.read('book.json')) ?? []).toString(), texts.at(-1))
})

t.test('nobody comes in under a name that every object has', async (t) => {
  const credentials = openCredentials(join(t.testdir(), 'nodes.json'))
  credentials.add('rpi4-1', '2026-11-01T00:00:00Z')
  for (const name of ['__proto__', 'constructor', 'toString', '']) {
    t.equal(credentials.check(name, 'secret'), false)
    t.equal(credentials.knows(name), false)
    t.equal(credentials.hashOf(name), null)
  }
})
