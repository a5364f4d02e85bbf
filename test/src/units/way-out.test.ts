// The way out of the house, as the coordinator sees it and decides over it: what the router says, who may say it, and what people are shown.
import t from 'tap'
import { keepWan } from '@infra-home/coordinator/keep-wan.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { routerNow } from '@infra-home/coordinator/decide/wan-now.ts'
import { summaryOf } from '@infra-home/coordinator/http/views/entries.ts'
import { outlook, outlookLine } from '@infra-home/coordinator/http/views/wan-outlook.ts'
import { switchRefusal } from '@infra-home/coordinator/http/views/wan-refusal.ts'
import { usageTable, usageView } from '@infra-home/coordinator/http/views/wan-usage.ts'
import { movesTable, wanLine, wanTable, wanView } from '@infra-home/coordinator/http/views/wan.ts'
import { pathWords, repairWords } from '@infra-home/coordinator/http/views/wan-words.ts'
import type { Request } from '@infra-home/coordinator/world/input.ts'
import { emptyWorld } from '@infra-home/coordinator/world/world.ts'
import { days, fromRfc3339, minutes, seconds, wallMs } from '@infra-home/shared/clock.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { SwitchedEvent, WanRouterState } from '@infra-home/shared/messages/wan.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { fakeClock, settle } from '../helpers/fake-clock.ts'
import { type Voice, voice } from '../helpers/said.ts'
import { type SmallHouse, smallHouse } from '../helpers/small-house.ts'

const uplink = { kind: 'ethernet', host: 'rpi4-1', metered: false } as const
const host = (name: string, role: 'router' | 'server', nics: readonly [name: string, vlan: number][]) => ({
  name,
  role,
  model: 'a Pi',
  interfaces: nics.map(([nic, vlan]) => ({ name: nic, vlan, tagged: false, addresses: [] })),
})
const TOPOLOGY = {
  site: 'home',
  vlans: [
    { id: 10, name: 'INFRA', subnet: '10.10.0.0/24', gateway: '10.10.0.1', metered: 'allow' },
    { id: 40, name: 'IOT', subnet: '10.40.0.0/24', gateway: '10.40.0.1', metered: 'deny' },
    { id: 50, name: 'GUEST', subnet: '10.50.0.0/24', gateway: '10.50.0.1', metered: 'critical-only' },
  ],
  hosts: [
    host('rpi4-1', 'router', [
      ['lan10', 10],
      ['lan40', 40],
      ['lan50', 50],
    ]),
    host('rpi4-2', 'server', [['eth0', 10]]),
  ],
  phones: [],
  uplinks: [
    {
      ...uplink,
      id: 'mifi',
      interface: 'wan1',
      priority: 10,
      metered: true,
      monthlyCapBytes: 1000,
      billingDay: 15,
    },
    { ...uplink, id: 'dsl', interface: 'wan2', priority: 20 },
  ],
  modems: [],
  rules: [],
} as unknown as Topology
const paramsIn = (topology: Topology) => paramsOf({ wan: { timeZone: 'Europe/Paris' } }, topology)
const PARAMS = paramsIn(TOPOLOGY)

const PATH: UplinkPathState = {
  state: 'up',
  cause: null,
  verdicts: { link: 'works', gateway: 'works', dns: 'works', tcp: 'works', http: 'works' },
  provenMono: 1,
  interface: 'wan1',
  address: '192.168.8.10',
  gateway: '192.168.8.1',
  silence: null,
}
const DEAD = {
  ...PATH,
  state: 'down',
  cause: 'carrier',
  silence: { ms: 1300, probes: 40, targets: 3, methods: 2 },
}
const ROUTER: WanRouterState = { active: 'mifi', holder: 'coordinator', term: 1, fault: null }
const MOVED: SwitchedEvent = {
  command: null,
  by: 'agent',
  from: 'mifi',
  to: 'dsl',
  reason: 'path-down',
  ok: true,
  error: null,
  undone: null,
  changes: [],
  swept: 3,
  tookMs: 40,
}

type Home = { readonly house: SmallHouse; readonly router: Voice }
const homeWithRouter = (topology = TOPOLOGY): Home => {
  const clock = fakeClock(fromRfc3339('2026-11-24T12:00:00Z'))
  const house = smallHouse({
    clock,
    world: { ...emptyWorld('home', topology), epoch: 1 },
    params: paramsIn(topology),
  })
  const router = voice('rpi4-1', clock)
  house.hear(router.birth())
  house.hear(router.state('wan', 'main', ROUTER))
  house.hear(
    router.state('path', 'dsl', { ...PATH, interface: 'wan2', provenMono: Math.round(clock.now().mono) }),
  )
  house.hear(router.state('path', 'mifi', PATH))
  return { house, router }
}
const switched = (router: Voice, body: SwitchedEvent, seq?: number): [string, object] => [
  'ih/1/rpi4-1/event/switched',
  { ...router.envelope(seq), id: '01JD0000000000000000000000', body },
]
const orders = ({ published }: SmallHouse): string[] =>
  published
    .filter(({ topic }) => topic.includes('/cmd/'))
    .map(({ payload }) => {
      const { args } = JSON.parse(payload) as { args: { uplink: string; reason: string; term: number } }
      return `${args.uplink} ${args.reason} ${args.term}`
    })
const view = ({ house }: Home) =>
  wanView({ world: house.world, wan: PARAMS.wan, now: () => house.clock.now() })

t.test('three different others are asked, however few or alike its owner names', async (t) => {
  for (const [targets, asked] of [
    [undefined, '1.1.1.1 8.8.8.8 9.9.9.9'],
    [['1.1.1.1', '1.1.1.1', '1.1.1.1'], '1.1.1.1 8.8.8.8 9.9.9.9'],
    [['192.0.2.1', '9.9.9.9', '192.0.2.1'], '192.0.2.1 9.9.9.9 1.1.1.1'],
    [['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'], '192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4'],
  ] as const) {
    const uplinks = TOPOLOGY.uplinks.map((one) => ({
      ...one,
      ...(targets && { probe: { targets: [...targets] } }),
    }))
    t.equal(paramsIn({ ...TOPOLOGY, uplinks }).wan?.uplinks[0]?.targets.join(' '), asked)
  }
})

t.test('a path that is given up is left by an order, with its evidence', async (t) => {
  const home = homeWithRouter()
  const { house, router } = home
  t.same(orders(house), [])
  house.hear(router.state('path', 'mifi', DEAD))
  await settle()
  t.same(orders(house), ['dsl path-down 1'], view(home).stays ?? '')
  const decision = house.journal.find((entry) => entry.kind === 'decision' && entry.body.policy === 'wan')
  const evidence = (decision?.body as { evidence: readonly string[] } | undefined)?.evidence ?? []
  t.equal(evidence.length, 2, 'what is left and what is taken')
  for (const id of evidence) t.ok(house.journal.some((entry) => entry.id === id && entry.kind === 'message'))
  house.hear(router.state('path', 'mifi', { ...DEAD, cause: 'gateway' }))
  await settle()
  t.equal(orders(house).length, 1, 'an order is given once')
  house.hear(switched(router, { ...MOVED, command: decision?.id ?? '', by: 'coordinator' }))
  house.hear(router.state('wan', 'main', { ...ROUTER, active: 'dsl' }))
  t.match(view(home), { active: 'dsl', lastDecision: { to: 'dsl', ok: true, tookMs: 40, swept: 3 } })
  t.match(wanLine(view(home)), /^out by dsl, decided by the coordinator .*mifi → dsl \(path-down, 40 ms\)$/)
  t.same(
    wanTable(view(home)).rows.map(([mark, id, state, cause]) => [mark, id, state, cause]),
    [
      ['!', 'mifi', 'down', 'gateway'],
      ['', 'dsl *', 'up', '–'],
    ],
  )
})

t.test('while the router decides itself, it gets no orders', async (t) => {
  const { house, router } = homeWithRouter()
  house.hear(router.state('wan', 'main', { ...ROUTER, holder: 'agent' }))
  house.hear(router.state('path', 'mifi', DEAD))
  t.same(orders(house), [])
})

t.test('what somebody asked for stands in the journal with its reason', async (t) => {
  const { house } = homeWithRouter()
  const { wall } = house.clock.now()
  const until = wallMs(wall + minutes(1))
  const override = { uplink: 'dsl', by: 'me', reason: 'the mast is repaired', until }
  const hold = { by: 'me', reason: 'a call', until: null }
  const rows: [Request, string][] = [
    [{ request: 'switch-wan', override, by: 'me' }, 'switch-wan to dsl by me: the mast is repaired'],
    [{ request: 'hold-wan', hold, by: 'me' }, 'hold-wan by me: a call'],
    [{ request: 'release-wan', by: 'me' }, 'release-wan by me'],
  ]
  for (const [body, summary] of rows) t.equal(summaryOf(house.mind.take({ kind: 'request', body })), summary)
})

t.test('who held traffic on a path that died is evidence of the move that came late', async (t) => {
  const hold =
    (forMs: number | null, reason = 'a call'): Deed =>
    ({ house }) => {
      const until = forMs === null ? null : wallMs(house.clock.now().wall + forMs)
      const body: Request = { request: 'hold-wan', hold: { by: 'me', reason, until }, by: 'me' }
      house.mind.take({ kind: 'request', body })
    }
  const release: Deed = ({ house }) =>
    void house.mind.take({ kind: 'request', body: { request: 'release-wan', by: 'me' } })
  const dsl =
    (change: object): Deed =>
    ({ house, router }) => {
      const provenMono = Math.round(house.clock.now().mono)
      house.hear(router.state('path', 'dsl', { ...PATH, interface: 'wan2', provenMono, ...change }))
    }
  const [fall, rise] = [dsl({ state: 'down', cause: 'carrier' }), dsl({})]
  const death: Deed = (home) => {
    if (home.house.world.wan.state.uplinks['dsl']?.state === 'up') rise(home) // it answers while the other is looked at
    home.house.hear(home.router.state('path', 'mifi', DEAD))
  }
  const spend: Deed = ({ house, router }) =>
    house.hear(
      router.state('usage', 'mifi', { since: '2026-11-14T23:00:00.000Z', bytes: 1000, networks: [] }),
    )
  const rows: [what: string, deeds: Deed[], isNamed: boolean, reason?: string][] = [
    ['one that was ended', [hold(null), death, release], true],
    ['one that ended by itself', [hold(6000), death], true],
    ['the last of two', [hold(60_000, 'a talk'), hold(6000), death], true],
    ['none', [death], false],
    ['one that was over before', [hold(null), release, death], false],
    ['one that was over by itself before', [hold(3000), death], false],
    ['one that was over long before there was another way', [fall, hold(6000), death, rise], false],
    ['one long before a plan was used up', [hold(null), release, spend], false, 'dsl quota-spent 1'],
    ['one that nobody had any more', [hold(3000), release, death], false],
  ]
  for (const [what, deeds, isNamed, reason = 'dsl path-down 1'] of rows) {
    const home = homeWithRouter()
    for (const deed of deeds) {
      deed(home)
      await home.house.clock.advance(seconds(4))
    }
    const { journal } = home.house
    const made = journal.find((entry) => entry.kind === 'decision' && entry.body.policy === 'wan')
    const evidence = made?.kind === 'decision' ? made.body.evidence : []
    const told = journal.filter(({ id }) => evidence.includes(id)).map(summaryOf)
    const holds = told.filter((summary) => summary.startsWith('hold-wan'))
    t.match(orders(home.house), [reason], what)
    t.same(holds, isNamed ? ['hold-wan by me: a call'] : [], what)
  }
})
type Deed = (home: Home) => void

t.test('a router that said good-bye gets no orders, and nothing is known of its uplinks', async (t) => {
  const home = homeWithRouter()
  const { house, router } = home
  const until = wallMs(house.clock.now().wall + minutes(1))
  const hold = { by: 'me', reason: 'x', until }
  house.mind.take({ kind: 'request', body: { request: 'hold-wan', hold, by: 'me' } })
  house.hear(router.state('path', 'mifi', DEAD))
  house.hear(router.presence('sleeping'))
  await house.clock.advance(minutes(2))
  t.same(orders(house), [], 'though the hold that kept traffic there is over')
  t.match(view(home), { heard: false, active: null, uplinks: [{ state: 'unknown' }, { state: 'unknown' }] })
  t.match(wanLine(view(home)), /^nothing is heard of rpi4-1: how traffic goes out is not known/)
  const context = { world: house.world, wan: PARAMS.wan, now: () => house.clock.now() }
  t.match(switchRefusal(context, 'dsl'), /the router says nothing of its uplinks/)
  house.hear(router.presence('ready'))
  house.hear(router.state('wan', 'main', ROUTER))
  t.match(view(home), { heard: true, active: 'mifi' })
  t.match(wanLine(view(home)), /^out by mifi, decided by the coordinator/)
  await settle()
  t.same(orders(house), ['dsl path-down 1'], 'who is back gets them')
})

t.test('what another device says of the router’s uplinks counts for nothing', async (t) => {
  const home = homeWithRouter()
  const liar = voice('rpi4-2', home.house.clock)
  home.house.hear(liar.birth())
  home.house.hear(liar.state('path', 'mifi', DEAD))
  home.house.hear(liar.state('wan', 'main', { ...ROUTER, active: 'dsl', term: 9 }))
  home.house.hear([
    'ih/1/rpi4-2/event/switched',
    { ...liar.envelope(), id: '01JD0000000000000000000001', body: MOVED },
  ])
  t.same(orders(home.house), [])
  t.match(view(home), { active: 'mifi', lastDecision: null, uplinks: [{ state: 'up' }, { state: 'up' }] })
  home.house.hear(home.router.state('path', 'mifi', DEAD))
  home.house.hear(liar.state('path', 'mifi', PATH))
  await settle()
  t.equal(orders(home.house).length, 1, 'nor does it keep traffic on a dead one')
  t.match(view(home), { uplinks: [{ id: 'mifi', state: 'down' }, {}] })
})

t.test('a move that is told late is history', async (t) => {
  const home = homeWithRouter()
  const { house, router } = home
  const late = router.envelope().seq ?? 0
  house.hear(router.state('wan', 'main', { ...ROUTER, term: 2 }))
  house.hear(switched(router, MOVED, late))
  t.equal(view(home).lastDecision?.to, 'dsl', 'it is known')
  t.equal(house.world.wan.state.active, 'mifi', 'and the router has said since where traffic goes')
  await house.clock.advance(seconds(5))
  t.same(orders(house), [])
})

t.test('the last decision is the one that was made last, whenever it was told', async (t) => {
  const home = homeWithRouter()
  const { house, router } = home
  const { clock } = house
  await clock.advance(seconds(10))
  const [, late] = switched(router, { ...MOVED, to: 'lte' }) // decided here, and told by what comes next
  await clock.advance(seconds(20))
  house.hear(router.state('wan', 'main', ROUTER))
  const provenMono = Math.round(clock.now().mono)
  house.hear(router.state('path', 'dsl', { ...PATH, interface: 'wan2', provenMono }))
  house.hear(router.state('path', 'mifi', DEAD))
  await settle()
  t.match(view(home).lastDecision, { by: 'coordinator', to: 'dsl' })
  const now = Math.round(clock.now().mono)
  house.hear(['ih/1/rpi4-1/event/switched', { ...late, sentMono: now }])
  t.match(view(home).lastDecision, { by: 'coordinator', to: 'dsl' }, 'one that is told late is not the last')
  const [agents, ours] = house.world.wan.history
  t.match([agents?.by, ours?.by], ['agent', 'coordinator'])
  t.equal(fromRfc3339(ours?.at ?? '') - fromRfc3339(agents?.at ?? ''), 20_000 + MOVED.tookMs)
  t.equal(fromRfc3339(agents?.toldAt ?? '') - fromRfc3339(agents?.at ?? ''), 20_000 + MOVED.tookMs)
  t.same(
    movesTable(house.world.wan.history).rows.map(([, , to, , by]) => [to, by]),
    [
      ['lte', 'agent, told 20 s later'],
      ['dsl', 'coordinator'],
    ],
  )
  const told = house.journal.find(({ id }) => id === agents?.id)
  t.equal(
    told && summaryOf(told),
    'moved traffic mifi → lte (path-down, decided by the agent), read back after 40 ms, 3 dead flows ended, told 20 s later',
  )
})

t.test('what becomes of networks that may not cost anything is told beside where traffic goes', async (t) => {
  const home = homeWithRouter()
  const { house, router } = home
  const onDsl = { ...PATH, interface: 'wan2' }
  const said = () => wanLine(view(home)).split('\n').slice(1)
  t.same(said(), ['iot, guest: out by dsl meanwhile, which is not metered'])
  house.hear(router.state('path', 'dsl', { ...onDsl, state: 'down', cause: 'carrier' }))
  t.same(said(), ['iot: no way out meanwhile', 'guest: nothing but names, time, ping and IPsec meanwhile'])
  t.match(view(home), { ledBy: null, refusedNetworks: ['iot'], limitedNetworks: ['guest'] })
  house.hear(router.state('path', 'dsl', onDsl))
  house.hear(router.state('wan', 'main', { ...ROUTER, active: 'dsl' }))
  t.same(said(), [], 'nothing where it costs nothing')
  house.hear(router.presence('sleeping'))
  t.match(view(home), { ledBy: null, ledNetworks: [], refusedNetworks: [] }, 'nor where nothing is known')
})

t.test('after a restart the router is believed when it was heard again', async (t) => {
  const home = homeWithRouter()
  const { house, router } = home
  const node = house.world.nodes['rpi4-1']
  if (!node) return t.fail('there is a router')
  await house.clock.advance(seconds(1))
  house.world.listeningSince = house.clock.now().mono
  await house.clock.advance(seconds(1))
  t.equal(routerNow(node, house.world.listeningSince), null)
  t.match(view(home), { active: null, holder: 'agent' })
  house.hear(router.state('wan', 'main', { ...ROUTER, term: 3 }))
  t.match(view(home), { active: 'mifi', holder: 'coordinator' })
})

t.test('what was carried is shown by network, against what may be', async (t) => {
  const { house, router } = homeWithRouter()
  const say = (since: string, bytes: number) =>
    house.hear(
      router.state('usage', 'mifi', {
        since,
        bytes,
        networks: [
          { id: 'infra', bytes: bytes - 100 },
          { id: 'router', bytes: 100 },
        ],
      }),
    )
  const usage = () => usageView({ world: house.world, wan: PARAMS.wan, now: () => house.clock.now() })
  t.match(usage()[0], { usedBytes: null, capBytes: 1000, leftBytes: null, networks: [] })
  say('2026-11-14T23:00:00.000Z', 790)
  t.match(usage()[0], {
    since: '2026-11-14T23:00:00.000Z',
    until: '2026-12-14T23:00:00.000Z',
    usedBytes: 790,
    usedBy: 'router',
    leftBytes: 210,
    leftBytesPerDay: 10,
    networks: [{ id: 'infra' }, { id: 'router' }],
  })
  t.same(usageTable(usage()).rows, [
    ['', 'mifi', 'all', '790 B', '1.0 kB', '10 B', '2026-12-15'],
    ['', '', 'infra', '690 B', '', '', ''],
    ['', '', 'router', '100 B', '', '', ''],
    ['', 'dsl', 'all', '–', '–', '–', '2026-12-01'],
  ])
  say('2026-11-14T23:00:00.000Z', 950)
  t.equal(usageTable(usage()).rows[0]?.[0], '!', 'the last tenth is marked')
})

t.test('what a switch would cost is told before', async (t) => {
  const home = homeWithRouter()
  const { house, router } = home
  const context = { world: house.world, wan: PARAMS.wan, now: () => house.clock.now() }
  const would = (uplink: string) => {
    const until = fromRfc3339('2026-11-24T13:00:00Z')
    const override = { uplink, by: 'me', reason: 'try', until }
    return outlook(context, PARAMS.wan ?? (t.fail('a plan') as never), { override, dryRun: true })
  }
  t.match(would('dsl'), { metered: false, refusedNetworks: [], leftBytes: null })
  t.equal(
    outlookLine('dsl', would('dsl')),
    `would send traffic out by dsl until 2026-11-24T13:00:00.000Z: at once
flows that run stay on mifi; new ones take the new way; those that still run in ten minutes are ended
it is not metered`,
  )
  house.hear(router.state('wan', 'main', { ...ROUTER, active: 'dsl' }))
  house.hear(router.state('usage', 'mifi', { since: '2026-11-14T23:00:00.000Z', bytes: 790, networks: [] }))
  t.match(would('mifi'), {
    move: { from: 'dsl', to: 'mifi' },
    metered: true,
    usedBytes: 790,
    capBytes: 1000,
    leftBytes: 210,
    monthEnds: '2026-12-14T23:00:00.000Z',
    ledBy: 'dsl',
    ledNetworks: ['iot', 'guest'],
    refusedNetworks: [],
    limitedNetworks: [],
    wakes: null,
  })
  t.equal(
    outlookLine('mifi', would('mifi')),
    `would send traffic out by mifi until 2026-11-24T13:00:00.000Z: at once
flows that run stay on dsl; new ones take the new way
it is metered: 790 B used, of 1.0 kB, 210 B left, until 2026-12-15
iot, guest: out by dsl meanwhile, which is not metered`,
  )
  house.hear(router.state('path', 'dsl', { ...DEAD, interface: 'wan2' }))
  t.match(would('mifi'), { ledBy: null, refusedNetworks: ['iot'], limitedNetworks: ['guest'] })
  t.match(
    outlookLine('mifi', would('mifi')),
    /^iot: no way out meanwhile\nguest: nothing but names, time, ping and IPsec meanwhile$/m,
  )
  t.equal(would('mifi').flows, 'flows of dsl are ended, since it leads nowhere')
  house.hear(router.state('usage', 'mifi', { since: '2026-10-14T22:00:00.000Z', bytes: 999, networks: [] }))
  t.match(
    would('mifi'),
    { usedBytes: null, leftBytes: null },
    'what was used last month is no figure of this',
  )
})

t.test('what becomes of flows on a plan that is used up is told before', async (t) => {
  const { house, router } = homeWithRouter()
  const until = fromRfc3339('2026-11-24T13:00:00Z')
  const wish = (uplink: string) => ({ uplink, by: 'me', reason: 'try', until })
  house.mind.take({ kind: 'request', body: { request: 'switch-wan', by: 'me', override: wish('mifi') } })
  house.hear(router.state('usage', 'mifi', { since: '2026-11-14T23:00:00.000Z', bytes: 1000, networks: [] }))
  const context = { world: house.world, now: () => house.clock.now() }
  t.match(
    outlook(context, PARAMS.wan ?? (t.fail('a plan') as never), { override: wish('dsl'), dryRun: true }),
    {
      move: { from: 'mifi', to: 'dsl' },
      flows: /those that still run in a minute are ended$/,
    },
  )
})

t.test('a switch is refused for what would take everything away, and a dry run with it', async (t) => {
  const home = homeWithRouter()
  const { house, router } = home
  const context = { world: house.world, wan: PARAMS.wan, now: () => house.clock.now() }
  const nowhere = { ...PATH, state: 'unknown', address: null, gateway: null, provenMono: null }
  const fault = { code: 'read-only', text: 'this agent may not change anything' } as const
  const overtaken = {
    code: 'overtaken',
    text: 'a default of somebody else by wan1 stands before ours',
  } as const
  const hold = { by: 'me', reason: 'x', until: null }
  const rows: [what: string, said: () => void, refusal: RegExp | null][] = [
    ['all is well', () => {}, null],
    ['it is down', () => house.hear(router.state('path', 'dsl', DEAD)), /^dsl is down \(carrier\)/],
    ['it has no address', () => house.hear(router.state('path', 'dsl', nowhere)), /^dsl has no address/],
    [
      'it has one, and nothing answered yet',
      () => house.hear(router.state('path', 'dsl', { ...nowhere, address: '192.168.9.10' })),
      null,
    ],
    [
      'the router may not',
      () => house.hear(router.state('wan', 'main', { ...ROUTER, fault })),
      /^nothing can be moved: this agent may not/,
    ],
    [
      'no packet would follow',
      () => house.hear(router.state('wan', 'main', { ...ROUTER, fault: overtaken })),
      /^nothing can be moved: a default of somebody else by wan1/,
    ],
    ['it may again', () => house.hear(router.state('wan', 'main', ROUTER)), null],
    ['nothing is in use', () => house.hear(router.state('wan', 'main', { ...ROUTER, active: null })), null],
    ['one is', () => house.hear(router.state('wan', 'main', ROUTER)), null],
    [
      'traffic is held',
      () => house.mind.take({ kind: 'request', body: { request: 'hold-wan', hold, by: 'me' } }),
      /^traffic is held by me: DELETE/,
    ],
    [
      'traffic is held, and nothing is in use',
      () => house.hear(router.state('wan', 'main', { ...ROUTER, active: null })),
      null,
    ],
    ['the router was never heard', () => delete house.world.nodes['rpi4-1'], /^the router says nothing of/],
  ]
  for (const [what, said, refusal] of rows) {
    said()
    const refused = switchRefusal(context, 'dsl')
    if (refusal === null) t.equal(refused, null, what)
    else t.match(refused, refusal, what)
  }
})

t.test('a modem that does not answer makes no plan whole again', async (t) => {
  const modems = [{ id: 'e3372', uplink: 'mifi' }]
  const topology = { ...TOPOLOGY, modems } as unknown as Topology
  const { wan } = paramsIn(topology)
  const { house, router } = homeWithRouter(topology)
  const usage = () => usageView({ world: house.world, wan, now: () => house.clock.now() })[0]
  const count = (monthRxBytes: number | null, monthTxBytes: number | null) =>
    house.hear(router.tm({ 'modem/e3372': { monthRxBytes, monthTxBytes } }))
  const routerCounts = (since: string, bytes: number) =>
    house.hear(router.state('usage', 'mifi', { since, bytes, networks: [] }))
  routerCounts('2026-11-14T23:00:00.000Z', 5)
  count(null, null)
  t.match(usage(), { usedBytes: 5, usedBy: 'router' })
  count(900, 100)
  t.match(usage(), { usedBytes: 1000, usedBy: 'modem' })
  count(null, null)
  t.match(usage(), { usedBytes: 1000, usedBy: 'modem' }, 'what was known is so until the month ends')
  house.clock.stepWall(days(21))
  routerCounts('2026-12-14T23:00:00.000Z', 7)
  t.match(usage(), { usedBytes: 7, usedBy: 'router' })
})

t.test('what a living path lacks is told in a line', async (t) => {
  const words = (cause: UplinkPathState['cause'], state: UplinkPathState['state'] = 'down') =>
    pathWords('mifi', { ...PATH, state, cause })
  t.equal(words(null, 'up'), 'path mifi: up')
  t.equal(words('portal'), 'path mifi: down (portal), somebody answers in place of the web and wants a click')
  t.equal(
    words('mtu', 'degraded'),
    'path mifi: degraded (mtu), full-size packets do not come through while small ones do',
  )
  t.equal(words('link'), 'path mifi: down (link)')
  const dead = (silence: object): string =>
    pathWords('mifi', { ...DEAD, silence: { ...DEAD.silence, ...silence } } as UplinkPathState)
  t.equal(dead({}), 'path mifi: down (carrier), 40 probes to 3 others in 2 ways unanswered for 1300 ms')
  t.equal(
    dead({ ms: 912, quietMs: 1330, patienceMs: 1320, isReceiving: false }),
    'path mifi: down (carrier), nothing came back for 1330 ms (patience 1320 ms), 40 probes to 3 others in 2 ways unanswered for 912 ms',
  )
  t.match(
    dead({ ms: 4330, quietMs: 4330, patienceMs: 4320, isReceiving: true }),
    /, no probe was answered, though packets for users came, for 4330 ms \(patience 4320 ms\), 40 probes/,
  )
})

t.test('a repair is told in a line', async (t) => {
  const repair = {
    uplink: 'mifi',
    step: 'reboot-modem',
    cause: 'radio',
    round: 1,
    ok: true,
    error: null,
    tookMs: 812,
  } as const
  t.equal(repairWords(repair), 'rebooted the modem of mifi (radio, 812 ms)')
  t.equal(
    repairWords({ ...repair, round: 2, ok: false, error: 'the modem was not rebooted: silent' }),
    'reboot-modem of mifi failed (radio, round 2): the modem was not rebooted: silent',
  )
})

t.test('a coordinator that was cut off goes on from what the router went through meanwhile', async (t) => {
  const home = homeWithRouter()
  const { house, router } = home
  const { clock } = house
  await clock.advance(seconds(1000)) // the cable is cut, the agent decides: mifi dies now, and lives again in 40 s
  await clock.advance(seconds(50))
  const mono = Math.round(clock.now().mono)
  const back: UplinkPathState = {
    ...PATH,
    provenMono: mono,
    standing: {
      sinceMono: mono - 10_000,
      livesSinceMono: mono - 10_000,
      unrest: { breaks: 1, atMono: mono - 50_000 },
    },
  }
  house.hear(router.state('wan', 'main', { ...ROUTER, active: 'dsl', holder: 'agent', term: 2 }))
  house.hear(router.state('path', 'mifi', back))
  house.hear(router.state('wan', 'main', { ...ROUTER, active: 'dsl', term: 2 }))
  await settle()
  t.match(
    [view(home).stays, orders(house)],
    ['not-stable-yet', []],
    'that it is up is no news, and that it was not is',
  )
  await clock.advance(seconds(49))
  house.hear(router.state('path', 'mifi', { ...back, provenMono: mono + 49_000 }))
  t.same(orders(house), [])
  t.equal(house.world.wan.state.uplinks['mifi']?.unrest?.breaks, 1, 'a break that is told again is none more')
  await clock.advance(seconds(2))
  t.same(orders(house), ['mifi fail-back 2'])
})

t.test('a wish ends by a break that nobody heard of, and by no restart of the agent', async (t) => {
  for (const [what, unrest, stays] of [
    ['a break', { breaks: 1, atMono: 1 }, 'not-stable-yet'],
    ['a restart', null, null],
  ] as const) {
    const home = homeWithRouter()
    const { house, router } = home
    const { clock, mind } = house
    const until = fromRfc3339('2026-11-24T18:00:00Z')
    const override = { uplink: 'dsl', by: 'me', reason: 'x', until }
    mind.take({ kind: 'request', body: { request: 'switch-wan', by: 'me', override } })
    await settle()
    t.same(orders(house), ['dsl override 1'])
    house.hear(router.state('wan', 'main', { ...ROUTER, active: 'dsl' }))
    await clock.advance(seconds(100))
    const mono = Math.round(clock.now().mono)
    const standing = {
      sinceMono: mono - 2000,
      livesSinceMono: mono - 2000,
      unrest: unrest && { ...unrest, atMono: mono - 9000 },
    }
    house.hear(router.state('wan', 'main', { ...ROUTER, holder: 'agent', term: 2 }))
    house.hear(router.state('path', 'dsl', { ...PATH, interface: 'wan2', provenMono: mono, standing }))
    house.hear(router.state('wan', 'main', { ...ROUTER, term: 2 }))
    await settle()
    t.match(view(home).stays, stays ?? 'ordered', what)
    t.equal(orders(house).filter((order) => order === 'dsl override 2').length, stays ? 0 : 1, what)
  }
})

t.test('nothing is leased before the router has said in this session what its paths are worth', async (t) => {
  const { house } = homeWithRouter()
  const { clock, world } = house
  const leases: string[] = []
  const stop = keepWan({
    plan: PARAMS.wan,
    world,
    clock,
    wish: () => {},
    stream: { subscribe: () => () => {} } as never,
    publish: async (_topic, payload) => void leases.push(payload),
  })
  t.teardown(stop)
  const leased = async (): Promise<boolean> => {
    leases.length = 0
    await clock.advance(seconds(1))
    return leases.length > 0
  }
  t.ok(await leased())
  const again = voice('rpi4-1', clock, { session: 2 })
  house.hear(again.birth([{ session: 2, from: 1 }], ['wan/main', 'path/mifi', 'path/dsl']))
  house.hear(again.state('wan', 'main', { ...ROUTER, holder: 'agent' }))
  house.hear(again.state('path', 'dsl', { ...PATH, interface: 'wan2' }))
  t.notOk(await leased(), 'what it said of one is of its last session')
  house.hear(again.state('path', 'mifi', PATH))
  t.ok(await leased())
  const third = voice('rpi4-1', clock, { session: 3 })
  house.hear(third.birth([{ session: 3, from: 1 }], ['wan/main'])) // it has not looked yet
  house.hear(third.state('wan', 'main', { ...ROUTER, active: null, holder: 'agent' }))
  t.notOk(await leased(), 'it has said nothing of any yet')
  house.hear(third.state('path', 'mifi', PATH))
  t.notOk(await leased(), 'and nothing of the other uplink of the plan')
  house.hear(third.state('path', 'dsl', { ...PATH, interface: 'wan2' }))
  t.ok(await leased())
  house.hear(third.state('path', 'lte', null))
  t.ok(await leased(), 'what is in no plan of ours is waited for by nobody')
})

t.test(
  'an agent that lies that a dead path is up moves nothing, and keeps nobody from hearing of it',
  async (t) => {
    const clock = fakeClock(fromRfc3339('2026-11-24T12:00:00Z'))
    const channels = [
      { name: 'phone', kind: 'webhook' },
      { name: 'sms', kind: 'sms', node: 'rpi4-1', modem: 'mifi', to: ['+33612345678'] },
    ]
    const contacts = [{ name: 'anna', channels: ['phone', 'sms'] }]
    const params = paramsOf({ wan: { timeZone: 'Europe/Paris' }, channels, contacts }, TOPOLOGY)
    const world = { ...emptyWorld('home', TOPOLOGY), epoch: 1 }
    const house = smallHouse({ clock, world, params, channels: ['sms'] })
    const router = voice('rpi4-1', clock)
    house.hear(router.birth())
    house.hear(router.state('wan', 'main', ROUTER))
    house.channel = 'down' // nothing gets out by mifi
    house.mind.take({
      kind: 'system',
      body: {
        event: 'self',
        part: 'dead-man',
        ok: false,
        detail: 'hc.example.org does not hear our sign of life',
      },
    })
    const say = (id: string, path: object): void =>
      house.hear(router.state('path', id, { ...path, provenMono: Math.round(clock.now().mono) }))
    for (let minute = 0; minute < 20; minute++) {
      say('mifi', PATH)
      say('dsl', { ...PATH, interface: 'wan2' })
      await clock.advance(minutes(1))
    }
    const moves = (): string[] => house.decisions().filter((one) => one.startsWith('wan '))
    t.same(moves(), [], 'its word is the last one on its paths')
    t.match(house.world.alerts['dead-man-unheard:coordinator:coordinator'], { stage: 'firing' })
    const told = house.calls.filter(({ channel, answer }) => channel === 'sms' && answer === 'up')
    t.match(told.at(-1)?.titles, [/dead-man-unheard/], 'a way that needs no internet says what is wrong')
    say('dsl', { ...PATH, interface: 'wan2' })
    house.hear(router.state('path', 'mifi', DEAD))
    t.match(moves(), [/^wan path-down/], 'and the truth moves traffic')
  },
)
