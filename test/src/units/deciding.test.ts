import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type AlertStage, type Level, lingering, moveAlert } from '@infra-home/coordinator/alerts/machine.ts'
import { replay } from '@infra-home/coordinator/audit/replay.ts'
import { createAgenda } from '@infra-home/coordinator/decide/agenda.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { watchReign } from '@infra-home/coordinator/reign.ts'
import type { Silence } from '@infra-home/coordinator/world/silence.ts'
import { emptyWorld } from '@infra-home/coordinator/world/world.ts'
import { days, type DurationMs, hours, minutes, monoMs, seconds, wallMs } from '@infra-home/shared/clock.ts'
import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { TetherState } from '@infra-home/shared/messages/tether.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { LINK, MODEM, voice } from '../helpers/said.ts'
import { PARAMS, type SmallHouse, smallHouse } from '../helpers/small-house.ts'

const RADIO = { rsrpDbm: -95, rsrqDb: -11, sinrDb: 9, rssiDbm: -65 }
const NO_RADIO = { rsrpDbm: null, rsrqDb: null, sinrDb: null, rssiDbm: null }
const topology = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../topology.json'), 'utf8'),
) as Topology

t.test('the alert machine', async (t) => {
  // stage, level, seconds since the stage began → stage, transition
  const rows: [AlertStage, Level, number, AlertStage, string | null][] = [
    ['inactive', 'good', 0, 'inactive', null],
    ['inactive', 'between', 0, 'inactive', null],
    ['inactive', 'unknown', 0, 'inactive', null],
    ['inactive', 'bad', 0, 'pending', 'suspected'],
    ['pending', 'bad', 14, 'pending', null],
    ['pending', 'bad', 15, 'firing', 'fired'],
    ['pending', 'good', 3, 'inactive', 'dropped'],
    ['pending', 'between', 3, 'inactive', 'dropped'],
    ['pending', 'unknown', 99, 'pending', null],
    ['firing', 'bad', 99, 'firing', null],
    ['firing', 'unknown', 99, 'firing', null],
    ['firing', 'between', 99, 'firing', null],
    ['firing', 'good', 99, 'recovering', 'recovering'],
    ['recovering', 'good', 29, 'recovering', null],
    ['recovering', 'good', 30, 'inactive', 'resolved'],
    ['recovering', 'between', 99, 'recovering', null],
    ['recovering', 'unknown', 99, 'recovering', null],
    ['recovering', 'bad', 3, 'firing', 'relapsed'],
  ]
  for (const [stage, level, since, to, transition] of rows)
    t.test(
      `${stage} for ${since} s and ${level} is ${to}${transition ? ` (${transition})` : ''}`,
      async (t) => {
        const now = monoMs(1_000_000)
        const times = {
          fireAfter: seconds(15),
          clearAfter: seconds(30),
          since: monoMs(now - since * 1000),
          now,
        }
        const move = moveAlert(stage, level, times)
        t.same([move.stage, move.transition], [to, transition])
      },
    )
})

t.test('what comes and goes has to be good for longer each time', async (t) => {
  const rows: [clearAfter: DurationMs, relapses: number, lingers: DurationMs][] = [
    [seconds(0), 0, seconds(0)],
    [seconds(0), 1, seconds(30)],
    [seconds(30), 1, minutes(1)],
    [seconds(30), 3, minutes(4)],
    [seconds(30), 60, minutes(30)],
    [hours(2), 3, hours(2)],
  ]
  for (const [clearAfter, relapses, lingers] of rows)
    t.equal(lingering(clearAfter, relapses), lingers, `${clearAfter} ms, ${relapses} times`)
})

t.test('the agenda', async (t) => {
  t.test('calls each subject once, in time, at the earliest time that was asked for', async (t) => {
    const agenda = createAgenda()
    for (const [subject, at] of [
      ['b', 30],
      ['a', 20],
      ['b', 10],
      ['a', 25],
      ['c', 5],
    ] as const)
      agenda.see(subject, monoMs(at))
    agenda.see('never', null)
    t.equal(agenda.nextAt(), 5)
    t.same(agenda.due(monoMs(19)), ['c', 'b'])
    t.same(agenda.due(monoMs(100)), ['a'])
    t.equal(agenda.nextAt(), null)
  })
})

/** Nothing of rpi4-1 is told for an hour. */
const silenceOf = ({ clock }: SmallHouse): Silence => {
  const { wall } = clock.now()
  const until = wallMs(wall + hours(1))
  return { id: 's1', code: null, node: 'rpi4-1', reason: 'works', by: 'me', from: wall, until }
}

type AboutModem = {
  readonly on?: string
  readonly id: string
  readonly said: Partial<ModemState>
  readonly tether?: TetherState
  readonly radio?: object
}
const NO_SIM = { state: 'no-sim', sim: 'absent', dataSession: 'disconnected' } as const

t.test('4G signal loss', async (t) => {
  const withModem = async (radio: object = RADIO) => {
    const house = smallHouse()
    const node = voice('rpi4-1', house.clock)
    house.hear(node.birth())
    house.hear(node.state('modem', 'mifi', MODEM))
    const poll = async (numbers: object = radio, times = 1, state: object | null = null): Promise<void> => {
      for (let i = 0; i < times; i++) {
        if (state) house.hear(node.state('modem', 'mifi', { ...MODEM, ...state }))
        house.hear(node.tm({ 'modem/mifi': numbers }))
        await house.clock.advance(seconds(3))
      }
    }
    await poll()
    const alert = () => Object.values(house.world.alerts).find(({ code }) => code === 'modem-signal-lost')
    return { house, node, poll, alert }
  }

  t.test('fires after its time, is told once, and resolves after its time', async (t) => {
    const { house, poll, alert } = await withModem()
    await poll(NO_RADIO, 2)
    t.equal(alert()?.stage, 'pending')
    await poll(NO_RADIO, 5)
    t.equal(alert()?.stage, 'firing')
    t.equal(alert()?.cause, 'no-radio')
    t.match(house.told, [
      { items: [{ event: 'fired', title: 'modem-signal-lost on rpi4-1 (mifi)', late: false }] },
    ])
    await poll(RADIO, 5)
    t.equal(alert()?.stage, 'recovering')
    await poll(RADIO, 8)
    t.equal(alert(), undefined)
    t.equal(house.told.length, 2)
    t.match(house.told[1], { items: [{ event: 'resolved' }] })
    t.equal(house.world.resolved.length, 1)
  })
  const causes: [string, object, object, string | null][] = [
    ['a SIM that is not there', { sim: 'absent', state: 'no-sim' }, NO_RADIO, 'no-sim'],
    ['a network that refuses', { registration: 'denied' }, RADIO, 'registration-denied'],
    ['a network that is looked for', { registration: 'searching' }, NO_RADIO, 'searching'],
    ['a data session that is closed', { dataSession: 'disconnected' }, RADIO, 'no-data-session'],
    ['a cell that is hardly heard', {}, { ...RADIO, rsrpDbm: -125 }, 'weak-radio'],
    ['noise over the signal', {}, { ...RADIO, sinrDb: -8 }, 'weak-radio'],
    ['a healthy modem', {}, RADIO, null],
    ['poor radio above the firing level', {}, { ...RADIO, rsrpDbm: -117 }, null],
    ['a modem that is busy', { state: 'busy' }, NO_RADIO, null],
    ['one that tells RSSI alone', { rat: 'umts' }, { ...NO_RADIO, rssiDbm: -73 }, null],
    ['one whose RSSI is poor', { rat: 'umts' }, { ...NO_RADIO, rssiDbm: -110 }, null],
    ['one whose RSSI is none', { rat: 'umts' }, { ...NO_RADIO, rssiDbm: -115 }, 'weak-radio'],
    ['one that is on an older network and tells nothing', { rat: 'umts' }, NO_RADIO, null],
    ['one that once told its reception and tells nothing', {}, NO_RADIO, 'no-radio'],
  ]
  for (const [name, state, numbers, cause] of causes)
    t.test(`${name} is ${cause ?? 'no alert'}`, async (t) => {
      const { poll, alert } = await withModem()
      await poll(numbers, 8, state)
      t.equal(alert()?.cause ?? null, cause)
    })
  t.test('no data session is a fault of what is there to carry data alone', async (t) => {
    const closed = { state: 'no-data', dataSession: 'disconnected' } as const
    const lent = { on: true, reason: 'ordered', command: null, until: null, error: null } as const
    const away = { ...lent, on: false } as const
    const unnamed = { ...topology, modems: [] }
    const rows: [what: string, plan: Topology | null, about: AboutModem, cause: string | null][] = [
      ['an uplink’s modem', topology, { id: 'mifi', said: closed }, 'no-data-session'],
      ['a stick for texts', topology, { id: 'stick', said: closed }, null],
      ['one of no plan at all', null, { id: 'stick', said: closed }, 'no-data-session'],
      ['a phone', topology, { on: 'phone-1', id: 'sim', said: closed }, null],
      [
        'a phone that lends nothing',
        topology,
        { on: 'phone-1', id: 'sim', said: closed, tether: away },
        null,
      ],
      [
        'a phone that lends its network',
        topology,
        { on: 'phone-1', id: 'sim', said: closed, tether: lent },
        'no-data-session',
      ],
      [
        'a stick for texts that never told its reception',
        topology,
        { id: 'stick', said: closed, radio: NO_RADIO },
        null,
      ],
      [
        'a stick for texts that nobody serves, and that never told its reception',
        topology,
        { id: 'stick', said: { ...closed, registration: 'unknown' }, radio: NO_RADIO },
        'no-radio',
      ],
      [
        'one that an uplink may go by, which does not say',
        unnamed,
        { id: 'stick', said: closed },
        'no-data-session',
      ],
      ['a stick for texts, without its SIM', topology, { id: 'stick', said: NO_SIM }, 'no-sim'],
      [
        'a stick for texts that the network refuses',
        topology,
        { id: 'stick', said: { ...closed, registration: 'denied' } },
        'registration-denied',
      ],
      [
        'a stick for texts that hardly hears its cell',
        topology,
        { id: 'stick', said: closed, radio: { ...RADIO, rsrpDbm: -125 } },
        'weak-radio',
      ],
    ]
    for (const [what, plan, { on = 'rpi4-1', id, said, tether, radio = RADIO }, cause] of rows) {
      const house = smallHouse({ params: paramsOf({}, plan) })
      const node = voice(on, house.clock)
      house.hear(node.birth())
      if (tether) house.hear(node.state('tether', 'own', tether))
      house.hear(node.state('modem', id, { ...MODEM, ...said }))
      for (let i = 0; i < 8; i++) {
        house.hear(node.tm({ [`modem/${id}`]: radio }))
        await house.clock.advance(seconds(3))
      }
      const alert = house.world.alerts[`modem-signal-lost:${on}:${id}`]
      t.equal(alert?.cause ?? null, cause, what)
    }
  })
  t.test('is not known of a modem that is online and never told its reception', async (t) => {
    for (const [what, numbers, cause] of [
      ['nothing', NO_RADIO, null],
      ['RSSI, good', { ...NO_RADIO, rssiDbm: -73 }, null],
      ['RSSI, none', { ...NO_RADIO, rssiDbm: -115 }, 'weak-radio'],
    ] as const) {
      const { poll, alert } = await withModem(numbers)
      await poll(numbers, 20)
      t.equal(alert()?.cause ?? null, cause, what)
    }
    const { poll, alert } = await withModem(NO_RADIO)
    await poll(NO_RADIO, 8, { state: 'searching', registration: 'unknown' })
    t.equal(alert()?.cause, 'no-radio', 'one that is not online has none')
  })
  t.test('a modem that is busy for long is "silent"', async (t) => {
    const { house, poll } = await withModem()
    const silent = () => house.world.alerts['modem-silent:rpi4-1:mifi']
    await poll(NO_RADIO, 190, { state: 'busy' })
    t.match(silent(), { stage: 'pending', cause: 'busy' })
    await poll(NO_RADIO, 15, { state: 'busy' })
    t.match(silent(), { stage: 'firing', text: /^mifi tells nothing/ })
    await poll(RADIO, 1, {})
    t.equal(silent(), undefined)
  })
  t.test('does not fire while data flows, however weak the radio reads', async (t) => {
    const { house, node, alert } = await withModem()
    for (let i = 0; i < 20; i++) {
      house.hear(node.tm({ 'modem/mifi': { ...RADIO, rsrpDbm: -126, rxBytes: 1000 * i } }))
      await house.clock.advance(seconds(3))
    }
    t.equal(alert(), undefined)
  })
  t.test('a modem that nobody reads any more is "silent", not fine and not lost', async (t) => {
    const { house, node } = await withModem()
    for (let i = 0; i < 40; i++) {
      await house.clock.advance(seconds(10))
      house.hear(node.tm({ 'host/host': { load1: 0.1 } }))
    }
    t.same(
      Object.values(house.world.alerts).map(({ code, cause }) => [code, cause]),
      [['modem-silent', 'stale']],
    )
  })
  t.test('is kept but not told while it is silenced', async (t) => {
    const { house, poll, alert } = await withModem()
    house.mind.take({ kind: 'request', body: { request: 'silence', silence: silenceOf(house) } })
    await poll(NO_RADIO, 8)
    t.equal(alert()?.stage, 'firing')
    t.equal(house.told.length, 0)
    await poll(RADIO, 14)
    t.equal(alert(), undefined)
    house.mind.take({ kind: 'request', body: { request: 'unsilence', id: 's1', by: 'me' } })
    await house.clock.advance(seconds(20))
    t.equal(house.told.length, 0, 'nobody is told of the end of what nobody was told of')
  })
  t.test('whoever was told that it began is told that it is over, silence or not', async (t) => {
    const { house, poll, alert } = await withModem()
    await poll(NO_RADIO, 8)
    t.match(house.told, [{ items: [{ event: 'fired' }] }])
    house.mind.take({ kind: 'request', body: { request: 'silence', silence: silenceOf(house) } })
    await poll(RADIO, 14)
    t.equal(alert(), undefined)
    t.match(house.told, [{}, { items: [{ event: 'resolved' }] }])
    await poll(NO_RADIO, 8)
    t.equal(house.told.length, 2, 'what begins while it is silenced is not told')
  })
})

t.test('telling people', async (t) => {
  t.test(
    'goes on trying while the line is down, then says once what happened, and that it is late',
    async (t) => {
      const house = smallHouse()
      house.channel = 'down'
      const node = voice('rpi4-1', house.clock)
      house.hear(node.birth())
      for (const id of ['one', 'two'])
        house.hear(node.state('modem', id, { ...MODEM, registration: 'denied' }))
      for (let i = 0; i < 100; i++) {
        house.hear(node.tm({ 'modem/one': RADIO, 'modem/two': RADIO }))
        await house.clock.advance(seconds(10))
      }
      const attempts = Object.values(house.world.deliveries).map((delivery) => delivery.attempts)
      t.ok(
        attempts.every((n) => n >= 4 && n < 12),
        `attempts ${attempts.join(' ')}`,
      )
      house.channel = 'up'
      await house.clock.advance(minutes(6))
      const known = house.told.filter(({ items }) =>
        items.some(({ title }) => title.startsWith('modem-signal-lost')),
      )
      t.equal(known.length, 1)
      t.match(
        known[0]?.items.filter(({ title }) => title.startsWith('modem-signal')),
        [
          { late: true, repeat: true },
          { late: true, repeat: true },
        ],
      )
    },
  )
  t.test('gives up on what the other side will never take', async (t) => {
    const house = smallHouse()
    house.channel = 'refusing'
    const node = voice('rpi4-1', house.clock)
    house.hear(node.state('modem', 'mifi', { ...MODEM, registration: 'denied' }))
    for (let i = 0; i < 4; i++) {
      house.hear(node.tm({ 'modem/mifi': RADIO }))
      await house.clock.advance(seconds(10))
    }
    t.match(Object.values(house.world.deliveries), [{ status: 'gave-up', attempts: 1, answer: /403/ }])
  })
})

t.test('presence', async (t) => {
  t.test('grows late, is lost, alerts, and is back', async (t) => {
    const house = smallHouse()
    const node = voice('rpi4-2', house.clock)
    house.hear(node.birth())
    const presence = () => house.world.nodes['rpi4-2']?.presence
    t.equal(presence(), 'online')
    await house.clock.advance(seconds(29))
    t.equal(presence(), 'online')
    await house.clock.advance(seconds(2))
    t.equal(presence(), 'late')
    await house.clock.advance(seconds(60))
    t.equal(presence(), 'lost')
    await house.clock.advance(seconds(61))
    t.match(house.world.alerts['node-lost:rpi4-2:rpi4-2'], { stage: 'firing' })
    house.hear(node.tm({ 'host/host': { load1: 1 } }))
    t.equal(presence(), 'online')
    await house.clock.advance(seconds(11))
    t.same(Object.keys(house.world.alerts), [])
  })
  t.test('a last will is believed at once, one of an earlier connection never', async (t) => {
    const house = smallHouse()
    const node = voice('phone-1', house.clock)
    const will = node.presence('lost', 1)
    house.hear(node.presence('ready', 1))
    house.hear(will)
    t.equal(house.world.nodes['phone-1']?.presence, 'lost')
    await house.clock.advance(seconds(1))
    house.hear(node.presence('ready', 2))
    t.equal(house.world.nodes['phone-1']?.presence, 'online')
    house.hear(will)
    t.equal(house.world.nodes['phone-1']?.presence, 'online')
    t.match(house.rejected, [{ reason: 'duplicate' }])
  })
  t.test('a node that is heard after its good-bye is awake, until it says good-bye again', async (t) => {
    const house = smallHouse()
    const node = voice('rpi4-2', house.clock)
    const presence = () => house.world.nodes['rpi4-2']?.presence
    house.hear(node.birth())
    for (const round of [1, 2]) {
      await house.clock.advance(seconds(5))
      house.hear(node.presence('sleeping'))
      t.equal(presence(), 'sleeping', `round ${round}`)
      await house.clock.advance(seconds(5))
      t.equal(presence(), 'sleeping')
      house.hear(node.tm({ 'host/host': { load1: 1 } }))
      t.equal(presence(), 'online')
    }
    t.same(house.decisions().slice(1, 3), ['presence went-to-sleep', 'presence heard'])
    await house.clock.advance(seconds(31))
    t.equal(presence(), 'late')
  })
  t.test('a host of the plan that says good-bye and stays away is an alert, a phone is not', async (t) => {
    const world = { ...emptyWorld('home', topology), epoch: 1 }
    const house = smallHouse({ world })
    const [host, phone] = [voice('rpi4-2', house.clock), voice('phone-1', house.clock)]
    for (const node of [host, phone]) {
      house.hear(node.birth())
      house.hear(node.presence('sleeping'))
    }
    await house.clock.advance(minutes(10))
    t.equal(house.told.length, 0, 'an upgrade takes a while')
    await house.clock.advance(minutes(2))
    t.match(Object.values(house.world.alerts), [
      {
        code: 'node-lost',
        stage: 'firing',
        cause: 'sleeping',
        text: 'rpi4-2 is off: it said good-bye at 2026-11-01T00:00:00.000Z',
      },
    ])
    await house.clock.advance(hours(24))
    t.equal(Object.keys(house.world.alerts).length, 1)
    house.hear(host.presence('ready', 2))
    for (let i = 0; i < 3; i++) {
      house.hear(host.tm({ 'host/host': { load1: 1 } }))
      await house.clock.advance(seconds(10))
    }
    t.match(house.told, [
      { items: [{ event: 'fired' }] },
      { items: [{ event: 'repeated' }] },
      { items: [{ event: 'resolved', text: /back/ }] },
    ])
    t.same(house.world.alerts, {})
  })
  t.test('a host may sleep as long as it likes when the owner says so', async (t) => {
    const rules = { 'node-lost': { sleepingAfterMs: null } }
    const world = { ...emptyWorld('home', topology), epoch: 1 }
    const house = smallHouse({ world, params: paramsOf({ rules, channels: [] }) })
    const host = voice('rpi4-2', house.clock)
    house.hear(host.birth())
    house.hear(host.presence('sleeping'))
    await house.clock.advance(hours(24))
    t.same(house.world.alerts, {})
  })
  t.test('a wall clock that jumps by a day either way changes nothing', async (t) => {
    const house = smallHouse()
    const node = voice('rpi4-2', house.clock)
    house.hear(node.birth())
    for (const step of [days(1), days(-2)]) {
      house.clock.stepWall(step)
      await house.clock.advance(seconds(10))
      house.hear(node.tm({ 'host/host': { load1: 1 } }))
      t.equal(house.world.nodes['rpi4-2']?.presence, 'online')
    }
    t.same(house.decisions(), ['presence spoke'])
  })
})

t.test('gaps', async (t) => {
  t.test(
    'are asked for after some patience, named, and not asked for again when they are filled',
    async (t) => {
      const house = smallHouse()
      const node = voice('rpi4-2', house.clock)
      house.hear(node.birth())
      for (const seq of [1, 2, 6]) house.hear(node.tm({}, seq))
      await house.clock.advance(seconds(29))
      t.equal(house.published.length, 0)
      await house.clock.advance(seconds(2))
      t.equal(house.published.length, 1)
      t.match(JSON.parse(house.published[0]?.payload ?? ''), {
        verb: 'rebirth',
        generation: 1,
        args: { missing: [[3, 5]] },
      })
      house.hear(node.gap(3, 4, 7))
      house.hear(node.tm({}, 5))
      t.equal(house.world.nodes['rpi4-2']?.gapSince, null)
      await house.clock.advance(hours(1))
      t.equal(house.published.length, 1)
    },
  )
  t.test('a node that speaks before it was born is asked who it is', async (t) => {
    const house = smallHouse()
    house.hear(voice('rpi4-2', house.clock).tm({}))
    await house.clock.advance(seconds(4))
    t.equal(house.published.length, 0)
    await house.clock.advance(seconds(1))
    t.match(house.published, [{ topic: 'ih/1/rpi4-2/cmd/rebirth' }])
  })
})

t.test('a journal', async (t) => {
  t.test('replayed through the same functions gives the same decisions and the same world', async (t) => {
    const house = smallHouse()
    const node = voice('rpi4-1', house.clock)
    house.hear(node.birth())
    house.hear(node.state('link', 'eth0', LINK))
    house.hear(node.state('modem', 'mifi', MODEM))
    for (let i = 0; i < 200; i++) {
      const lost = i % 50 > 25
      house.hear(node.tm({ 'modem/mifi': lost ? NO_RADIO : RADIO }))
      house.channel = i % 70 > 30 ? 'down' : 'up'
      await house.clock.advance(seconds(i % 90 === 0 ? 200 : 3))
    }
    t.ok(house.decisions().length > 20, `${house.decisions().length} decisions`)
    const again = { ...emptyWorld('home', null), epoch: 1 }
    t.equal(replay(again, house.journal, PARAMS), null)
    t.same(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(house.world)))
  })
  t.test('that was changed is found by its decisions', async (t) => {
    const house = smallHouse()
    const node = voice('rpi4-1', house.clock)
    house.hear(node.state('modem', 'mifi', MODEM))
    for (let i = 0; i < 12; i++) {
      house.hear(node.tm({ 'modem/mifi': i === 0 ? RADIO : NO_RADIO }))
      await house.clock.advance(seconds(3))
    }
    const forged = house.journal.map((entry) =>
      entry.kind === 'numbers'
        ? {
            ...entry,
            body: { ...entry.body, message: { ...entry.body.message, numbers: { 'modem/mifi': RADIO } } },
          }
        : entry,
    )
    t.ok(replay({ ...emptyWorld('home', null), epoch: 1 }, forged, PARAMS))
  })
})

t.test('of two coordinators', async (t) => {
  type Sight = 'online' | 'offline' | 'birth'
  // how long this one listens (s), what it sees, of which epoch (its own is 5) → its epoch, and who deposed it
  const rows: [number, Sight, number, number, number | null][] = [
    [10, 'online', 4, 5, null],
    [10, 'online', 5, 5, null],
    [10, 'online', 9, 10, null],
    [10, 'offline', 9, 10, null],
    [10, 'birth', 9, 10, null],
    [90, 'online', 4, 5, null],
    [90, 'online', 5, 5, null],
    [90, 'online', 9, 5, 9],
    [90, 'offline', 9, 10, null],
    [90, 'birth', 9, 10, null],
    [90, 'birth', 5, 5, null],
  ]
  const open = async (listensFor: number) => {
    const house = smallHouse({ world: { ...emptyWorld('home', null), epoch: 5 } })
    const greetings: number[] = []
    house.world.listeningSince = house.clock.now().mono
    await house.clock.advance(seconds(listensFor))
    const reign = watchReign({
      ...house,
      store: { takeEpoch: async (above = 0) => above + 1 },
      contacts: ['phone'],
      log: () => {},
      greet: () => void greetings.push(house.world.epoch),
    })
    const see = async (sight: Sight, epoch: number): Promise<void> => {
      if (sight === 'birth') reign.was(epoch)
      else reign.heard({ epoch, state: sight })
      await house.clock.advance(seconds(1))
    }
    return { house, see, greetings }
  }
  for (const [listensFor, sight, epoch, own, deposedBy] of rows)
    t.test(`after ${listensFor} s, ${sight} of epoch ${epoch}: ${own}, ${deposedBy}`, async (t) => {
      const { house, see, greetings } = await open(listensFor)
      await see(sight, epoch)
      t.same([house.world.epoch, house.world.deposedBy], [own, deposedBy])
      t.same(greetings, own === 5 ? [] : [own], 'a new reign is said to all')
    })
  t.test('the one that is deposed commands nobody, and people are told, late if need be', async (t) => {
    const { house, see } = await open(90)
    house.channel = 'down'
    await see('online', 9)
    house.hear(voice('rpi4-2', house.clock).birth())
    await house.clock.advance(minutes(30))
    t.same(
      house.decisions().filter((decision) => !decision.startsWith('deliveries ')),
      [],
    )
    t.same(house.published, [])
    house.channel = 'up'
    await house.clock.advance(hours(1))
    t.match(house.told, [
      { items: [{ event: 'deposed', severity: 'critical', text: /epoch 9 is above ours \(5\)/ }] },
    ])
    await see('online', 11)
    t.equal(house.told.length, 1, 'once')
  })
})
