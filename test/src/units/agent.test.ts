import t from 'tap'
import type { Collector, Reading } from '@infra-home/agent/collectors/collector.ts'
import { type EpochClock, learnEpoch, refusalOf } from '@infra-home/agent/commands/obey.ts'
import { createConnection } from '@infra-home/agent/connection.ts'
import { clockWatch } from '@infra-home/agent/clock-watch.ts'
import { type ConversationOptions, openConversation } from '@infra-home/agent/conversation.ts'
import { createInbound } from '@infra-home/agent/inbound.ts'
import { look, mergeNumbers } from '@infra-home/agent/look.ts'
import { UNKNOWN_MODEM } from '@infra-home/agent/modems/modem.ts'
import { loadAgentConfig } from '@infra-home/agent/config.ts'
import { DEFAULT_PACE, pollModem } from '@infra-home/agent/modems/poll.ts'
import { openOutbox } from '@infra-home/agent/outbox/outbox.ts'
import { createPublisher } from '@infra-home/agent/publisher.ts'
import { createSchedule } from '@infra-home/agent/schedule.ts'
import { openWishes } from '@infra-home/agent/wishes.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import type { Wire, WireOptions } from '@infra-home/agent/sys/wire.ts'
import { startWatchdog } from '@infra-home/agent/watchdog.ts'
import { days, type DurationMs, milliseconds, minutes, monoMs, seconds } from '@infra-home/shared/clock.ts'
import type { CmdMessage } from '@infra-home/shared/messages/cmd.ts'
import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { fakeClock, settle } from '../helpers/fake-clock.ts'
import { LINK, MODEM } from '../helpers/said.ts'

const IDENTITY = { site: 'home', node: 'rpi4-2', boot: 'boot-1', session: 3 }
const reading = (...states: Reading['states'][number][]): Reading => ({
  states,
  numbers: {},
  whole: ['link'],
})
const link = (id: string, carrier = true): Reading['states'][number] => ({
  kind: 'link',
  id,
  body: { ...LINK, carrier, addresses: [...LINK.addresses] },
})

type Said = { topic: string; message: { seq: number | null; body?: unknown; mono: number; sentMono: number } }

const publisherOn = (connected = true) => {
  const clock = fakeClock()
  const said: Said[] = []
  const kept: { urgency: string; topic: string }[] = []
  let seq = 0
  const wire: Wire = {
    publish: (topic, payload) => said.push({ topic, message: JSON.parse(payload) as Said['message'] }),
    close: async () => {},
  }
  const publisher = createPublisher({
    identity: IDENTITY,
    clock,
    outbox: { next: () => ++seq, add: (entry) => kept.push(entry) },
    newId: () => '01JD0000000000000000000000',
    wire: () => (connected ? wire : null),
  })
  return { clock, said, kept, publisher }
}

t.test('the publisher', async (t) => {
  t.test('says a state when it is new or different, and that it is gone', async (t) => {
    const { publisher, said } = publisherOn()
    publisher.states(reading(link('eth0'), link('wlan0')))
    publisher.states(reading(link('eth0'), link('wlan0')))
    publisher.states(reading(link('eth0', false), link('wlan0')))
    publisher.states(reading(link('eth0', false)))
    t.same(
      said.map(({ topic, message }) => [topic.slice(12), message.seq, message.body === null]),
      [
        ['state/link/eth0', 1, false],
        ['state/link/wlan0', 2, false],
        ['state/link/eth0', 3, false],
        ['state/link/wlan0', 4, true],
      ],
    )
    t.same(publisher.stateKeys(), ['link/eth0'])
  })
  t.test('repeats what is so with the same numbers and the time of then', async (t) => {
    const { clock, publisher, said } = publisherOn()
    publisher.states(reading(link('eth0')))
    await clock.advance(seconds(60))
    publisher.repeatStates()
    t.equal(said[1]?.message.seq, 1)
    t.equal(said[1]?.message.mono, said[0]?.message.mono)
    t.equal((said[1]?.message.sentMono ?? 0) - (said[0]?.message.sentMono ?? 0), 60_000)
  })
  t.test('keeps what it cannot say: states and events at once, numbers for later', async (t) => {
    const { publisher, said, kept } = publisherOn(false)
    publisher.states(reading(link('eth0')))
    publisher.numbers({ 'link/eth0': { rxBytes: 1 } })
    publisher.numbers({})
    publisher.event('clock-step', { byMs: 86_400_000 })
    t.equal(said.length, 0)
    t.same(
      kept.map(({ urgency, topic }) => [urgency, topic.slice(12)]),
      [
        ['event', 'state/link/eth0'],
        ['number', 'tm'],
        ['event', 'event/clock-step'],
      ],
    )
  })
})

t.test('looking', async (t) => {
  const sysOn = (clock = fakeClock()): Sys => ({ clock }) as unknown as Sys
  const collector = (collect: Collector['collect'], rest: Partial<Collector> = {}): Collector => ({
    name: 'links',
    pace: 'sample',
    wakesOn: ['link'],
    collect,
    ...rest,
  })
  t.test('a collector that fails is a reading, and so is one that hangs', async (t) => {
    const clock = fakeClock()
    const failed = await look(
      collector(() => Promise.reject(new Error('no such file'))),
      sysOn(clock),
      seconds(1),
    )
    t.match(failed.states, [{ kind: 'collector', id: 'links', body: { ok: false, error: 'no such file' } }])
    const hanging = look(
      collector(() => new Promise(() => {})),
      sysOn(clock),
      seconds(1),
    )
    await clock.advance(seconds(1))
    t.match((await hanging).states, [{ body: { ok: false, error: 'no answer within 1000 ms' } }])
  })
  t.test('numbers of several collectors about one thing become one', async (t) => {
    const merged = mergeNumbers([
      { states: [], whole: [], numbers: { 'host/host': { load1: 1 }, 'link/eth0': { rxBytes: 5 } } },
      { states: [], whole: [], numbers: { 'host/host': { temperatureC: null } } },
    ])
    t.same(merged, { 'host/host': { load1: 1, temperatureC: null }, 'link/eth0': { rxBytes: 5 } })
  })
  t.test('goes by the cadence, by its own pace, and at once when the kernel says so', async (t) => {
    const clock = fakeClock()
    const looked: string[] = []
    const named = (name: string, rest: Partial<Collector>): Collector =>
      collector(async () => (looked.push(name), reading()), { name, ...rest })
    const schedule = createSchedule({
      sys: sysOn(clock),
      clock,
      collectors: [named('links', {}), named('routes', { pace: minutes(1), wakesOn: ['route'] })],
      cadence: seconds(10),
      onReadings() {},
    })
    await schedule.first()
    schedule.start()
    await clock.advance(seconds(60))
    t.same([looked.filter((n) => n === 'links').length, looked.filter((n) => n === 'routes').length], [7, 2])
    looked.length = 0
    for (let i = 0; i < 20; i++) schedule.wake('route')
    await clock.advance(milliseconds(249))
    t.same(looked, ['routes'], 'at once, and once for a burst')
    await clock.advance(milliseconds(2))
    t.same(looked, ['routes', 'routes'], 'and once more after it')
    schedule.stop()
    looked.length = 0
    await clock.advance(minutes(10))
    t.same(looked, [])
  })
})

t.test(
  'a modem is polled calmly while it is well and often while it is not; a broken driver is "unknown"',
  async (t) => {
    const clock = fakeClock()
    const answers = [
      { state: MODEM, numbers: { rsrpDbm: -90 } },
      { state: { ...MODEM, state: 'searching' as const }, numbers: {} },
      null,
    ]
    const readings: Reading[] = []
    let asked = 0
    const modem = {
      async read() {
        const answer = answers[Math.min(asked++, 2)]
        if (!answer) throw new Error('bug')
        return answer
      },
    }
    const poll = pollModem(
      { id: 'mifi', driver: 'hilink', address: '192.168.8.1', modem },
      {
        clock,
        pace: { calm: seconds(30), alarmed: seconds(3) },
        isForData: () => true,
        onReading: (r) => readings.push(r),
      },
    )
    await poll.start()
    await clock.advance(seconds(30))
    t.equal(readings.length, 2)
    await clock.advance(seconds(3))
    t.equal(readings.length, 3)
    t.match(readings[2]?.states, [
      { kind: 'modem', id: 'mifi', body: { state: 'unknown', cause: /bug/, registration: 'unknown' } },
    ])
    t.match(UNKNOWN_MODEM, { state: 'unknown' })
    await poll.stop()
  },
)

t.test('a modem is read often when it matters, and seldom when it does not', async (t) => {
  const clock = fakeClock()
  const began = clock.now().mono
  let numbers: Numbers = { rsrpDbm: -90, sinrDb: 10 }
  const at: number[] = []
  const poll = pollModem(
    {
      id: 'mifi',
      driver: 'hilink',
      address: '192.168.8.1',
      modem: { read: async () => ({ state: { ...UNKNOWN_MODEM, state: 'online' }, numbers }) },
    },
    {
      clock,
      pace: DEFAULT_PACE,
      isForData: () => true,
      onReading: () => at.push((clock.now().mono - began) / 1000),
    },
  )
  const readIn = async (time: DurationMs): Promise<number[]> => {
    at.splice(0)
    await clock.advance(time)
    return [...at]
  }
  await poll.start()
  t.same(await readIn(seconds(70)), [30, 60], 'online and well')
  poll.hurry()
  t.same(await readIn(seconds(10)), [70, 73, 76, 79], 'its line is doubted')
  await readIn(seconds(50))
  t.same((await readIn(minutes(1))).length, 2, 'a minute later nobody doubts it any more')
  numbers = { rsrpDbm: -118, sinrDb: 10 }
  await readIn(seconds(30))
  t.ok((await readIn(seconds(30))).length >= 9, 'it hears its cell badly')
  numbers = { rsrpDbm: null, sinrDb: -5 }
  t.equal((await readIn(seconds(30))).length, 10, 'or through noise')
  numbers = { rsrpDbm: -90, rsrqDb: -20, sinrDb: null }
  t.equal((await readIn(seconds(30))).length, 10, 'or beside its neighbours')
  numbers = { rsrpDbm: null, sinrDb: null, rssiDbm: -115 }
  t.equal((await readIn(seconds(30))).length, 10, 'or, of an older network, hardly at all')
  numbers = { rsrpDbm: -114, rsrqDb: -19, sinrDb: -3 }
  await readIn(seconds(3))
  t.equal((await readIn(minutes(1))).length, 2, 'poor is not yet bad')
  numbers = { rsrpDbm: null, sinrDb: null }
  await readIn(seconds(3))
  t.same((await readIn(minutes(1))).length, 2, 'unknown is not bad')
  await poll.stop()
  poll.hurry()
  t.same(await readIn(minutes(5)), [], 'nor after its end')
})

t.test('a modem without data is read often where data is what it is for', async (t) => {
  const clock = fakeClock()
  let state: ModemState = { ...UNKNOWN_MODEM, state: 'no-data', dataSession: 'disconnected' }
  let [isForData, numbers, reads] = [true, { rsrpDbm: -90 }, 0]
  const poll = pollModem(
    {
      id: 'stick',
      driver: 'at',
      address: '/dev/ttyUSB2',
      modem: { read: async () => ({ state, numbers }) },
    },
    { clock, pace: DEFAULT_PACE, isForData: () => isForData, onReading: () => reads++ },
  )
  const readIn = async (time: DurationMs): Promise<number> => {
    reads = 0
    await clock.advance(time)
    return reads
  }
  await poll.start()
  t.equal(await readIn(minutes(1)), 20, 'an uplink’s')
  isForData = false
  await readIn(seconds(3))
  t.equal(await readIn(minutes(1)), 2, 'one for texts')
  numbers = { rsrpDbm: -125 }
  await readIn(seconds(30))
  t.equal(await readIn(minutes(1)), 20, 'one for texts that hardly hears its cell')
  numbers = { rsrpDbm: -90 }
  for (const lost of ['searching', 'no-sim', 'denied', 'unreachable'] as const) {
    state = { ...state, state: lost }
    await readIn(seconds(30))
    t.equal(await readIn(minutes(1)), 20, `one for texts that is ${lost}`)
  }
  await poll.stop()
})

t.test('values that cannot be true are counted since the start', async (t) => {
  const clock = fakeClock()
  const said: (number | null | undefined)[] = []
  const rows: Numbers[] = [{}, { strayValues: 2 }, {}, { strayValues: 1 }]
  const poll = pollModem(
    {
      id: 'mifi',
      driver: 'hilink',
      address: '192.168.8.1',
      modem: { read: async () => ({ state: UNKNOWN_MODEM, numbers: rows.shift() ?? {} }) },
    },
    {
      clock,
      pace: DEFAULT_PACE,
      isForData: () => true,
      onReading: (r) => said.push(r.numbers['modem/mifi']?.strayValues),
    },
  )
  await poll.start()
  await clock.advance(seconds(12))
  t.same(said, [undefined, 2, 2, 3, 3])
  await poll.stop()
})

t.test('the connection', async (t) => {
  t.test('is made again with growing, spread-out waits, each with a will of its own', async (t) => {
    const clock = fakeClock()
    const dialled: { at: number; options: WireOptions }[] = []
    const waits: number[] = []
    const connection = createConnection({
      clock,
      jitter: () => 1,
      make(options) {
        dialled.push({ at: clock.now().mono, options })
        return { publish() {}, close: async () => {} }
      },
      will: (count) => ({ topic: 'w', payload: String(count) }),
      subscriptions: [],
      atMostOnce: [],
      onOpen() {},
      onMessage() {},
      onEnd: (_reason, wait) => waits.push(wait),
    })
    connection.start()
    for (let i = 0; i < 9; i++) {
      dialled.at(-1)?.options.onEnd('refused')
      await clock.advance(seconds(60))
    }
    t.same(
      waits,
      [1, 2, 4, 8, 16, 32, 60, 60, 60].map((s) => s * 1000),
    )
    t.same(
      dialled.map(({ options }) => options.will.payload),
      Array.from({ length: 10 }, (_, i) => String(i + 1)),
    )
    t.equal(connection.wire(), null)
    dialled.at(-1)?.options.onOpen()
    t.ok(connection.wire())
    await clock.advance(seconds(31))
    dialled.at(-1)?.options.onEnd('gone')
    t.equal(waits.at(-1), 1000, 'a connection that held starts anew')
    await connection.stop()
    await clock.advance(minutes(5))
    t.equal(dialled.length, 10)
  })
})

t.test('commands', async (t) => {
  const command: CmdMessage = {
    id: '01JD0000000000000000000000',
    site: 'home',
    node: 'rpi4-2',
    boot: 'boot-1',
    epoch: 5,
    generation: 3,
    issuedAt: 10_000,
    expiresAt: 70_000,
    verb: 'rebirth',
    args: {},
    signature: null,
  }
  const on = {
    identity: IDENTITY,
    book: {},
    epochClock: { epoch: 5, aheadMs: 0, at: monoMs(70_000) },
    now: monoMs(20_000),
  }
  const rows: [string, Partial<CmdMessage>, Partial<typeof on> & { book?: object }, string | null][] = [
    ['a good one is obeyed', {}, {}, null],
    ['for another node', { node: 'rpi4-1' }, {}, 'wrong-node'],
    ['for another site', { site: 'away' }, {}, 'wrong-node'],
    ['for an earlier boot', { boot: 'boot-0' }, {}, 'wrong-boot'],
    ['the same again', {}, { book: { rebirth: { epoch: 5, generation: 3 } } }, 'replayed'],
    [
      'one older than the newest obeyed',
      { generation: 2 },
      { book: { rebirth: { epoch: 5, generation: 3 } } },
      'replayed',
    ],
    ['of an epoch that ended', {}, { book: { rebirth: { epoch: 6, generation: 1 } } }, 'older'],
    [
      'of an epoch below the one that speaks',
      {},
      { epochClock: { epoch: 6, aheadMs: 0, at: monoMs(20_000) } },
      'older',
    ],
    [
      'the first of a new epoch',
      { epoch: 6, generation: 1 },
      { book: { rebirth: { epoch: 5, generation: 9 } } },
      null,
    ],
    ['that came too late', {}, { now: monoMs(70_001) }, 'expired'],
    ['at its last moment', {}, { now: monoMs(70_000) }, null],
  ]
  for (const [name, change, state, refusal] of rows)
    t.test(`${name}: ${refusal ?? 'obeyed'}`, async (t) =>
      t.equal(refusalOf({ ...command, ...change }, { ...on, ...state }), refusal),
    )
  t.test('the age of an epoch is learnt from the quickest message', async (t) => {
    const late = learnEpoch(null, { epoch: 5, epochMs: 1_000 }, monoMs(50_000))
    const quick = learnEpoch(late, { epoch: 5, epochMs: 9_000 }, monoMs(51_000))
    t.equal(quick.aheadMs, -42_000)
    t.equal(learnEpoch(quick, { epoch: 5, epochMs: 9_500 }, monoMs(60_000)), quick)
    t.equal(learnEpoch(quick, { epoch: 4, epochMs: 99_999_999 }, monoMs(60_000)), quick)
    t.equal(learnEpoch(quick, { epoch: 6, epochMs: 0 }, monoMs(60_000)).epoch, 6)
  })
  t.test('obeys for months however the clocks part, by what boards may', async (t) => {
    for (const ppm of [-190, -50, 0, 50, 190]) {
      const refusals: unknown[] = []
      let clock: EpochClock | null = null
      for (let minute = 0; minute < 60 * 24 * 100; minute += 10) {
        const epochMs = minute * 60_000
        const now = monoMs(epochMs * (1 + ppm / 1e6) + 5_000_000)
        clock = learnEpoch(clock, { epoch: 5, epochMs: epochMs - (minute % 70) * 2 }, now) // some come late
        const one = { ...command, epoch: 5, generation: minute + 1, expiresAt: epochMs + 10_000 }
        refusals.push(refusalOf(one, { ...on, epochClock: clock, now }))
        const late = monoMs(now + 12_000)
        if (refusalOf(one, { ...on, epochClock: clock, now: late }) !== 'expired')
          refusals.push('obeyed too late')
      }
      t.same([...new Set(refusals)], [null], `${ppm} ppm`)
    }
  })
})

t.test('what comes in', async (t) => {
  const hear = createInbound('rpi4-2')
  const ack = {
    v: 1,
    site: 'home',
    node: 'rpi4-2',
    epoch: 1,
    epochMs: 5,
    at: '2026-11-01T00:00:00Z',
    boot: 'b',
    session: 1,
    upTo: 4,
    above: [[6, 7]],
  }
  const bytes = (value: unknown): Uint8Array =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  const rows: [string, string, unknown, string][] = [
    ['an acknowledgement', 'ih/1/rpi4-2/ack', ack, 'ack'],
    ['an acknowledgement with something new in it', 'ih/1/rpi4-2/ack', { ...ack, extra: 1 }, 'ack'],
    ['an acknowledgement with a string', 'ih/1/rpi4-2/ack', { ...ack, upTo: '4' }, 'malformed'],
    ['half of one', 'ih/1/rpi4-2/ack', JSON.stringify(ack).slice(0, 60), 'malformed'],
    ["somebody else's", 'ih/1/rpi4-1/ack', ack, 'malformed'],
    ['a wish of an unknown kind', 'ih/1/rpi4-2/want/tea', {}, 'malformed'],
    ['a verb that nobody knows', 'ih/1/rpi4-2/cmd/dance', { verb: 'dance' }, 'malformed'],
    [
      'the coordinator',
      'ih/1/$coord/state',
      {
        v: 1,
        site: 'home',
        state: 'online',
        epoch: 1,
        epochMs: 0,
        at: '2026-11-01T00:00:00Z',
        signature: null,
      },
      'coordinator',
    ],
    ['too much', 'ih/1/rpi4-2/ack', 'x'.repeat(300_000), 'malformed'],
  ]
  for (const [name, topic, value, kind] of rows)
    t.test(`${name} is ${kind}`, async (t) => t.equal(hear(topic, bytes(value)).kind, kind))
})

t.test('what was said while nobody heard is told as soon as the coordinator is there', async (t) => {
  const clock = fakeClock()
  const outbox = await openOutbox({ disk: fakeDisk().mount(), clock, onGap: () => {} })
  const told: string[] = []
  let connection = 0
  const wire: Wire = {
    publish: (topic) =>
      void (topic.endsWith('/backlog') && told.push(`${connection} at ${clock.now().mono}`)),
    close: async () => {},
  }
  const nothing = () => {}
  const conversation = await openConversation({
    identity: { ...IDENTITY, session: outbox.session },
    clock,
    disk: fakeDisk().mount(),
    outbox,
    publisher: { stateKeys: () => [], repeatStates: nothing, event: nothing },
    keys: { faultOf: () => null },
    rights: [],
    wire: () => (connection > 0 ? wire : null),
    connection: () => connection,
    describe: () => ({}),
    onSignOfLife: nothing,
    onTime: nothing,
    log: nothing,
  } as unknown as ConversationOptions)
  const online = { v: 1, site: 'home', state: 'online', epoch: 1, epochMs: 0, at: '2026-11-01T00:00:00Z' }
  const connect = (): void => {
    connection++
    conversation.greet()
  }
  const hear = (): void =>
    conversation.hear('ih/1/$coord/state', Buffer.from(JSON.stringify({ ...online, signature: null })), true)

  connect()
  hear()
  const { session } = outbox
  const topic = 'ih/1/rpi4-2/event/switched'
  outbox.add({ topic, message: { session, seq: outbox.next() }, urgency: 'event' })
  await clock.advance(seconds(3))
  t.same(told, [], 'it may have arrived')
  connect()
  t.notOk(conversation.pump(), 'nobody knows yet whether the coordinator is there, too')
  const back = clock.now().mono
  hear()
  await settle()
  await clock.advance(milliseconds(300))
  t.same(told, [`2 at ${back + 200}`], 'at once, when the disk has given it')
  await outbox.close()
})

t.test('wishes are kept, the newer wins, and they are there after a restart', async (t) => {
  const files = new Map<string, Uint8Array>()
  const disk = {
    list: async () => [...files.keys()],
    read: async (name: string) => files.get(name) ?? null,
    append: async () => {},
    replace: async (name: string, data: Uint8Array) => void files.set(name, data),
    remove: async () => {},
  }
  const wish = (epoch: number, generation: number, sampleMs: number | null) => ({
    site: 'home',
    node: 'rpi4-2',
    epoch,
    generation,
    signature: null,
    body: sampleMs === null ? null : { sampleMs, refreshMs: 60_000 },
  })
  const wishes = await openWishes(disk)
  t.equal(wishes.take('cadence', wish(2, 1, 5_000)), 'newer')
  t.equal(wishes.take('cadence', wish(2, 1, 9_000)), 'known')
  t.equal(wishes.take('cadence', wish(1, 9, 9_000)), 'older')
  await wishes.kept()
  t.match((await openWishes(disk)).get('cadence'), { sampleMs: 5_000 })
  t.equal(wishes.take('cadence', wish(3, 1, null)), 'newer')
  t.equal(wishes.get('cadence'), null)
})

t.test('a jump of the wall clock is seen once, with its size', async (t) => {
  const clock = fakeClock()
  const jumped = clockWatch(clock)
  await clock.advance(days(2))
  t.equal(jumped(), null)
  clock.stepWall(days(-1))
  t.equal(jumped(), -86_400_000)
  t.equal(jumped(), null)
})

t.test('systemd', async (t) => {
  const heard: string[] = []
  const clock = fakeClock()
  const sys = {
    clock,
    exec: async (_program: string, words: readonly string[]) => (heard.push(words.join(' ')), ''),
  }
  let alive = true
  const options = { alive: () => alive, log: () => {} }
  t.test('is told nothing when it is not there', async (t) => {
    await startWatchdog(sys, { notifySocket: false, watchdogUsec: null }, options)
    t.same(heard, [])
  })
  t.test('is told that we are ready, and at half its patience that we are alive', async (t) => {
    const stop = await startWatchdog(sys, { notifySocket: true, watchdogUsec: 60_000_000 }, options)
    await clock.advance(seconds(60))
    t.same(heard, ['--ready', 'WATCHDOG=1', 'WATCHDOG=1'])
    alive = false
    await clock.advance(seconds(60))
    t.equal(heard.length, 3)
    stop()
  })
})

t.test('the modems of a configuration', async (t) => {
  const files: Record<string, string> = { '/etc/ih/pin': '1234\n', '/etc/ih/no-pin': 'T0P-S3CRET\n' }
  const load = (modem: object) =>
    loadAgentConfig('/etc/ih/agent.json', (path) => {
      if (path !== '/etc/ih/agent.json') return files[path] ?? ''
      return JSON.stringify({
        site: 'home',
        node: 'rpi4-1',
        broker: { host: '127.0.0.1', port: 1883, secret: 's' },
        signingKeys: ['A'.repeat(43)],
        stateDir: 'state',
        modems: [{ id: 'mifi', ...modem }],
      })
    })
  const hilink = { driver: 'hilink', config: { address: '192.168.8.1' } }
  t.match(load({ ...hilink, pinFile: 'pin' }).modems, [{ pin: '1234', config: hilink.config }])
  for (const driver of ['modemmanager', 'android', 'termux'])
    t.match(load({ driver }).modems, [{ driver, config: {} }], `${driver} needs no part of its own`)
  t.throws(() => load({ driver: 'hilink' }), { message: /\/modems\/0\/config\/address: missing/ })
  t.throws(() => load({ driver: 'hilink', config: { ...hilink.config, passwordFile: 'pin' } }), {
    message: /\/modems\/0\/config\/passwordFile/,
  })
  t.throws(() => load({ ...hilink, pinFile: 'no-pin' }), {
    message: /\/modems\/0\/pinFile: "no-pin" – expected a file that holds four to eight digits$/,
  })
})

t.test('a configuration that cannot be meant is refused, with the place', async (t) => {
  const hilink = { id: 'mifi', driver: 'hilink', config: { address: '192.168.8.1' } }
  const load = (more: object) =>
    loadAgentConfig('agent.json', (path) => {
      if (path !== 'agent.json') throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      return JSON.stringify({
        site: 'home',
        node: 'rpi4-1',
        broker: { host: '127.0.0.1', port: 1883, secret: 's' },
        signingKeys: ['A'.repeat(43)],
        stateDir: 'state',
        ...more,
      })
    })
  for (const [more, fault] of [
    [
      { modems: [hilink, { ...hilink, id: 'lte' }, hilink] },
      '/modems/2/id: "mifi" – expected an id of its own',
    ],
    [
      { modems: [{ ...hilink, config: { address: '192.168.8.999' } }] },
      '/modems/0/config/address: "192.168.8.999" – expected an address',
    ],
    [
      { modems: [{ ...hilink, passwordFile: 'gone' }] },
      'agent.json: /modems/0/passwordFile: "gone" – expected a file that can be read (ENOENT)',
    ],
    [
      { modems: [{ ...hilink, password: 'hunter2' }] },
      '/modems/0/password: "(not shown)" – expected passwordFile',
    ],
    [
      { mode: 'full', powerCycle: { mifi: ['usb-power', '2'] } },
      '/powerCycle/mifi/0: "usb-power" – expected a program with its whole path',
    ],
    [
      { mode: 'full', tether: { on: ['/bin/on'], off: ['off'] } },
      '/tether/off/0: "off" – expected a program with its whole path',
    ],
    [
      { mode: 'full', advertise: { lan: ['prefix ::/64 {'] } },
      '/advertise/lan/0: "prefix ::/64 {" – expected as many { as }',
    ],
    [
      { mode: 'full', powerCycle: { MiFi: ['/bin/true'] } },
      '/powerCycle/MiFi: ["/bin/true"] – expected no such key',
    ],
    [
      { powerCycle: { mifi: ['/bin/true'] } },
      '/powerCycle: {"mifi":["/bin/true"]} – expected none, or "mode": "full"',
    ],
    [
      { mode: 'read-only', tether: { on: ['/bin/on'], off: ['/bin/off'] } },
      '/tether: {"on":["/bin/on"],"off":["/bin/off"]} – expected none, or "mode": "full"',
    ],
    [{ advertise: { lan: [] } }, '/advertise: {"lan":[]} – expected none, or "mode": "full"'],
    [{ modemPollMs: 5 }, '/modemPollMs: 5 – expected an object with calm, alarmed'],
  ] as const) {
    const error = t.throws(() => load(more), { code: 'config-invalid' }, fault)
    t.ok(
      (error as unknown as Error).message.includes(fault),
      `${fault}: ${(error as unknown as Error).message}`,
    )
  }
  t.ok(
    load({
      mode: 'full',
      modems: [hilink],
      powerCycle: { mifi: ['/bin/true'] },
      advertise: { lan: ['RDNSS ::1 { }; # {'] },
    }),
  )
})
