// A phone as a standby: when it is woken and put away, what it does by itself, and what people are shown of it.
import t from 'tap'
import { battery } from '@infra-home/agent/collectors/battery.ts'
import type { Reading } from '@infra-home/agent/collectors/collector.ts'
import { parseDumpsysBattery } from '@infra-home/agent/parse/dumpsys-battery.ts'
import { openTether } from '@infra-home/agent/phone/tether.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import { factsOf } from '@infra-home/agent/wan/uplink-facts.ts'
import { decideWanNow } from '@infra-home/coordinator/decide/wan-now.ts'
import { nextTether, type TetherReason, type TetherSeen } from '@infra-home/coordinator/decide/tether-move.ts'
import { outlook, outlookLine } from '@infra-home/coordinator/http/views/wan-outlook.ts'
import { tetherLine } from '@infra-home/coordinator/http/views/tether.ts'
import { tetherWords } from '@infra-home/coordinator/http/views/tether-words.ts'
import { wanView } from '@infra-home/coordinator/http/views/wan.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import type { TetherFact, TetherStage } from '@infra-home/coordinator/world/tether.ts'
import { emptyWorld } from '@infra-home/coordinator/world/world.ts'
import {
  fromRfc3339,
  hours,
  later,
  milliseconds,
  minutes,
  monoMs,
  seconds,
} from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { ModemState } from '@infra-home/shared/messages/modem.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { TetherState } from '@infra-home/shared/messages/tether.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { fakeClock, settle } from '../helpers/fake-clock.ts'
import { MODEM, voice } from '../helpers/said.ts'
import { smallHouse } from '../helpers/small-house.ts'

t.test('a phone’s network is ordered when it is needed, and put away when it is not', async (t) => {
  const BEGUN = monoMs(1_000_000)
  const fine: TetherSeen = {
    need: 'prepare',
    isCommandable: true,
    fault: null,
    isLeaving: false,
    isOn: true,
    isThere: true,
    idle: minutes(5),
  }
  const off = { isOn: false, isThere: false } as const
  const nobody = { need: null } as const
  const at = (stage: TetherStage, more: Partial<TetherFact> = {}): TetherFact => ({
    stage,
    since: BEGUN,
    orderedAt: BEGUN,
    tries: 0,
    reason: 'prepare',
    begun: 'a',
    by: 'a',
    ...more,
  })
  type Row = [
    what: string,
    fact: TetherFact | null,
    seen: Partial<TetherSeen>,
    afterSeconds: number,
    reason: TetherReason | null,
    order: 'lend' | 'afresh' | 'put-away' | null,
    stage: TetherStage | null,
  ]
  const rows: Row[] = [
    ['nobody needs it', null, { ...nobody, ...off }, 0, null, null, null],
    ['it may be needed', null, off, 0, 'prepare', 'lend', 'lent'],
    ['traffic goes by it, turned on by hand', null, { need: 'in-use' }, 0, 'in-use', 'lend', 'lent'],
    ['somebody wished it', at('away'), { need: 'wished', ...off }, 0, 'wished', 'lend', 'lent'],
    ['it is needed, and is not heard', null, { ...off, isCommandable: false }, 0, null, null, null],
    ['it is needed, and is too hot', null, { ...off, fault: 'too-hot' }, 0, null, null, null],
    ['it is lent, and there', at('lent'), {}, 299, null, null, null],
    ['its time would end', at('lent'), {}, 300, 'renew', 'lend', 'lent'],
    ['it was ordered just now', at('lent'), off, 19, null, null, null],
    ['it was ordered, and did not come', at('lent'), off, 20, 'again', 'lend', 'lent'],
    [
      'it says that it is on, and nobody sees it',
      at('lent'),
      { isThere: false },
      20,
      'again',
      'afresh',
      'lent',
    ],
    ['it did not come the second time', at('lent', { tries: 1 }), off, 39, null, null, null],
    ['nor for long', at('lent', { tries: 9 }), off, 299, null, null, null],
    [
      'and is asked every five minutes all the same',
      at('lent', { tries: 9 }),
      off,
      300,
      'again',
      'lend',
      'lent',
    ],
    ['nobody needs it any more', at('lent'), nobody, 100, 'spare', null, 'spare'],
    [
      'it is kept for a while',
      at('spare', { orderedAt: later(BEGUN, minutes(2)) }),
      nobody,
      299,
      null,
      null,
      null,
    ],
    ['and renewed if need be', at('spare'), { ...nobody, idle: minutes(20) }, 300, 'renew', 'lend', 'spare'],
    ['nobody has needed it for a while', at('spare'), nobody, 300, 'not-needed', 'put-away', 'away'],
    ['it is needed again', at('spare'), {}, 100, 'prepare', null, 'lent'],
    ['its battery is low', at('lent'), { fault: 'battery-low' }, 1, 'battery-low', 'put-away', 'resting'],
    ['it is too hot', at('spare'), { ...nobody, fault: 'too-hot' }, 1, 'too-hot', 'put-away', 'resting'],
    [
      'it is too hot, and traffic is about to leave it',
      at('lent'),
      { fault: 'too-hot', isLeaving: true },
      1,
      null,
      null,
      null,
    ],
    ['it is left alone after that', at('resting'), off, 599, null, null, null],
    ['for ten minutes', at('resting'), off, 600, 'prepare', 'lend', 'lent'],
    ['nothing is heard of it any more', at('lent'), { isCommandable: false }, 1, 'phone-lost', null, 'away'],
  ]
  for (const [what, fact, seen, after, reason, order, stage] of rows) {
    const { move } = nextTether(fact, { ...fine, ...seen }, later(BEGUN, seconds(after)))
    t.same(move && [move.reason, move.order, move.stage], reason && [reason, order, stage], what)
  }
  const soon = (fact: TetherFact, seen: Partial<TetherSeen> = {}): number | null =>
    nextTether(fact, { ...fine, ...seen }, BEGUN).nextAt
  t.equal(soon(at('lent')), later(BEGUN, minutes(5)))
  t.equal(soon(at('lent'), off), later(BEGUN, seconds(20)))
  t.equal(soon(at('spare', { orderedAt: later(BEGUN, minutes(2)) }), nobody), later(BEGUN, minutes(5)))
  t.equal(soon(at('resting'), off), later(BEGUN, minutes(10)))
})

const charge = (batteryPercent: number, temperatureC = 30, charging = false): Reading[] => [
  {
    states: [
      { kind: 'battery', id: 'own', body: { charging, plugged: charging ? 'usb' : 'none', health: 'good' } },
    ],
    numbers: { 'battery/own': { batteryPercent, temperatureC } },
    whole: ['battery'],
  },
]
const ORDER = { forSeconds: 600, afresh: false, minBatteryPercent: 30, maxTemperatureC: 45 }

/** A phone whose programs are told here. */
const phoneHere = async () => {
  const clock = fakeClock(fromRfc3339('2026-11-24T12:00:00Z'))
  const runs: string[] = []
  const broken = new Set<string>()
  let said: TetherState | null = null
  const tether = openTether({
    clock,
    log: () => {},
    sys: {
      async exec(_program, args) {
        runs.push(args.join(' '))
        if (broken.has(args[0] ?? '')) throw new InfraError('exec-failed', 'tether failed (1)')
        return ''
      },
    },
    publisher: {
      states({ states }) {
        for (const { kind, body } of states) if (kind === 'tether') said = body
      },
    },
  })
  await settle()
  return { clock, tether, broken, said: () => said, runs: () => runs.splice(0).join(' ') }
}

t.test('a phone lends its network for as long as it was told, and no longer', async (t) => {
  const { tether, clock, said, runs } = await phoneHere()
  t.equal(runs(), 'off', 'what a process before left on is put away')
  t.match(said(), { on: false, reason: 'started', command: null })
  t.equal(tether.isLent(), false)
  t.equal(await tether.order('A', ORDER), null)
  t.equal(tether.isLent(), true)
  t.match(said(), {
    on: true,
    until: '2026-11-24T12:10:00.000Z',
    reason: 'ordered',
    command: 'A',
    error: null,
  })
  await clock.advance(minutes(5))
  t.equal(await tether.order('B', ORDER), null)
  t.equal(runs(), 'on', 'it is turned on once')
  t.match(said(), { on: true, until: '2026-11-24T12:15:00.000Z', command: 'B' })
  await clock.advance(milliseconds(minutes(10) - 1))
  t.equal(runs(), '')
  await clock.advance(milliseconds(1))
  t.equal(runs(), 'off', 'whatever has become of whoever wanted it')
  t.match(said(), { on: false, until: null, reason: 'time-over', command: null })
  await tether.order('C', ORDER)
  await tether.order('D', { ...ORDER, afresh: true })
  t.equal(runs(), 'on off on', 'afresh when it is there for nobody')
  await tether.order('E', { ...ORDER, forSeconds: 0 })
  t.equal(runs(), 'off')
  t.match(said(), { on: false, reason: 'ordered', command: 'E' })
  await tether.order('F', ORDER)
  await tether.stop()
  t.equal(runs(), 'on off', 'an agent that stops leaves nothing on')
  await clock.advance(minutes(20))
  t.equal(runs(), '')
  for (const args of [{}, { ...ORDER, forSeconds: 7200 }, { ...ORDER, forSeconds: '600' }, { forSeconds: 5 }])
    t.equal(await tether.order('G', args), 'malformed')
})

t.test('a phone protects itself, whoever wants what', async (t) => {
  const { tether, clock, said, runs } = await phoneHere()
  tether.saw(charge(80))
  await tether.order('A', ORDER)
  t.equal(runs(), 'off on')
  tether.saw(charge(29, 30, true))
  await clock.advance(minutes(1))
  t.equal(runs(), '', 'it may be low while it is charged')
  tether.saw(charge(29))
  await clock.advance(seconds(19))
  t.equal(runs(), '', 'traffic has a moment to leave')
  tether.saw(charge(31))
  await clock.advance(seconds(30))
  t.equal(runs(), '', 'and a moment may be all it was')
  tether.saw(charge(29))
  await clock.advance(seconds(20))
  t.equal(runs(), 'off')
  t.match(said(), { on: false, reason: 'battery-low', command: null })
  t.equal(await tether.order('B', ORDER), 'failed')
  t.match(said(), { on: false, reason: 'battery-low', command: 'B' })
  tether.saw(charge(90, 46))
  t.equal(await tether.order('C', ORDER), 'failed')
  t.match(said(), { on: false, reason: 'too-hot' })
  t.equal(runs(), '')
  tether.saw([])
  t.equal(await tether.order('D', ORDER), 'failed', 'a reading of something else changes nothing')
  tether.saw(charge(90, 40))
  t.equal(await tether.order('E', ORDER), null)
})

t.test(
  'what could not be turned on is turned off, and what could not be turned off is tried again',
  async (t) => {
    const { tether, clock, broken, said, runs } = await phoneHere()
    runs()
    broken.add('on')
    t.equal(await tether.order('A', ORDER), 'failed')
    t.equal(runs(), 'on off', 'it may be on by halves')
    t.match(said(), { on: false, reason: 'failed', command: 'A', error: 'tether failed (1)' })
    broken.delete('on')
    broken.add('off')
    await tether.order('B', ORDER)
    await clock.advance(minutes(10))
    t.match(said(), { on: true, reason: 'time-over', error: 'tether failed (1)' })
    broken.delete('off')
    await clock.advance(seconds(30))
    t.match(said(), { on: false, reason: 'time-over', error: null })
    t.equal(runs(), 'on off off')
  },
)

t.test('what Android tells of its battery', async (t) => {
  const dump = (more: string): string =>
    `Current Battery Service state:\n  AC powered: false\n  USB powered: false\n  Wireless powered: false\n  present: true\n${more}`
  const rows: [what: string, text: string, expected: object][] = [
    [
      'discharging',
      dump('  status: 3\n  health: 2\n  level: 57\n  scale: 100\n  voltage: 3890\n  temperature: 305\n'),
      { percent: 57, temperatureC: 30.5, state: { charging: false, plugged: 'none', health: 'good' } },
    ],
    [
      'charging by USB, in steps of its own',
      dump('  status: 2\n  health: 3\n  level: 128\n  scale: 256\n  temperature: -12\n').replace(
        'USB powered: false',
        'USB powered: true',
      ),
      { percent: 50, temperatureC: -1.2, state: { charging: true, plugged: 'usb', health: 'overheat' } },
    ],
    [
      'full, and taken off',
      dump('  status: 5\n  level: 100\n'),
      { percent: 100, state: { charging: false, plugged: 'none' } },
    ],
    [
      'nothing',
      '',
      { percent: null, temperatureC: null, state: { charging: null, plugged: null, health: null } },
    ],
    [
      'nonsense',
      dump('  status: x\n  level: 4000\n  scale: 0\n  temperature: 99999\n'),
      { percent: null, temperatureC: null, state: { charging: null } },
    ],
  ]
  for (const [what, text, expected] of rows) t.match(parseDumpsysBattery(text), expected, what)
})

t.test(
  'what has no battery is asked seldom, and one that cannot be read is a failing collector',
  async (t) => {
    const clock = fakeClock()
    let [asked, isThere] = [0, false]
    const sys = {
      clock,
      async exec() {
        asked++
        if (!isThere) throw new InfraError('exec-failed', 'dumpsys is not installed')
        return '  status: 2\n  level: 50\n  temperature: 300\n'
      },
    } as unknown as Sys
    const collector = battery()
    const read = async () => (await collector.collect(sys)).states.map(({ kind }) => kind)
    t.same([await read(), await read(), asked], [[], [], 1])
    isThere = true
    await clock.advance(hours(6))
    t.same([await read(), asked], [['battery'], 2])
    isThere = false
    await t.rejects(read(), { code: 'exec-failed' })
  },
)

t.test('a phone’s link that is not there sleeps; anybody else’s is broken', async (t) => {
  const seen = { interfaces: [], routes: [], neighbours: [] }
  const linkOf = (kind: 'phone-tether' | 'usb-modem') =>
    factsOf({ interface: 'usb0', kind, index: 1 }, seen).link
  t.same([linkOf('phone-tether'), linkOf('usb-modem')], ['asleep', 'gone'])
  const down = {
    name: 'usb0',
    adminUp: true,
    carrier: false,
    mtu: 1500,
    addresses: [],
  }
  const without = factsOf(
    { interface: 'usb0', kind: 'phone-tether', index: 1 },
    { ...seen, interfaces: [down as never] },
  )
  t.equal(without.link, 'asleep', 'nor does one without a carrier')
})

const TOPOLOGY = {
  site: 'home',
  vlans: [{ id: 10, name: 'INFRA', subnet: '10.10.0.0/24', gateway: '10.10.0.1', metered: 'allow' }],
  hosts: [
    {
      name: 'rpi4-1',
      role: 'router',
      model: 'a Pi',
      interfaces: [{ name: 'lan10', vlan: 10, tagged: false, addresses: [] }],
    },
  ],
  phones: [{ name: 'phone-1', address: '10.10.0.50', vlan: 10 }],
  uplinks: [
    { id: 'mifi', kind: 'wifi-4g', host: 'rpi4-1', interface: 'wlan0', metered: true, priority: 10 },
    {
      id: 'tether',
      kind: 'phone-tether',
      host: 'rpi4-1',
      interface: 'usb0',
      metered: true,
      priority: 20,
      phone: 'phone-1',
    },
  ],
  modems: [],
  rules: [],
} as unknown as Topology
const PARAMS = paramsOf({ wan: { timeZone: 'Europe/Paris' } }, TOPOLOGY)
const UP: UplinkPathState = {
  state: 'up',
  cause: null,
  verdicts: { link: 'works', gateway: 'works', dns: 'works', tcp: 'works', http: 'works' },
  provenMono: 1,
  interface: 'wlan0',
  address: '192.168.8.10',
  gateway: '192.168.8.1',
  silence: null,
}
const ASLEEP = { ...UP, state: 'unknown', cause: 'asleep', interface: 'usb0', address: null, gateway: null }
const ROUTER: WanRouterState = { active: 'mifi', holder: 'coordinator', term: 1, fault: null }
const DEAD = { ...UP, state: 'down', cause: 'carrier' } as const
const OFF: TetherState = { on: false, until: null, reason: 'started', command: null, error: null }

const withSecond = {
  ...TOPOLOGY,
  phones: [...TOPOLOGY.phones, { name: 'phone-2', address: '10.10.0.51', vlan: 10 }],
  uplinks: [
    ...TOPOLOGY.uplinks,
    { ...TOPOLOGY.uplinks[1], id: 'tether-2', interface: 'usb1', priority: 30, phone: 'phone-2' },
  ],
} as unknown as Topology

const homeWithPhone = async (topology = TOPOLOGY) => {
  const clock = fakeClock(fromRfc3339('2026-11-24T12:00:00Z'))
  const params = paramsOf({ wan: { timeZone: 'Europe/Paris' } }, topology)
  const house = smallHouse({ clock, world: { ...emptyWorld('home', topology), epoch: 1 }, params })
  const router = voice('rpi4-1', clock)
  const phone = voice('phone-1', clock)
  const second = voice('phone-2', clock)
  const phones = topology.phones.length > 1 ? [phone, second] : [phone]
  const proven = () => ({ ...UP, provenMono: Math.round(clock.now().mono) })
  for (const one of [router, ...phones]) house.hear(one.birth())
  for (const one of phones) house.hear(one.state('tether', 'own', OFF))
  const tell = {
    router: (change: Partial<WanRouterState>) =>
      house.hear(router.state('wan', 'main', { ...ROUTER, ...change })),
    path: (uplink: string, body: object) => house.hear(router.state('path', uplink, body)),
    modem: (change: Partial<ModemState>) => house.hear(phone.state('modem', 'own', { ...MODEM, ...change })),
    works: (uplink: string) => house.hear(router.state('path', uplink, proven())),
    phone: (change: Partial<TetherState>) => house.hear(phone.state('tether', 'own', { ...OFF, ...change })),
    battery: (batteryPercent: number, temperatureC = 30, charging = false) => {
      house.hear(phone.state('battery', 'own', { charging, plugged: 'none', health: 'good' }))
      house.hear(phone.tm({ 'battery/own': { batteryPercent, temperatureC } }))
    },
  }
  tell.battery(81)
  tell.router({})
  for (const { id, kind } of topology.uplinks) if (kind === 'phone-tether') tell.path(id, ASLEEP)
  tell.works('mifi')
  await settle()
  const silent = new Set<string>()
  /** Time passes while all who are not silent go on speaking. */
  const pass = async (secs: number): Promise<void> => {
    for (let second = 0; second < secs; second += 10) {
      await clock.advance(seconds(Math.min(10, secs - second)))
      for (const one of [router, ...phones]) if (!silent.has(one.node)) house.hear(one.tm({}))
    }
  }
  let read = 0
  const commands = (): string => {
    const sent = house.published.filter(({ topic }) => topic.includes('/cmd/')).slice(read)
    read += sent.length
    return sent
      .map(({ topic, payload }) => {
        const { args } = JSON.parse(payload) as {
          args: { uplink?: string; forSeconds?: number; afresh?: boolean }
        }
        const [, , node, , verb] = topic.split('/')
        return `${node} ${verb} ${args.uplink ?? args.forSeconds}${args.afresh ? ' afresh' : ''}`
      })
      .join(', ')
  }
  const decided = () =>
    house.journal.flatMap((entry) =>
      entry.kind === 'decision' && entry.body.policy === 'tether' ? [entry.body] : [],
    )
  const context = { world: house.world, wan: PARAMS.wan, now: () => clock.now() }
  const view = () => wanView(context).uplinks.find(({ id }) => id === 'tether')
  const on = (): void =>
    tell.phone({
      on: true,
      until: '2026-11-24T12:10:00.000Z',
      reason: 'ordered',
      command: decided().length > 0 ? lastOrder() : null,
    })
  const lastOrder = (): string => house.world.wan.tethers['tether']?.by ?? ''
  return { house, clock, tell, pass, commands, decided, view, context, on, silent }
}

t.test(
  'a phone is woken when the primary stutters, carries traffic when it dies, and sleeps when it is back',
  async (t) => {
    const { house, tell, pass, commands, decided, view, on } = await homeWithPhone()
    t.equal(commands(), '')
    t.match(view(), {
      state: 'unknown',
      cause: 'asleep',
      tether: { on: false, wantedFor: null, batteryPercent: 81 },
    })
    tell.path('mifi', { ...UP, state: 'degraded', cause: 'loss' })
    await settle()
    t.equal(commands(), 'phone-1 tether 600')
    on()
    const answer = house.journal.at(-1)
    t.equal(
      answer?.cause,
      house.world.wan.tethers['tether']?.by,
      'what the phone says goes on from the order',
    )
    tell.works('tether')
    t.match(view(), { state: 'up', tether: { on: true, wantedFor: 'prepare' } })
    await pass(300)
    t.equal(commands(), 'phone-1 tether 600', 'it is renewed while it is needed')
    tell.works('tether')
    tell.path('mifi', { ...UP, state: 'down', cause: 'carrier' })
    await settle()
    t.equal(commands(), 'rpi4-1 switch-uplink tether', 'its path is warm')
    tell.router({ active: 'tether' })
    tell.works('mifi')
    await pass(60)
    t.equal(commands(), 'rpi4-1 switch-uplink mifi', 'back with care')
    tell.router({})
    await pass(290)
    tell.path('mifi', { ...UP, state: 'degraded', cause: 'loss' })
    tell.works('mifi')
    await pass(290)
    t.equal(
      commands().replaceAll('phone-1 tether 600', '').replaceAll(', ', ''),
      '',
      'a line that stutters again keeps it',
    )
    await pass(20)
    t.equal(commands(), 'phone-1 tether 0')
    tell.phone({ reason: 'ordered' })
    tell.path('tether', ASLEEP)
    await pass(3600)
    t.equal(commands(), '', 'and it costs nothing')
    t.same(
      decided()
        .map(({ reason }) => reason)
        .filter((reason) => reason !== 'renew'),
      ['prepare', 'spare', 'prepare', 'spare', 'not-needed'],
    )
    t.match(tetherWords(decided()[0] as never), 'phone-1 lends tether for 600 s: it may be needed (prepare)')
    t.match(
      tetherWords(decided().at(-1) as never),
      'phone-1 puts tether away: nobody has needed it for a while (not-needed)',
    )
    t.notOk(
      Object.keys(house.world.alerts).some((key) => key.includes('tether')),
      'and nobody is alarmed',
    )
  },
)

t.test('a phone gives what it has, and no more', async (t) => {
  const { tell, pass, commands, decided, on, view, house } = await homeWithPhone()
  tell.path('mifi', { ...UP, state: 'down', cause: 'carrier' })
  await settle()
  t.equal(commands(), 'phone-1 tether 600')
  on()
  tell.works('tether')
  await settle()
  t.equal(commands(), 'rpi4-1 switch-uplink tether')
  tell.router({ active: 'tether' })
  tell.works('mifi')
  await pass(10)
  tell.battery(29)
  await settle()
  t.equal(commands(), 'rpi4-1 switch-uplink mifi', 'what can go elsewhere goes first')
  const left = house.journal.findLast((entry) => entry.kind === 'decision' && entry.body.policy === 'wan')
  const why = left?.kind === 'decision' ? left.body.evidence : []
  t.ok(why.some((id) => house.journal.some((entry) => entry.id === id && entry.kind === 'numbers')))
  t.equal(decided().at(-1)?.reason, 'prepare')
  tell.router({})
  await settle()
  t.equal(commands(), 'phone-1 tether 0')
  t.equal(decided().at(-1)?.reason, 'battery-low')
  const evidence = decided().at(-1)?.evidence ?? []
  t.ok(
    house.journal.some(({ id, kind }) => id === evidence[0] && kind === 'numbers'),
    'for what it told',
  )
  tell.phone({ reason: 'ordered' })
  tell.path('tether', ASLEEP)
  tell.path('mifi', { ...UP, state: 'down', cause: 'carrier' })
  for (const _ of [1, 2, 3]) {
    await pass(300)
    tell.battery(29)
  }
  t.equal(commands(), '', 'not even when nothing else is left')
  for (const percent of [30, 34]) {
    tell.battery(percent)
    await settle()
  }
  t.equal(commands(), '', 'at the limit it would be woken and put away by turns')
  t.match(
    view(),
    { tether: { minBatteryPercent: 35, maxTemperatureC: 45 } },
    'and people see what it waits for',
  )
  tell.battery(29, 30, true)
  await settle()
  t.equal(commands(), 'phone-1 tether 600', 'but when it is charged')
  t.match(view(), { tether: { charging: true, batteryPercent: 29 } })
  await pass(610)
  t.match(view(), { tether: { charging: null, batteryPercent: null } }, 'what is old says nothing of now')
})

t.test('traffic leaves a phone before it is put away, though somebody wished it', async (t) => {
  const { house, tell, commands, decided, on, pass } = await homeWithPhone()
  const until = fromRfc3339('2026-11-24T13:00:00Z')
  const override = { uplink: 'tether', by: 'me', reason: 'try', until }
  house.mind.take({ kind: 'request', body: { request: 'switch-wan', override, by: 'me' } })
  await settle()
  on()
  tell.works('tether')
  await settle()
  tell.router({ active: 'tether' })
  tell.works('mifi')
  await pass(10)
  t.equal(commands(), 'phone-1 tether 600, rpi4-1 switch-uplink tether')
  tell.battery(29)
  await settle()
  t.equal(commands(), 'rpi4-1 switch-uplink mifi')
  tell.router({})
  await settle()
  t.equal(commands(), 'phone-1 tether 0')
  t.equal(decided().at(-1)?.reason, 'battery-low')
  tell.phone({ reason: 'ordered' })
  tell.path('tether', ASLEEP)
  for (const _ of [1, 2, 3]) {
    await pass(300)
    tell.battery(29)
  }
  t.equal(commands(), '', 'nor is it woken for that while it has nothing to spare')
})

t.test('a hold spares no phone', async (t) => {
  const { house, tell, commands, on, pass } = await homeWithPhone()
  tell.path('mifi', DEAD)
  await settle()
  on()
  tell.works('tether')
  await settle()
  tell.router({ active: 'tether' })
  tell.works('mifi')
  await pass(10)
  const hold = { by: 'me', reason: 'x', until: null }
  house.mind.take({ kind: 'request', body: { request: 'hold-wan', hold, by: 'me' } })
  await settle()
  commands()
  tell.battery(29)
  await settle()
  t.equal(commands(), 'phone-1 tether 0', 'it would put itself away in a moment')
})

t.test('a phone that gave all it had is back when it has some to spare', async (t) => {
  const rows: [what: string, empty: [number, number], not: [number, number], yes: [number, number]][] = [
    ['charge', [29, 30], [34, 30], [35, 30]],
    ['heat', [81, 46], [81, 43], [81, 42]],
  ]
  for (const [what, empty, not, yes] of rows) {
    const { tell, pass, commands } = await homeWithPhone()
    tell.path('mifi', { ...UP, state: 'down', cause: 'carrier' })
    tell.battery(...empty)
    await settle()
    t.equal(commands(), 'phone-1 tether 600, phone-1 tether 0', what)
    for (const _ of [1, 2, 3]) {
      await pass(300)
      tell.battery(...empty)
    }
    for (const [told, expected] of [
      [not, ''],
      [yes, 'phone-1 tether 600'],
    ] as const) {
      tell.battery(...told)
      await settle()
      t.equal(commands(), expected, `${what}: ${told.join(' %, ')} °C`)
    }
  }
})

t.test(
  'a phone that was woken for a line that stutters sleeps again while it goes on stuttering',
  async (t) => {
    const { tell, pass, commands, decided, on } = await homeWithPhone()
    tell.path('mifi', { ...UP, state: 'degraded', cause: 'loss' })
    await settle()
    t.equal(commands(), 'phone-1 tether 600')
    on()
    tell.works('tether')
    await pass(599)
    t.equal(commands(), 'phone-1 tether 600', 'it is kept while the line may be about to die')
    await pass(310)
    t.equal(commands(), 'phone-1 tether 600, phone-1 tether 0')
    t.equal(decided().at(-1)?.reason, 'not-needed')
    tell.phone({ reason: 'ordered' })
    tell.path('tether', ASLEEP)
    await pass(3600)
    t.equal(commands(), '', 'for as long as that may take')
    tell.path('mifi', { ...UP, state: 'down', cause: 'carrier' })
    await settle()
    t.equal(commands(), 'phone-1 tether 600', 'until it dies')
  },
)

t.test('a phone that does not come is asked again, missed, and given up when it is lost', async (t) => {
  const { house, tell, pass, commands, decided, on, clock } = await homeWithPhone()
  tell.path('mifi', { ...UP, state: 'down', cause: 'carrier' })
  await pass(100)
  t.equal(commands(), 'phone-1 tether 600, phone-1 tether 600, phone-1 tether 600')
  on()
  await pass(80)
  t.equal(commands(), 'phone-1 tether 600 afresh', 'it says that it is on, and nobody sees it')
  t.match(
    house.world.alerts['uplink-down:rpi4-1:tether'],
    { stage: 'firing', cause: 'asleep' },
    'now it is missed',
  )
  t.match(house.world.alerts['wan-down:rpi4-1:wan'], { stage: 'firing' }, 'what sleeps leads nowhere')
  await clock.advance(minutes(3))
  t.equal(decided().at(-1)?.reason, 'phone-lost')
  t.equal(commands(), '')
})

t.test('somebody who wishes a phone is told what it costs', async (t) => {
  const { house, tell, commands, context, view, pass } = await homeWithPhone()
  const override = {
    uplink: 'tether',
    by: 'me',
    reason: 'try',
    until: fromRfc3339('2026-11-24T13:00:00Z'),
  }
  const would = outlook(context, PARAMS.wan ?? (t.fail('a plan') as never), { override, dryRun: true })
  t.match(would, { move: null, stays: 'waking', wakes: { phone: 'phone-1', batteryPercent: 81 } })
  t.match(outlookLine('tether', would), /it wakes phone-1 \(81 %, 30 °C\), which lends its network meanwhile/)
  t.equal(commands(), '', 'a dry run wakes nobody')
  house.mind.take({ kind: 'request', body: { request: 'switch-wan', override, by: 'me' } })
  await settle()
  t.equal(commands(), 'phone-1 tether 600')
  tell.phone({ on: true, until: '2026-11-24T12:10:00.000Z', reason: 'ordered' })
  tell.works('tether')
  await settle()
  t.equal(commands(), 'rpi4-1 switch-uplink tether')
  const { tether } = view() ?? {}
  t.match(
    tether && tetherLine('tether', tether),
    'tether: phone-1 lends its network until 12:10:00 UTC (81 %, 30 °C); wanted: wished',
  )
  t.equal(
    tether && tetherLine('tether', { ...tether, on: null, wantedFor: null }),
    'tether: phone-1 does not say whether it lends its network',
    'of one that lends nothing, or is not heard',
  )
  house.mind.take({
    kind: 'request',
    body: { request: 'hold-wan', hold: { by: 'me', reason: 'x', until: null }, by: 'me' },
  })
  tell.router({ active: 'mifi' })
  await pass(320)
  t.match(commands(), /phone-1 tether 0$/, 'nothing is made ready for what is held')
})

t.test('a phone that is lost, or does not come, does not keep the next one asleep', async (t) => {
  const lost = await homeWithPhone(withSecond)
  lost.silent.add('phone-1')
  await lost.pass(300)
  lost.tell.path('mifi', DEAD)
  await settle()
  t.equal(lost.commands(), 'phone-2 tether 600', 'of the first nothing is heard any more')

  const deaf = await homeWithPhone(withSecond)
  deaf.tell.path('mifi', DEAD)
  await deaf.pass(50)
  t.equal(deaf.commands(), 'phone-1 tether 600, phone-1 tether 600', 'it is called, and called again')
  await deaf.pass(20)
  t.equal(deaf.commands(), 'phone-1 tether 600, phone-2 tether 600', 'and then the next')
  deaf.tell.path('tether-2', UP)
  await settle()
  t.match(deaf.commands(), /rpi4-1 switch-uplink tether-2/)

  const none = await homeWithPhone(withSecond)
  none.tell.path('mifi', DEAD)
  await none.pass(3600)
  const called = none.commands().split(', ')
  for (const phone of ['phone-1', 'phone-2']) {
    const times = called.filter((words) => words === `${phone} tether 600`).length
    t.ok(times >= 6 && times < 40, `${phone} is called ${times} times in an hour in which neither comes`)
  }
})

t.test('a phone that is lost while another one is needed gives way to it', async (t) => {
  const { tell, pass, commands, silent } = await homeWithPhone(withSecond)
  tell.path('mifi', DEAD)
  await settle()
  t.equal(commands(), 'phone-1 tether 600')
  silent.add('phone-1')
  await pass(200)
  t.match(commands(), /phone-2 tether 600/)
})

t.test('a phone whose network gives no address is told to begin afresh', async (t) => {
  const { tell, pass, commands, on } = await homeWithPhone()
  tell.path('mifi', DEAD)
  await settle()
  on()
  tell.path('tether', { ...ASLEEP, cause: 'address' })
  await pass(5)
  tell.path('tether', { ...ASLEEP, state: 'down', cause: 'address' })
  await pass(10)
  t.equal(commands(), 'phone-1 tether 600', 'it may take its time')
  await pass(10)
  t.equal(commands(), 'phone-1 tether 600 afresh')
  tell.path('tether', UP)
  await settle()
  t.equal(commands(), 'rpi4-1 switch-uplink tether')
})

t.test('a phone without a network of its own is not woken, and is left betimes', async (t) => {
  const { tell, pass, commands, on, house } = await homeWithPhone()
  tell.modem({ registration: 'not-registered' })
  tell.path('mifi', DEAD)
  await pass(60)
  t.equal(commands(), '', 'it would only lose charge')
  tell.modem({ registration: 'unknown', sim: 'unknown' })
  await settle()
  t.equal(commands(), 'phone-1 tether 600', 'what does not say so is called')
  on()
  tell.works('tether')
  await settle()
  tell.router({ active: 'tether' })
  tell.path('mifi', { ...UP, state: 'up' })
  const ready = () => decideWanNow(house.world, PARAMS.wan ?? (t.fail('a plan') as never), house.clock.now())
  t.match(ready(), { prepare: null, switch: null })
  tell.modem({ registration: 'searching' })
  t.match(ready(), { prepare: 'mifi', switch: null }, 'a reason to make another ready, and none to move')
})

t.test('a phone is not kept for the sake of a line that will never be whole again', async (t) => {
  const { tell, pass, commands, on } = await homeWithPhone()
  tell.path('mifi', DEAD)
  await settle()
  on()
  tell.works('tether')
  await settle()
  tell.router({ active: 'tether' })
  tell.path('mifi', { ...UP, state: 'degraded', cause: 'mtu' })
  await pass(50)
  t.equal(commands(), 'phone-1 tether 600, rpi4-1 switch-uplink tether')
  await pass(10)
  t.equal(commands(), 'rpi4-1 switch-uplink mifi')
  tell.router({})
  await pass(1200)
  t.match(commands(), /phone-1 tether 0$/, 'and put away when the line has shown that it does not die')
})
