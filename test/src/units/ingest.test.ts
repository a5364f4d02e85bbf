import t from 'tap'
import { whenSeen } from '@infra-home/coordinator/ingest/seen.ts'
import { days, monoMs, seconds, wallMs } from '@infra-home/shared/clock.ts'
import { LINK, MODEM, voice } from '../helpers/said.ts'
import { smallHouse } from '../helpers/small-house.ts'

const NUMBERS = { 'host/host': { load1: 0.5 } }

t.test('what cannot be taken in is refused with its reason, and disturbs nothing', async (t) => {
  const house = smallHouse()
  const good = voice('rpi4-2', house.clock)
  const bad = voice('rpi4-1', house.clock)
  const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
  const tm = 'ih/1/rpi4-1/tm'
  const message = (change: object): Uint8Array =>
    Buffer.from(house.sealed(tm, { ...bad.envelope(), numbers: NUMBERS, ...change }))
  const rows: [name: string, topic: string, payload: () => Uint8Array, reason: string][] = [
    ['half a JSON text', tm, () => message({}).slice(0, 100), 'malformed-json'],
    ['no JSON at all', tm, () => Buffer.from('hello'), 'malformed-json'],
    ['bytes that are no UTF-8', tm, () => Buffer.from([0x22, 0xff, 0xfe]), 'malformed-json'],
    ['NaN', tm, () => Buffer.from(message({}).toString().replace('0.5', 'NaN')), 'malformed-json'],
    ['null', tm, () => json(null), 'other-version'],
    ['a list', tm, () => json([]), 'other-version'],
    ['a number as a string', tm, () => message({ numbers: { 'host/host': { load1: '0.5' } } }), 'wrong-type'],
    ['a sequence number as a string', tm, () => message({ seq: '7' }), 'wrong-type'],
    ['a sequence number of zero', tm, () => message({ seq: 0 }), 'wrong-type'],
    ['a fraction as sequence number', tm, () => message({ seq: 1.5 }), 'wrong-type'],
    ['numbers that are a list', tm, () => message({ numbers: [] }), 'wrong-type'],
    ['a time that is no time', tm, () => message({ at: 'yesterday' }), 'wrong-type'],
    ['no boot id', tm, () => message({ boot: undefined }), 'wrong-type'],
    ['a name from the prototype', tm, () => message({ boot: { __proto__: null } }), 'wrong-type'],
    ['a payload of 1 MB', tm, () => Buffer.alloc(1_000_000, 0x20), 'too-large'],
    ['another version', tm, () => message({ v: 2 }), 'other-version'],
    ['a kind that nobody knows', 'ih/1/rpi4-1/state/fridge/1', () => message({ body: {} }), 'unknown-kind'],
    ['an event that nobody knows', 'ih/1/rpi4-1/event/party', () => message({ id: 'x' }), 'unknown-kind'],
    ['an acknowledgement from a node', 'ih/1/rpi4-1/ack', () => message({}), 'unknown-kind'],
    ['a command from a node', 'ih/1/rpi4-1/cmd/rebirth', () => message({}), 'unknown-kind'],
    ['a topic of no node', 'ih/1/tm', () => message({}), 'unknown-topic'],
    ["another node's topic", 'ih/1/rpi4-2/tm', () => message({}), 'other-node'],
    ['another site', tm, () => message({ site: 'elsewhere' }), 'other-site'],
    ['a node that nobody invited', 'ih/1/stranger/tm', () => message({ node: 'stranger' }), 'unknown-node'],
    [
      'a reading from after it was sent',
      tm,
      () => message({ mono: 200_000, sentMono: 100_000 }),
      'time-order',
    ],
    ['what nobody sealed', tm, () => json({ ...bad.envelope(), numbers: NUMBERS }), 'no-mac'],
    ['what was altered', tm, () => Buffer.from(message({}).toString().replace('0.5', '0.6')), 'wrong-mac'],
    [
      'what belongs to another topic',
      'ih/1/rpi4-1/tm',
      () => Buffer.from(house.sealed('ih/1/rpi4-1/backlog', { ...bad.envelope(), numbers: NUMBERS })),
      'wrong-mac',
    ],
    ['a reading of two years ago', tm, () => message({ mono: 0, sentMono: days(731) }), 'time-ancient'],
    [
      'a link with half its fields',
      'ih/1/rpi4-1/state/link/eth0',
      () => message({ body: { kind: 'ethernet' } }),
      'wrong-type',
    ],
    [
      'a link of a kind that is none',
      'ih/1/rpi4-1/state/link/eth0',
      () => message({ body: { ...LINK, kind: 'rope' } }),
      'wrong-type',
    ],
  ]
  for (const [name, topic, payload, reason] of rows)
    await t.test(name, async (t) => {
      const before = house.journal.length
      house.hearBytes(topic, payload())
      t.equal(house.rejected.at(-1)?.reason, reason)
      t.equal(house.journal.length, before)
      house.hear(good.tm(NUMBERS))
      t.equal(house.journal.findLast(({ kind }) => kind === 'numbers')?.node, 'rpi4-2')
    })
  t.equal(house.rejected.length, rows.length)
})

t.test('what a broker kept', async (t) => {
  t.test('is taken when it is a state, and refused when it never should have been kept', async (t) => {
    const house = smallHouse()
    const node = voice('rpi4-1', house.clock)
    house.hear(node.state('link', 'eth0', LINK), { retained: true })
    house.hear(node.tm(NUMBERS), { retained: true })
    t.same(
      house.rejected.map(({ reason }) => reason),
      ['retained-rubbish'],
    )
    t.ok(house.world.nodes['rpi4-1']?.states['link/eth0'])
  })
  t.test('is not believed when the client that speaks is another', async (t) => {
    const house = smallHouse()
    house.hear(voice('rpi4-1', house.clock).tm(NUMBERS), { client: 'phone-1' })
    t.match(house.rejected, [{ reason: 'forged-node', node: 'phone-1' }])
  })
})

t.test('the same message twice counts once, in any order', async (t) => {
  const house = smallHouse()
  const node = voice('rpi4-1', house.clock)
  const messages = [1, 2, 3, 4].map((seq) => node.tm({ 'host/host': { load1: seq } }, seq))
  for (const i of [0, 2, 2, 1, 3, 0, 3]) house.hear(messages[i] ?? ['', {}])
  t.same(
    house.rejected.map(({ reason }) => reason),
    ['duplicate', 'duplicate', 'duplicate'],
  )
  t.same(house.world.nodes['rpi4-1']?.received[1], { upTo: 4, above: [] })
  t.equal(house.world.nodes['rpi4-1']?.numbers['host/host']?.values.load1, 4)
})

t.test('a birth of the same millisecond counts when it says something else', async (t) => {
  const house = smallHouse()
  const [topic, birth] = voice('rpi4-1', house.clock).birth()
  const learnt = { ...birth, cadenceMs: 60_000 }
  for (const message of [birth, birth, learnt, learnt]) house.hear([topic, message])
  t.same(
    house.rejected.map(({ reason }) => reason),
    ['duplicate', 'duplicate'],
  )
  t.equal(house.world.nodes['rpi4-1']?.birth?.cadenceMs, 60_000)
})

t.test('an older state that comes late is journalled and changes nothing', async (t) => {
  const house = smallHouse()
  const node = voice('rpi4-1', house.clock)
  const down = node.state('link', 'eth0', { ...LINK, carrier: false })
  house.hear(node.state('link', 'eth0', LINK))
  house.hear(down)
  t.match(house.world.nodes['rpi4-1']?.states['link/eth0']?.body, { carrier: true })
  t.equal(house.journal.filter(({ kind }) => kind === 'message').length, 2)
})

t.test('a state that is gone stays gone when an older word of it arrives', async (t) => {
  const house = smallHouse()
  const node = voice('rpi4-1', house.clock)
  const old = node.state('link', 'usb0', LINK)
  house.hear(node.state('link', 'usb0', null))
  house.hear(old)
  t.equal(house.world.nodes['rpi4-1']?.states['link/usb0'], undefined)
})

t.test('a backlog', async (t) => {
  t.test(
    'brings old messages with their own times, and what is wrong in it is refused one by one',
    async (t) => {
      const house = smallHouse()
      const node = voice('rpi4-1', house.clock)
      const [topic, first] = node.tm(NUMBERS)
      const [, second] = voice('phone-1', house.clock).tm(NUMBERS)
      await house.clock.advance(seconds(600))
      const carrier = {
        ...node.envelope(null),
        entries: [
          { topic, message: first },
          { topic, message: second },
          { topic, message: 7 },
          { topic: 'ih/1/rpi4-1/backlog', message: { ...node.envelope(null), entries: [] } },
        ],
      }
      house.hear(['ih/1/rpi4-1/backlog', carrier])
      t.same(
        house.rejected.map(({ reason }) => reason),
        ['other-node', 'other-version', 'backlog-nested'],
      )
      const seen = house.world.nodes['rpi4-1']?.numbers['host/host']?.seen
      t.equal(seen?.mono, house.clock.now().mono - 600_000)
      t.equal(seen?.corrected, true)
    },
  )
})

t.test('when a thing was seen', async (t) => {
  const received = { wall: wallMs(Date.UTC(2026, 5, 1, 12)), mono: monoMs(50_000) }
  const envelope = voice('a', { now: () => received, after: () => () => {} }).envelope(1)
  const rows: [string, object, object, number, boolean][] = [
    ['is counted back on its own monotonic clock', { mono: 10_000 }, { sentMono: 14_000 }, 4_000, true],
    [
      'does not ask what its wall clock said',
      { mono: 10_000, at: '1970-01-01T00:00:07Z' },
      { sentMono: 10_500 },
      500,
      true,
    ],
    [
      'of an earlier boot is what its wall clock said',
      { boot: 'old', at: '2026-06-01T11:00:00Z' },
      {},
      3_600_000,
      false,
    ],
    [
      'of an earlier boot with a clock that was never set is when it came',
      { boot: 'old', at: '1970-01-01T00:01:00Z' },
      {},
      0,
      false,
    ],
    [
      'of an earlier boot in the future is when it came',
      { boot: 'old', at: '2031-01-01T00:00:00Z' },
      {},
      0,
      false,
    ],
  ]
  for (const [name, message, carrier, ago, corrected] of rows)
    t.test(name, async (t) => {
      const seen = whenSeen({ ...envelope, ...message }, { ...envelope, ...carrier }, received)
      t.same(seen, { wall: received.wall - ago, mono: received.mono - ago, corrected })
    })
})

t.test('a coordinator that lost its memory learns every state again from a node that did not', async (t) => {
  const before = smallHouse()
  const node = voice('rpi4-1', before.clock)
  const link = node.state('link', 'eth0', LINK)
  const modem = node.state('modem', 'mifi', MODEM)
  const after = smallHouse({ clock: before.clock })
  after.hear(node.birth([{ session: 1, from: 3 }], ['link/eth0', 'modem/mifi']))
  after.hear(link)
  after.hear(modem)
  t.same(Object.keys(after.world.nodes['rpi4-1']?.states ?? {}), ['link/eth0', 'modem/mifi'])
  after.hear(link)
  t.match(after.rejected, [{ reason: 'duplicate' }])
})
