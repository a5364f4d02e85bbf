// What alerts are fired by, cleared by, and kept quiet by: each rule as a row, over a whole mind with a fake clock.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { levelOf, worstOf } from '@infra-home/coordinator/alerts/levels.ts'
import type { Level } from '@infra-home/coordinator/alerts/machine.ts'
import { plannedVlansOf } from '@infra-home/coordinator/alerts/planned-vlans.ts'
import { alertKey } from '@infra-home/coordinator/alerts/rule.ts'
import { rulesIn } from '@infra-home/coordinator/alerts/read-rules.ts'
import { RULES } from '@infra-home/coordinator/alerts/rules.gen.ts'
import { SITE_RULES } from '@infra-home/coordinator/alerts/site-rules.gen.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { hearClock } from '@infra-home/coordinator/world/clock-heard.ts'
import { isOffline } from '@infra-home/coordinator/world/line.ts'
import type { NodeWorld } from '@infra-home/coordinator/world/node.ts'
import { emptyWorld } from '@infra-home/coordinator/world/world.ts'
import {
  type DurationMs,
  days,
  fromRfc3339,
  minutes,
  monoMs,
  rfc3339,
  seconds,
  wallMs,
} from '@infra-home/shared/clock.ts'
import { QUALITIES, type Quality, signalQuality } from '@infra-home/shared/signal-quality.ts'
import { spanText } from '@infra-home/shared/span-text.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { LINK, MODEM, type Voice, voice } from '../helpers/said.ts'
import { type SmallHouse, smallHouse, saidPath as path } from '../helpers/small-house.ts'

const uplink = { kind: 'ethernet', host: 'rpi4-1' } as const
const TOPOLOGY = {
  site: 'home',
  vlans: [
    { id: 10, name: 'INFRA', subnet: '10.10.0.0/24', gateway: '10.10.0.1', metered: 'allow' },
    { id: 20, name: 'PRO', subnet: '10.20.0.0/24', gateway: '10.20.0.1', metered: 'allow' },
  ],
  hosts: [
    {
      name: 'rpi4-1',
      role: 'router',
      model: 'a Pi',
      interfaces: [
        { name: 'eth0', vlan: null, tagged: false, addresses: [] },
        { name: 'eth0.10', vlan: 10, tagged: true, addresses: ['10.10.0.1/24'] },
        { name: 'eth1', vlan: 20, tagged: false, addresses: [] },
      ],
    },
  ],
  phones: [],
  uplinks: [
    { ...uplink, id: 'fibre', interface: 'wan1', priority: 10, metered: false },
    {
      ...uplink,
      id: 'mifi',
      interface: 'wan2',
      priority: 20,
      metered: true,
      monthlyCapBytes: 100e9,
      billingDay: 1,
    },
  ],
  modems: [{ id: 'stick', driver: 'hilink', address: '192.168.8.1', uplink: 'mifi' }],
  rules: [],
} as unknown as Topology
const PARAMS = paramsOf(
  { wan: { timeZone: 'Europe/Paris' }, channels: [{ name: 'phone', kind: 'webhook', minSeverity: 'info' }] },
  TOPOLOGY,
)
/** Ten days of a November of 30 are gone: a third of the month. */
const BEGUN = fromRfc3339('2026-11-11T00:00:00+01:00')

type Home = { readonly house: SmallHouse; readonly router: Voice }
const homeWithRouter = (): Home => {
  const clock = fakeClock(BEGUN)
  const house = smallHouse({ clock, world: { ...emptyWorld('home', TOPOLOGY), epoch: 1 }, params: PARAMS })
  const router = voice('rpi4-1', clock)
  house.hear(router.birth())
  house.hear(router.state('vlan', 'eth0.10', VLAN))
  house.hear(router.state('link', 'eth1', LINK))
  return { house, router }
}

const VLAN = {
  vlanId: 10,
  parent: 'eth0',
  state: 'up',
  addresses: [{ address: '10.10.0.1', prefix: 24, family: 'ipv4', scope: 'global' }],
} as const
const HOST = {
  kernel: '6.12',
  clockSynchronised: true,
  underVoltage: false,
  throttled: false,
  underVoltageSinceBoot: false,
  throttledSinceBoot: false,
}
const battery = (charging: boolean | null) => ({ charging, plugged: 'ac', health: 'good' })
const router = (active: string) => ({ active, holder: 'coordinator', term: 1, fault: null })
const usage = (bytes: number) => ({
  since: rfc3339(fromRfc3339('2026-11-01T00:00:00+01:00')),
  bytes,
  networks: [],
})
const certificate = (left: DurationMs, error: string | null = null) => ({
  issuedAt: rfc3339(wallMs(BEGUN - days(80))),
  notAfter: rfc3339(wallMs(BEGUN + left)),
  error,
})

type Saying = (by: Voice) => readonly (readonly [string, object])[]
const says =
  (kind: string, id: string, body: object): Saying =>
  (by) => [by.state(kind, id, body)]
const counts =
  (numbers: Record<string, number>): Saying =>
  (by) => [by.tm({ 'host/host': numbers })]
const charge =
  (batteryPercent: number, temperatureC = 30): Saying =>
  (by) => [by.tm({ 'battery/own': { batteryPercent, temperatureC } })]
const both =
  (...sayings: readonly Saying[]): Saying =>
  (by) =>
    sayings.flatMap((one) => one(by))

/** Says it every ten seconds for so long. */
const keepSaying = async ({ house, router: by }: Home, saying: Saying, forMs: number): Promise<void> => {
  for (let ms = 0; ms < forMs; ms += 10_000) {
    for (const message of saying(by)) house.hear(message)
    await house.clock.advance(seconds(10))
  }
}

const stick = (state: object) => says('modem', 'stick', { ...MODEM, ...state })
const paths = (fibre: ReturnType<typeof path>, mifi: ReturnType<typeof path>): Saying =>
  both(says('path', 'fibre', fibre), says('path', 'mifi', mifi))
const UP = path('up')

/** A link that loses its carrier and gets it back once in two sayings, and one that does not. */
let changes = 0
const flaps: Saying = (by) => [by.state('link', 'eth1', { ...LINK, carrierChanges: ++changes })]
const keeps: Saying = (by) => [by.state('link', 'eth1', { ...LINK, carrierChanges: changes })]

type Row = readonly [
  code: string,
  subject: string,
  cause: string,
  fires: Saying,
  clears: Saying,
  text: RegExp,
]
const ROWS: readonly Row[] = [
  ['host-hot', 'rpi4-1', 'heat', counts({ temperatureC: 81 }), counts({ temperatureC: 60 }), /81 °C/],
  [
    'disk-full',
    'rpi4-1',
    'short',
    counts({ diskAvailableBytes: 1e9, diskTotalBytes: 32e9 }),
    counts({ diskAvailableBytes: 9e9, diskTotalBytes: 32e9 }),
    /3.1 % of its disk left \(1000 MB of 32000 MB\)/,
  ],
  [
    'memory-short',
    'rpi4-1',
    'short',
    counts({ memoryAvailableBytes: 10e6, memoryTotalBytes: 512e6 }),
    counts({ memoryAvailableBytes: 200e6, memoryTotalBytes: 512e6 }),
    /2 % of its memory left/,
  ],
  [
    'under-voltage',
    'rpi4-1',
    'supply',
    says('host', 'host', { ...HOST, underVoltage: true }),
    says('host', 'host', HOST),
    /too little voltage/,
  ],
  [
    'battery-low',
    'rpi4-1',
    'discharged',
    both(charge(18), says('battery', 'own', battery(null))),
    charge(31),
    /has 18 % of its charge left$/,
  ],
  [
    'battery-low',
    'rpi4-1',
    'discharged',
    both(charge(18), says('battery', 'own', battery(null))),
    both(charge(18), says('battery', 'own', battery(true))),
    /has 18 % of its charge left$/,
  ],
  [
    'battery-not-charging',
    'rpi4-1',
    'unplugged',
    says('battery', 'own', { ...battery(false), plugged: 'none' }),
    says('battery', 'own', battery(true)),
    /is not being charged \(nothing is plugged in\)/,
  ],
  [
    'battery-not-charging',
    'rpi4-1',
    'no-charge',
    says('battery', 'own', battery(false)),
    says('battery', 'own', battery(true)),
    /is not being charged \(plugged in: ac\)/,
  ],
  ['battery-hot', 'rpi4-1', 'heat', charge(80, 46), charge(80, 39), /the battery of rpi4-1 is at 46 °C/],
  [
    'certificate-ending',
    'rpi4-1',
    'ending',
    says('certificate', 'own', certificate(days(4), 'nobody answers')),
    says('certificate', 'own', certificate(days(90))),
    /ends 2026-11-1\d, [34] days from now: nobody answers/,
  ],
  [
    'uplink-down',
    'fibre',
    'carrier',
    paths(path('down', 'carrier'), UP),
    paths(UP, UP),
    /fibre leads nowhere \(carrier\)/,
  ],
  [
    'uplink-degraded',
    'mifi',
    'loss',
    paths(UP, path('degraded', 'loss')),
    paths(UP, UP),
    /mifi works badly \(loss\)/,
  ],
  [
    'wan-down',
    'wan',
    'no-path',
    paths(path('down', 'link'), path('down', 'sim')),
    paths(UP, path('down', 'sim')),
    /no uplink leads to the internet \(fibre: link, mifi: sim\)/,
  ],
  [
    'route-drift',
    'wan',
    'drift',
    says('wan', 'main', { ...router('fibre'), fault: { code: 'drift', text: 'somebody else changed it' } }),
    says('wan', 'main', router('fibre')),
    /rpi4-1: somebody else changed it/,
  ],
  [
    'router-fault',
    'wan',
    'lacks-program',
    says('wan', 'main', { ...router('fibre'), fault: { code: 'lacks-program', text: 'no conntrack' } }),
    says('wan', 'main', { ...router('fibre'), fault: { code: 'drift', text: 'somebody else changed it' } }),
    /rpi4-1: no conntrack/,
  ],
  [
    'metered-in-use',
    'wan',
    'metered',
    both(paths(UP, UP), says('wan', 'main', router('mifi'))),
    says('wan', 'main', router('fibre')),
    /by mifi, which is metered, and not by fibre/,
  ],
  [
    'quota-used',
    'mifi',
    'nearly-spent',
    says('usage', 'mifi', usage(96e9)),
    says('usage', 'mifi', usage(1e9)),
    /96.0 GB of 100 GB \(96 %\)/,
  ],
  [
    'quota-forecast',
    'mifi',
    'too-fast',
    says('usage', 'mifi', usage(50e9)),
    says('usage', 'mifi', usage(10e9)),
    /has used up its 100 GB on 2026-11-2[01], and the month ends 2026-12-01/,
  ],
  [
    'vlan-wrong',
    'infra',
    'down',
    says('vlan', 'eth0.10', { ...VLAN, state: 'down' }),
    says('vlan', 'eth0.10', VLAN),
    /infra \(10\) on rpi4-1 is down/,
  ],
  [
    'vlan-wrong',
    'infra',
    'address',
    says('vlan', 'eth0.10', { ...VLAN, addresses: [] }),
    says('vlan', 'eth0.10', VLAN),
    /has not the address 10.10.0.1/,
  ],
  [
    'vlan-wrong',
    'pro',
    'down',
    says('link', 'eth1', { ...LINK, carrier: false }),
    says('link', 'eth1', LINK),
    /pro \(20\) on rpi4-1 is down/,
  ],
  [
    'link-flapping',
    'eth1',
    'link-flapping',
    flaps,
    keeps,
    /eth1 of rpi4-1 changed its carrier \d+ in 10 min/,
  ],
]

t.test('what fires an alert, and what clears it', async (t) => {
  for (const [code, subject, cause, fires, clears, text] of ROWS)
    t.test(`${code} (${cause}) of ${subject}`, async (t) => {
      const home = homeWithRouter()
      const { house } = home
      const alert = () => house.world.alerts[alertKey(code, 'rpi4-1', subject)]
      await keepSaying(home, clears, minutes(1))
      t.equal(alert(), undefined, 'nothing is wrong')
      await keepSaying(home, fires, minutes(12))
      t.match(alert(), { stage: 'firing', cause, told: ['phone'] })
      t.match(alert()?.text ?? '', text)
      t.match(
        house.told.flatMap(({ items }) => items).filter(({ title }) => title.includes(code)),
        [{ event: 'fired', advice: RULES.find((rule) => rule.code === code)?.advice }],
      )
      await keepSaying(home, clears, minutes(12))
      t.equal(alert(), undefined, 'and it is over')
    })
})

t.test('a clock that is wrong is told, and which way', async (t) => {
  const home = homeWithRouter()
  const wrong =
    (ms: number): Saying =>
    (by) => {
      const [topic, message] = by.tm({ 'host/host': { load1: 1 } })
      return [[topic, { ...message, at: rfc3339(wallMs(home.house.clock.now().wall + ms)) }]]
    }
  await keepSaying(home, wrong(-15_000), minutes(3))
  const alert = () => home.house.world.alerts['clock-wrong:rpi4-1:rpi4-1']
  t.match(alert(), { stage: 'firing', cause: 'behind', text: 'the clock of rpi4-1 is 15 s behind' })
  await keepSaying(home, wrong(100), minutes(3))
  t.equal(alert(), undefined)
})

const tells = (home: Home, names: readonly string[]) => {
  const { house } = home
  const voices = names.map((name) => voice(name, house.clock))
  for (const one of voices) house.hear(one.birth())
  const titles = () => house.told.flatMap(({ items }) => items.map(({ title }) => title))
  /** All of them speak, with clocks that are so far beside ours. */
  const speak = (offsets: readonly number[]): Saying => {
    const at = (ms: number) => rfc3339(wallMs(house.clock.now().wall + ms))
    return () =>
      voices.map((one, i) => {
        const [topic, message] = one.tm({ 'host/host': { load1: 1 } })
        return [topic, { ...message, at: at(offsets[i] ?? 0) }]
      })
  }
  return { house, voices, titles, speak }
}

t.test('when all other clocks agree, it is ours that is wrong', async (t) => {
  const home = homeWithRouter()
  const { house, titles, speak } = tells(home, ['rpi4-2', 'rpi4-3', 'phone-1'])
  await keepSaying(home, speak([0, 0, 0]), minutes(1))
  for (const [ms, text] of [
    [20_000, 'our clock is 20 s behind those of 3 devices'],
    [-20_000, 'our clock is 20 s ahead of those of 3 devices'],
  ] as const) {
    const { length } = titles()
    await keepSaying(home, speak([ms, ms + 100, ms]), minutes(5))
    t.match(house.world.alerts['own-clock-wrong:coordinator:coordinator'], { stage: 'firing', text })
    t.match(house.world.alerts['clock-wrong:rpi4-2:rpi4-2'], { stage: 'firing', told: [] })
    await keepSaying(home, speak([0, 0, 0]), minutes(5))
    t.same(
      titles()
        .slice(length)
        .filter((title) => title.includes('clock'))
        .map((title) => title.split(' ')[0]),
      ['own-clock-wrong', 'Resolved'],
    )
  }
  await keepSaying(home, speak([20_000, 20_000, 0]), minutes(5))
  t.equal(house.world.alerts['own-clock-wrong:coordinator:coordinator'], undefined, 'two against two')
  t.match(house.world.alerts['clock-wrong:rpi4-2:rpi4-2'], { told: ['phone'] })
})

t.test('without a broker nobody is lost but the broker, and who stays away after it is', async (t) => {
  const home = homeWithRouter()
  const { house, voices, titles, speak } = tells(home, ['rpi4-2', 'rpi4-3'])
  const broker = (detail: string | null) =>
    house.mind.take({ kind: 'system', body: { event: 'self', part: 'broker', ok: detail === null, detail } })
  await keepSaying(home, both(speak([]), counts({ load1: 1 })), minutes(1))
  broker('the broker is not connected')
  await house.clock.advance(minutes(10))
  t.match(house.world.alerts['node-lost:rpi4-2:rpi4-2'], { stage: 'firing', told: [] })
  t.same(titles(), ['broker-lost on coordinator'])
  broker(null)
  const [back] = voices
  await keepSaying(
    home,
    (by) => [by, back ?? by].map((one) => one.tm({ 'host/host': { load1: 1 } })),
    minutes(3),
  )
  t.same(titles().slice(1), ['Resolved after 10 min: broker-lost on coordinator', 'node-lost on rpi4-3'])
})

t.test('a message that was held up does not make a clock wrong', async (t) => {
  const at = (s: number) => monoMs(s * 1000)
  let clock = hearClock(null, -200, at(0))
  t.equal(clock.offsetMs, -200)
  clock = hearClock(clock, -3_600_000, at(4000))
  t.equal(clock.offsetMs, -200, 'an hour late, after an outage')
  clock = hearClock(clock, -1_200_000, at(4030))
  clock = hearClock(clock, -300, at(4040))
  t.same(clock, { offsetMs: -300, seems: null }, 'and then in time')
  t.equal(hearClock(clock, 90_000, at(4050)).offsetMs, 90_000, 'ahead is believed at once')
  clock = hearClock(clock, -50_000, at(4060))
  clock = hearClock(clock, -40_000, at(4100))
  clock = hearClock(clock, -42_000, at(4120))
  t.equal(clock.offsetMs, -40_000, 'behind for a minute is behind')
})

t.test('what hangs on something else is told when that is over, and not before', async (t) => {
  const home = homeWithRouter()
  const { house } = home
  const dead = both(
    paths(UP, path('down', 'radio')),
    stick({ state: 'searching', registration: 'searching' }),
    (by) => [by.tm({ 'modem/stick': { rsrpDbm: null, rsrqDb: null, sinrDb: null, rssiDbm: null } })],
  )
  await keepSaying(home, dead, minutes(2))
  const down = () => house.world.alerts['uplink-down:rpi4-1:mifi']
  const titles = () => house.told.flatMap(({ items }) => items.map(({ title }) => title))
  t.match(down(), { stage: 'firing', told: [], explainedBy: 'modem-signal-lost:rpi4-1:stick' })
  t.same(titles(), ['modem-signal-lost on rpi4-1 (stick)'])

  const onlyPath = both(paths(UP, path('down', 'carrier')), stick({}), (by) => [
    by.tm({ 'modem/stick': { rsrpDbm: -90, rsrqDb: -10, sinrDb: 10, rssiDbm: -60 } }),
  ])
  await keepSaying(home, onlyPath, minutes(2))
  t.match(down(), { stage: 'firing', told: ['phone'], explainedBy: null })
  t.same(titles().slice(1), [
    'Resolved after 2 min: modem-signal-lost on rpi4-1 (stick)',
    'uplink-down on rpi4-1 (mifi)',
  ])
  t.ok(house.decisions().includes('alerts surfaced'))

  await keepSaying(home, paths(UP, UP), minutes(2))
  t.same(titles().slice(3), ['Resolved after 5 min: uplink-down on rpi4-1 (mifi)'])
})

t.test('traffic that goes back as soon as it may is told by nobody as metered', async (t) => {
  const home = homeWithRouter()
  const { house } = home
  const goesBy = (active: string) => says('wan', 'main', router(active))
  await keepSaying(home, both(paths(path('down', 'carrier'), UP), goesBy('mifi')), minutes(12))
  t.match(house.world.alerts['metered-in-use:rpi4-1:wan'], { stage: 'firing', explainedBy: /uplink-down/ })
  await keepSaying(home, both(paths(UP, UP), goesBy('mifi')), minutes(1))
  await keepSaying(home, both(paths(UP, UP), goesBy('fibre')), minutes(3))
  t.notOk(house.decisions().includes('alerts surfaced'))
  t.equal(house.world.alerts['metered-in-use:rpi4-1:wan'], undefined)
})

t.test('what is on its way out explains others for two minutes, however long it lingers', async (t) => {
  const home = homeWithRouter()
  const { house, router: by } = home
  const titles = () => house.told.flatMap(({ items }) => items.map(({ title }) => title))
  const lost = () => house.world.alerts['node-lost:rpi4-1:rpi4-1']
  await house.clock.advance(minutes(4))
  t.match(lost(), { stage: 'firing' })
  Object.assign(lost() ?? {}, { relapses: 7 })
  const noSim = both(stick({ sim: 'absent', state: 'no-sim' }), () => [by.tm({ 'modem/stick': {} })])
  await keepSaying(home, noSim, minutes(1))
  t.match(lost(), { stage: 'recovering' })
  t.match(house.world.alerts['modem-signal-lost:rpi4-1:stick'], { stage: 'firing', told: [] })
  await keepSaying(home, noSim, minutes(2))
  t.match(lost(), { stage: 'recovering' })
  t.ok(titles().includes('modem-signal-lost on rpi4-1 (stick)'))
  t.match(house.world.alerts['modem-signal-lost:rpi4-1:stick'], { explainedBy: null })
})

t.test('what an alert on its way out explained is told in time also where nothing is heard', async (t) => {
  const home = homeWithRouter()
  const { house } = home
  const self = (part: 'broker' | 'dead-man', detail: string | null) =>
    house.mind.take({ kind: 'system', body: { event: 'self', part, ok: detail === null, detail } })
  await keepSaying(home, paths(path('down', 'carrier'), path('down', 'carrier')), minutes(1))
  self('dead-man', 'nobody answers')
  await keepSaying(home, paths(path('down', 'carrier'), path('down', 'carrier')), minutes(20))
  const down = house.world.alerts['wan-down:rpi4-1:wan']
  t.match(house.world.alerts['dead-man-unheard:coordinator:coordinator'], { explainedBy: down?.key })
  Object.assign(down ?? {}, { relapses: 7 })
  await keepSaying(home, paths(UP, UP), seconds(10))
  await house.clock.advance(minutes(2))
  t.match(down, { stage: 'recovering' })
  t.match(house.world.alerts['dead-man-unheard:coordinator:coordinator'], {
    stage: 'firing',
    explainedBy: null,
    told: ['phone'],
  })
})

t.test('of one modem that is pulled out, one thing is told', async (t) => {
  const home = homeWithRouter()
  const { house } = home
  const titles = () => house.told.flatMap(({ items }) => items.map(({ title }) => title))
  await keepSaying(home, both(paths(UP, UP), stick({})), minutes(1))
  const pulled = both(
    paths(path('down', 'carrier'), path('down', 'carrier')),
    stick({ state: 'unreachable' }),
    says('wan', 'main', router('mifi')),
  )
  await keepSaying(home, pulled, minutes(15))
  t.same(titles(), ['wan-down on rpi4-1 (wan)'])
  t.match(house.world.alerts, {
    'uplink-down:rpi4-1:mifi': { stage: 'firing', explainedBy: 'wan-down:rpi4-1:wan' },
    'modem-silent:rpi4-1:stick': { stage: 'firing', explainedBy: 'uplink-down:rpi4-1:mifi' },
    'metered-in-use:rpi4-1:wan': { stage: 'firing', explainedBy: 'uplink-down:rpi4-1:fibre' },
  })
  await keepSaying(home, both(paths(path('down', 'carrier'), UP), stick({})), minutes(3))
  t.same(titles().slice(1), [
    'Resolved after 15 min: wan-down on rpi4-1 (wan)',
    'uplink-down on rpi4-1 (fibre)',
  ])
})

t.test('a signal that is poor for long, or falls, is told before it is lost', async (t) => {
  const home = homeWithRouter()
  const { house, router: by } = home
  const alert = () => house.world.alerts['modem-signal-declining:rpi4-1:stick']
  let rsrpDbm = -85
  const reads: Saying = () => [by.tm({ 'modem/stick': { rsrpDbm, rsrqDb: -10, sinrDb: 14 } })]
  house.hear(by.state('modem', 'stick', MODEM))
  await keepSaying(home, reads, minutes(40))
  t.equal(alert(), undefined, 'excellent')
  rsrpDbm = -112
  await keepSaying(home, reads, minutes(14))
  t.match(alert(), { stage: 'pending' })
  await keepSaying(home, reads, minutes(2))
  t.match(alert(), { stage: 'firing', severity: 'warning', told: ['phone'] })
  await keepSaying(home, reads, minutes(40))
  t.match(alert(), { stage: 'firing' })
  rsrpDbm = -90
  await keepSaying(home, reads, minutes(16))
  t.equal(alert(), undefined, 'good again for a quarter of an hour')

  const falls: Saying = (voice) => {
    rsrpDbm -= 0.12
    return reads(voice)
  }
  await keepSaying(home, reads, minutes(40))
  await keepSaying(home, falls, minutes(40))
  t.match(alert(), { stage: 'firing', cause: 'falling' })
})

t.test('a device that is late is mentioned, and one that is lost is said to be lost', async (t) => {
  const home = homeWithRouter()
  const { house } = home
  await keepSaying(home, counts({ load1: 1 }), minutes(1))
  await house.clock.advance(seconds(55))
  t.match(house.world.alerts['node-late:rpi4-1:rpi4-1'], {
    stage: 'firing',
    severity: 'info',
    text: /^rpi4-1 has not been heard since 2026-11-/,
  })
  await house.clock.advance(minutes(3))
  t.match(house.world.alerts['node-lost:rpi4-1:rpi4-1'], { stage: 'firing' })
  await keepSaying(home, counts({ load1: 1 }), minutes(2))
  t.same(Object.keys(house.world.alerts), [])
})

t.test(
  'whoever is told of what is critical alone is told of a router that is gone, and that it is back',
  async (t) => {
    const clock = fakeClock(BEGUN)
    const channels = [{ name: 'phone', kind: 'webhook', minSeverity: 'critical' as const }]
    const params = paramsOf({ wan: { timeZone: 'Europe/Paris' }, channels }, TOPOLOGY)
    const house = smallHouse({ clock, params })
    const [by, other] = [voice('rpi4-1', clock), voice('rpi4-2', clock)]
    const home = { house, router: by }
    const fine = paths(UP, UP)
    house.hear(by.birth())
    house.hear(other.birth())
    await keepSaying(home, fine, seconds(20))
    await house.clock.advance(minutes(3))
    t.match(house.world.alerts, {
      'node-lost:rpi4-1:rpi4-1': {
        severity: 'critical',
        text: /^rpi4-1, which carries the uplinks, is gone/,
      },
      'node-lost:rpi4-2:rpi4-2': { severity: 'warning', told: [] },
    })
    await keepSaying(home, fine, minutes(2))
    t.match(
      house.told.flatMap(({ items }) => items.map(({ title }) => title)),
      ['node-lost on rpi4-1', /^Resolved after .*: node-lost on rpi4-1$/],
    )
  },
)

t.test('of a router that is gone nobody knows whether it leads to the internet', async (t) => {
  const home = homeWithRouter()
  const { house } = home
  const alert = () => house.world.alerts['wan-down:rpi4-1:wan']
  const down = paths(path('down', 'carrier'), path('down', 'carrier'))
  await keepSaying(home, down, minutes(1))
  t.equal(isOffline(house.world), true)
  await house.clock.advance(minutes(5))
  t.equal(house.world.nodes['rpi4-1']?.presence, 'lost')
  t.match(alert(), { stage: 'firing' }, 'nothing known calls nothing over')
  t.equal(isOffline(house.world), false)
  await keepSaying(home, down, seconds(20))
  t.equal(isOffline(house.world), true, 'it says so again')
})

t.test('a router that goes with its links has not lost the internet by its last word', async (t) => {
  const { house, router } = homeWithRouter()
  const alert = () => house.world.alerts['wan-down:rpi4-1:wan']
  for (const message of paths(path('down', 'carrier'), path('down', 'carrier'))(router)) house.hear(message)
  await house.clock.advance(seconds(2))
  t.match(alert(), { stage: 'pending' })
  house.hear(router.presence('sleeping'))
  await house.clock.advance(seconds(60))
  t.equal(alert(), undefined)
  house.hear(router.birth())
  await house.clock.advance(seconds(2))
  t.equal(alert(), undefined, 'nor when it is back and has said nothing else yet')
})

t.test('one word says how a modem hears its cell', async (t) => {
  const rows: readonly (readonly [Parameters<typeof signalQuality>[0], Quality | null])[] = [
    [{ rsrpDbm: -85, rsrqDb: -12, sinrDb: 13 }, 'excellent'],
    [{ rsrpDbm: -86, rsrqDb: -10, sinrDb: 20 }, 'good'],
    [{ rsrpDbm: -70, rsrqDb: -15, sinrDb: 20 }, 'fair'],
    [{ rsrpDbm: -70, rsrqDb: -10, sinrDb: 0 }, 'poor'],
    [{ rsrpDbm: -116, rsrqDb: -10, sinrDb: 20 }, 'none'],
    [{ rsrpDbm: -100 }, 'fair'],
    [{ rsrpDbm: null, sinrDb: 6 }, 'good'],
    [{ rsrpDbm: -100, rssiDbm: -120 }, 'fair'],
    [{ rssiDbm: -90 }, 'good'],
    [{ rsrpDbm: null, rsrqDb: null, sinrDb: null, rssiDbm: null }, null],
    [{}, null],
  ]
  for (const [radio, quality] of rows) t.equal(signalQuality(radio), quality, JSON.stringify(radio))
})

t.test('a plan that is used up needs no forecast', async (t) => {
  const home = homeWithRouter()
  await keepSaying(home, says('usage', 'mifi', usage(99e9)), minutes(12))
  const forecast = home.house.world.alerts['quota-forecast:rpi4-1:mifi']
  t.match(forecast, { stage: 'firing', told: [], explainedBy: 'quota-used:rpi4-1:mifi' })
})

t.test('the first days of a month foretell nothing', async (t) => {
  const clock = fakeClock(fromRfc3339('2026-11-02T12:00:00+01:00'))
  const house = smallHouse({ clock, world: { ...emptyWorld('home', TOPOLOGY), epoch: 1 }, params: PARAMS })
  const by = voice('rpi4-1', clock)
  house.hear(by.birth())
  house.hear(by.state('usage', 'mifi', usage(30e9)))
  t.equal(house.world.alerts['quota-forecast:rpi4-1:mifi'], undefined)
  await clock.advance(days(2))
  t.match(
    house.world.alerts['quota-forecast:rpi4-1:mifi'],
    { cause: 'too-fast' },
    'and time alone brings it up',
  )
})

t.test('two levels keep a value that hovers from ringing', async (t) => {
  const rows: readonly (readonly [number | null, number, number, Level])[] = [
    [81, 80, 72, 'bad'],
    [80, 80, 72, 'bad'],
    [75, 80, 72, 'between'],
    [72, 80, 72, 'good'],
    [4, 5, 10, 'bad'],
    [7, 5, 10, 'between'],
    [10, 5, 10, 'good'],
    [null, 5, 10, 'unknown'],
  ]
  for (const [value, fire, clear, level] of rows) t.equal(levelOf(value, { fire, clear }), level, `${value}`)
  t.equal(worstOf(['good', 'unknown', 'bad']), 'bad')
  t.equal(worstOf(['good', 'unknown']), 'unknown')
})

t.test('the plan’s networks are known by machine', async (t) => {
  t.same(
    plannedVlansOf(TOPOLOGY)['rpi4-1']?.map(({ name, device, isTagged }) => [name, device, isTagged]),
    [
      ['infra', 'eth0.10', true],
      ['pro', 'eth1', false],
    ],
  )
  t.same(plannedVlansOf(null), {})
})

/** The rows of the first table below a heading, cells without their marks. */
const rowsBelow = (heading: string): string[][] => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/alerting-rules.md'), 'utf8')
  const [, table = ''] = text.slice(text.indexOf(heading)).split(/^(?=\|)/m)
  const whole = text.slice(text.indexOf(table)).split(/\n\n/)[0] ?? ''
  const rows = whole.split('\n').slice(2)
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

t.test('docs/alerting-rules.md has every rule as it is', async (t) => {
  const { node } = homeWithRouter().router
  const of = { node: { name: node } as NodeWorld, plan: PARAMS }
  const ofNodes = RULES.map((rule) => ({
    ...rule,
    dependsOn: ['mifi', 'stick'].flatMap((subject) => rule.dependsOn?.({ ...of, subject }) ?? []),
  }))
  const ofSite = SITE_RULES.map((rule) => ({ ...rule, dependsOn: rule.dependsOn ?? [] }))
  const rules = [...ofNodes, ...ofSite].map(({ code, severity, defaults, dependsOn }) => [
    code,
    severity,
    spanText(defaults.fireAfter),
    spanText(defaults.clearAfter),
    [...new Set(dependsOn.map((key) => key.split(':')[0]))].join(', ') || '–',
  ])
  const written = rowsBelow('## Ours').map(([code, severity, , fires, , clears, by]) => [
    code,
    severity,
    fires,
    clears,
    by,
  ])
  t.same(
    written,
    rules.toSorted(([a = ''], [b = '']) => a.localeCompare(b, 'en')),
  )
})

t.test('docs/alerting-rules.md has the steps of a modem’s reception as they are', async (t) => {
  const rows = rowsBelow('**How a modem hears its cell**')
  const metrics = ['rsrpDbm', 'rsrqDb', 'sinrDb', 'rssiDbm'] as const
  for (const [i, [, ...steps]] of rows.entries())
    for (const [k, step] of steps.entries()) {
      const value = Number(step.replace('−', '-'))
      const metric = metrics[i] ?? 'rsrpDbm'
      t.equal(signalQuality({ [metric]: value }), QUALITIES[k + 1], `${metric} ${value}`)
      t.equal(signalQuality({ [metric]: value - 0.1 }), QUALITIES[k], `${metric} below ${value}`)
    }
})

t.test('the example in docs/alerting-rules.md is a file of rules', async (t) => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/alerting-rules.md'), 'utf8')
  const [, example = ''] = /```json\n([^]*?)```/.exec(text) ?? []
  t.match(rulesIn(example), { problems: [], rules: { length: 4 } })
})

t.test('every rule says what to do, and has its own code', async (t) => {
  t.equal(new Set(RULES.map(({ code }) => code)).size, RULES.length)
  for (const { code, advice } of RULES) t.ok(advice.length > 20, code)
})
