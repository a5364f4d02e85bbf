// What a router's agent does to its kernel, and what it leaves alone: over a fake kernel and a fake clock.
import t from 'tap'
import { actuateRouting, readRouting } from '@infra-home/agent/router/actuate.ts'
import { changesBetween } from '@infra-home/agent/router/changes.ts'
import { isOurRoute } from '@infra-home/agent/router/ours.ts'
import type { RouterPlan } from '@infra-home/agent/router/plan.ts'
import { wantedRouting } from '@infra-home/agent/router/wanted-routing.ts'
import { defaultBeforeOurs, precedenceText } from '@infra-home/agent/router/precedence.ts'
import { precedenceFault } from '@infra-home/agent/wan/precedence-fault.ts'
import type { Probe } from '@infra-home/agent/probes/probe.ts'
import { createFlowSweeper } from '@infra-home/agent/wan/flow-sweeper.ts'
import { patience } from '@infra-home/agent/wan/patience.ts'
import { lackOf } from '@infra-home/agent/wan/lack.ts'
import { leadsBy } from '@infra-home/agent/wan/look-at-network.ts'
import { lookingSoon } from '@infra-home/agent/wan/looking-soon.ts'
import type { Facts } from '@infra-home/agent/wan/uplink-facts.ts'
import { keepRouting, type RoutingKeeper } from '@infra-home/agent/wan/routing-keeper.ts'
import { keepRuleset } from '@infra-home/agent/wan/ruleset-keeper.ts'
import { createSwitcher } from '@infra-home/agent/wan/switcher.ts'
import { actuateRuleset } from '@infra-home/agent/router/actuate-ruleset.ts'
import type { RulesetPlan } from '@infra-home/agent/router/ruleset.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import { type Clock, milliseconds, minutes, monoMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import type { Route } from '@infra-home/shared/messages/routes.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { fakeKernel } from '../helpers/fake-kernel.ts'

const uplink = (id: string, index: number) => ({
  id,
  index,
  interface: `wan${index}`,
  networks: [
    {
      family: 'ipv4' as const,
      address: `192.168.${7 + index}.10`,
      subnet: `192.168.${7 + index}.0/24`,
      gateway: `192.168.${7 + index}.1`,
    },
  ],
})
const UPLINKS = [uplink('mifi', 1), uplink('dsl', 2)]
const plan = (active: string | null, more: Partial<RouterPlan> = {}): RouterPlan => ({
  uplinks: UPLINKS,
  lans: [],
  active,
  families: ['ipv4'],
  ...more,
})
const FACTS: Facts = new Map(
  UPLINKS.map(({ id, networks }) => [id, { link: 'up', networks, gateway: 'works', mtu: 1500 }]),
)
const theirs = (device: string | null, metric: number | null, more: Partial<Route> = {}): Route => ({
  family: 'ipv4',
  kind: 'unicast',
  destination: 'default',
  gateway: '192.168.8.1',
  interface: device,
  source: null,
  table: 'main',
  metric,
  protocol: 'boot',
  ...more,
})
const ours = (device: string, family: Route['family'] = 'ipv4'): Route =>
  theirs(device, 47, { family, protocol: '173' })

t.test('what leads from one routing to another adds first and takes away last', async (t) => {
  const nothing = { routes: [], rules: [] }
  const whats = (...[have, wanted]: Parameters<typeof changesBetween>): string[] =>
    changesBetween(have, wanted).map(({ what }) => what.split(' ').slice(0, 3).join(' '))
  const mifi = wantedRouting(plan('mifi'))
  t.same(whats(mifi, mifi), [], 'what is right is not touched')
  t.same(
    whats(mifi, wantedRouting(plan('dsl'))),
    ['replace default via'],
    'a move is one route that is replaced',
  )
  t.same(
    whats(nothing, wantedRouting(plan('mifi', { uplinks: UPLINKS.slice(0, 1) }))),
    [
      'add 192.168.8.0/24 dev',
      'add default via',
      'add unreachable default',
      'add rule ipv4',
      'add rule ipv4',
      'add rule ipv4',
      'add rule ipv4',
      'add rule ipv4',
      'add default via',
    ],
    'tables, then who is led into them, then the default',
  )
  const gone = whats(mifi, wantedRouting(plan('mifi', { uplinks: UPLINKS.slice(0, 1) })))
  t.same(
    gone.map((what) => what.split(' ').slice(0, 2).join(' ')),
    [
      'delete rule',
      'delete rule',
      'delete rule',
      'delete rule',
      'delete 192.168.9.0/24',
      'delete default',
      'delete unreachable',
    ],
    'and nobody is led into a table that is empty',
  )
  const foreign = { routes: [...mifi.routes, theirs('wan2', null)], rules: mifi.rules }
  t.same(whats(foreign, mifi), [], 'what is not ours is left alone')
  for (const { ip, undo } of changesBetween(nothing, mifi)) {
    t.match(ip[2], /^(add|replace)$/)
    t.equal(undo[2], 'delete', 'what was added is taken away again')
  }
  t.same(
    changesBetween(mifi, wantedRouting(plan('dsl'))).map(({ undo }) => undo.join(' ')),
    ['-4 route replace default via 192.168.8.1 dev wan1 table main metric 47 proto 173'],
    'and what was replaced comes back',
  )
})

t.test('a default of somebody else stands before ours, or does not', async (t) => {
  const v6 = { family: 'ipv6', gateway: 'fe80::1' } as const
  const rows: readonly (readonly [
    what: string,
    routes: readonly Route[],
    before: string | null,
    leads: string | null,
  ])[] = [
    ['none but ours', [ours('wan1')], null, 'mifi'],
    ['those of DHCP clients', [ours('wan1'), theirs('wan1', 600), theirs('wan2', 700)], null, 'mifi'],
    ['one without a metric, by the same device', [ours('wan1'), theirs('wan1', null)], 'wan1', 'mifi'],
    ['by the other', [ours('wan1'), theirs('wan2', null)], 'wan2', 'dsl'],
    ['by none of the uplinks', [ours('wan1'), theirs('tun0', 10)], 'tun0', null],
    ['one that leads nowhere', [ours('wan1'), theirs(null, 5, { kind: 'blackhole' })], '(blackhole)', null],
    ['the same metric, and shown first', [theirs('wan2', 47), ours('wan1')], 'wan2', 'dsl'],
    ['the same metric, and shown later', [ours('wan1'), theirs('wan2', 47)], null, 'mifi'],
    ['the same metric, and ours is not there', [theirs('wan2', 47)], 'wan2', 'dsl'],
    ['that of a VPN of NetworkManager', [ours('wan1'), theirs('tun0', 50)], null, 'mifi'],
    ['in a table of its own', [ours('wan1'), theirs('wan2', null, { table: '500' })], null, 'mifi'],
    ['half of the world', [ours('wan1'), theirs('wan2', null, { destination: '0.0.0.0/1' })], null, 'mifi'],
    ['before any of ours is there', [theirs('wan2', null)], 'wan2', 'dsl'],
    ['ours is gone, and theirs leads by the other', [theirs('wan2', 600)], null, 'dsl'],
    ['by the same', [theirs('wan1', 600), theirs('wan2', 700)], null, 'mifi'],
    ['by no uplink', [theirs('tun0', 600), theirs('wan2', 700)], null, 'mifi'],
    ['by nothing', [], null, 'mifi'],
    ['by IPv6', [theirs('wan2', 600, v6)], null, 'mifi'],
    ['ours over IPv6 alone', [ours('wan1', 'ipv6'), theirs('wan2', 600)], null, 'dsl'],
    ['IPv6 without a metric has one', [ours('wan1', 'ipv6'), theirs('wan2', null, v6)], null, 'mifi'],
    ['IPv6 that is better', [ours('wan1'), ours('wan1', 'ipv6'), theirs('wan2', 10, v6)], 'wan2', 'mifi'],
    ['IPv6 where we have none', [ours('wan1'), theirs('wan2', 10, v6)], null, 'mifi'],
  ]
  for (const [what, routes, before, leads] of rows) {
    const found = defaultBeforeOurs({ routes })
    t.equal(found && (found.interface ?? `(${found.kind})`), before, what)
    t.equal(leadsBy({ routes }, UPLINKS, { meant: 'mifi', facts: FACTS }), leads, `${what}: ${leads}`)
    const isBefore4 = defaultBeforeOurs({ routes }, ['ipv4']) !== null
    t.equal(isBefore4, found?.family === 'ipv4', `${what}: what a move is undone for`)
  }
  t.match(precedenceText(theirs('wan1', null)), /somebody else by wan1 stands before ours.* is 0, ours 47/)
  t.match(precedenceText(theirs(null, 5, { kind: 'blackhole' })), /somebody else \(blackhole\) stands/)
  const codes: [string, Route, string][] = [
    ['before ours: no packet would follow a move', theirs('wan1', null), 'overtaken'],
    ['in our own place, which a move may take back', theirs('wan1', 47), 'routing'],
    ['over IPv6, which leads no move', theirs('wan1', 10, v6), 'routing'],
  ]
  for (const [what, route, code] of codes) t.equal(precedenceFault(route).code, code, what)
})

t.test('a default of somebody else is no move of ours', async (t) => {
  const seen = { routes: [theirs('wan2', 600)] }
  t.equal(leadsBy(seen, UPLINKS, { meant: null, facts: FACTS }), null, 'where nothing was led yet')
  const facts = new Map([...FACTS].filter(([id]) => id === 'dsl'))
  t.equal(leadsBy(seen, UPLINKS, { meant: 'mifi', facts }), 'mifi', 'where ours went with its address')
})

t.test('a move that would change nothing is refused, and nothing is taken away', async (t) => {
  const kernel = fakeKernel()
  await actuateRouting(kernel.sys, plan('mifi'))
  const before = JSON.stringify(await readRouting(kernel.sys))
  const isAsBefore = async (): Promise<boolean> => JSON.stringify(await readRouting(kernel.sys)) === before

  const bare = [UPLINKS[0], { ...UPLINKS[1], networks: [] }] as RouterPlan['uplinks']
  const asked = kernel.asked.length
  t.match(await actuateRouting(kernel.sys, plan('dsl', { uplinks: bare }), { mustLead: true }), {
    ok: false,
    error: 'dsl has no address, or no gateway',
    undone: true,
  })
  t.equal(kernel.asked.length, asked)

  kernel.put({ dst: 'default', gateway: '192.168.8.1', dev: 'wan1', protocol: 'boot' })
  t.match(await actuateRouting(kernel.sys, plan('dsl'), { mustLead: true }), {
    ok: false,
    error: /somebody else by wan1 stands before ours/,
    undone: true,
  })
  kernel.take('protocol', 'boot')
  t.ok(await isAsBefore())
  t.match(await actuateRouting(kernel.sys, plan('dsl'), { mustLead: true }), { ok: true })
})

/** A keeper of routes that has just begun, and tells `told` of what others change. */
const keeperOf = (
  clock: Clock,
  sys: Pick<Sys, 'exec'>,
  repairs: boolean,
  told: { push(drift: EventBody['drift']): unknown } = [],
): RoutingKeeper =>
  keepRouting({
    clock,
    sys,
    memory: { ours: new Set() },
    repairs,
    onDrift: (drift) => told.push(drift),
    onRead: () => {},
  })

t.test('a default that was there before ours is left there, and uplinks are led all the same', async (t) => {
  const theirsAt = (metric: number) => ({
    dst: 'default',
    dev: 'tun0',
    type: 'unicast',
    metric,
    protocol: 'static',
  })
  const devices = ({ defaults }: ReturnType<typeof fakeKernel>): string =>
    defaults()
      .map(({ dev, metric }) => `${dev} ${metric}`)
      .join()
  const vpn = fakeKernel()
  vpn.put(theirsAt(50))
  t.match(await actuateRouting(vpn.sys, plan('mifi'), { mustLead: true }), { ok: true })
  t.equal(devices(vpn), 'wan1 47,tun0 50', 'NetworkManager’s of a VPN')

  const same = fakeKernel()
  same.put(theirsAt(47))
  t.match(await actuateRouting(same.sys, plan('mifi'), { mustLead: true }), {
    ok: false,
    undone: true,
    error: /by tun0 stands in the place of ours: its ipv4 metric is 47/,
  })
  const led = await actuateRouting(same.sys, plan('mifi'))
  t.ok(led.ok && led.unroutable.size === 0)
  t.equal(devices(same), 'tun0 47', 'one that has our own metric')
  t.equal((await readRouting(same.sys)).routes.length, 7, 'and the tables are what they are to be')
  const clock = fakeClock()
  const keeper = keeperOf(clock, same.sys, true, { push: () => t.fail() })
  const look = async (): Promise<void> => keeper.putRight(plan('mifi'), await readRouting(same.sys))
  await look()
  await look()
  t.match(keeper.fault(), { code: 'routing', text: /somebody else by tun0 stands in the place of ours/ })
  t.equal(devices(same), 'tun0 47', 'whoever looks')
  same.take('metric', 47)
  await look()
  await look()
  t.same([devices(same), keeper.fault()], ['wan1 47', null], 'and ours comes when it goes')
  same.take('metric', 47)
  same.put(theirsAt(47))
  t.match(await actuateRouting(same.sys, plan('mifi'), { takesBack: new Set(['ipv4 main default 47']) }), {
    ok: true,
  })
  t.equal(devices(same), 'wan1 47', 'unless it took the place of ours')

  const late = fakeKernel()
  const exec: typeof late.sys.exec = (program, args, limit) => {
    if (args.join(' ').includes('dev wan1 table main')) late.put(theirsAt(47))
    return late.sys.exec(program, args, limit)
  }
  t.match(await actuateRouting({ exec }, plan('mifi'), { mustLead: true }), {
    ok: false,
    undone: true,
    error: /File exists/,
  })
  t.equal(devices(late).split(',')[0], 'tun0 47', 'also when it came between a look and a deed')
})

t.test('a default that an older version of ours made goes when the new one is there', async (t) => {
  const kernel = fakeKernel()
  kernel.put({
    dst: 'default',
    gateway: '192.168.8.1',
    dev: 'wan1',
    type: 'unicast',
    metric: 50,
    protocol: '173',
  })
  const done = await actuateRouting(kernel.sys, plan('mifi'))
  const inMain = done.ok ? done.changes.filter((change) => change.includes('table main')) : []
  t.same(inMain, [
    'add default via 192.168.8.1 dev wan1 table main metric 47 proto 173',
    'delete default via 192.168.8.1 dev wan1 table main metric 50 proto 173',
  ])
  t.match(kernel.defaults(), [{ metric: 47 }])
  t.equal(kernel.defaults().length, 1)
})

t.test('what did not end is taken for done, until the kernel says what it has', async (t) => {
  const isMove = (words: string): boolean =>
    words.includes('replace default via 192.168.9.1 dev wan2 table main')
  const isBack = (words: string): boolean =>
    words.includes('replace default via 192.168.8.1 dev wan1 table main')
  type Disturb = (kernel: ReturnType<typeof fakeKernel>) => void
  const rows: readonly (readonly [what: string, disturb: Disturb, undone: boolean, leadsTo: string])[] = [
    ['done and undone', (kernel) => (kernel.hangs = isMove), true, 'wan1'],
    [
      'neither is known',
      (kernel) => (kernel.hangs = (words) => isMove(words) || isBack(words)),
      true,
      'wan1',
    ],
    [
      'done, and not undone',
      (kernel) => Object.assign(kernel, { hangs: isMove, refuses: isBack }),
      false,
      'wan2',
    ],
    ['refused', (kernel) => (kernel.refuses = isMove), true, 'wan1'],
  ]
  for (const [what, disturb, undone, leadsTo] of rows) {
    const kernel = fakeKernel()
    await actuateRouting(kernel.sys, plan('mifi'))
    disturb(kernel)
    t.match(await actuateRouting(kernel.sys, plan('dsl'), { mustLead: true }), { ok: false, undone }, what)
    t.equal(kernel.defaults()[0]?.['dev'], leadsTo, what)
  }
})

t.test('an uplink whose routes the kernel does not take holds up no other', async (t) => {
  const kernel = fakeKernel()
  kernel.refuses = (words) => words.includes('via 192.168.9.1')
  const done = await actuateRouting(kernel.sys, plan('mifi'))
  t.ok(done.ok && [...done.unroutable.keys()].join() === 'dsl')
  const { routes, rules } = await readRouting(kernel.sys)
  t.same(
    routes.map(({ table, destination }) => `${table} ${destination}`),
    ['8101 192.168.8.0/24', '8101 default', '8101 default', '8102 default', 'main default'],
    'its table leads nowhere, and the default is where it was wished',
  )
  t.equal(rules.length, 7, 'and who is bound to its device does not leave by the other')
  kernel.refuses = (words) => words.includes('via 192.168.8.1')
  kernel.take('gateway', '192.168.8.1')
  const moved = await actuateRouting(kernel.sys, plan('dsl'), { mustLead: true })
  t.ok(moved.ok && moved.unroutable.has('mifi'), 'a move away from it is made, and one to it is not')
  t.match(await actuateRouting(kernel.sys, plan('mifi'), { mustLead: true }), { ok: false, undone: true })
  t.equal((await readRouting(kernel.sys)).routes.find(({ table }) => table === 'main')?.interface, 'wan2')
})

const sweeping = (over: {
  active?: string | null
  dead?: readonly string[]
  alive?: readonly string[]
  dead6?: readonly string[]
  metered?: readonly string[]
  spent?: readonly string[]
}) => {
  const home = {
    active: 'mifi' as string | null,
    dead: [],
    dead6: [],
    alive: ['mifi', 'dsl'],
    metered: [],
    spent: [],
    ...over,
  }
  const state: {
    active: string | null
    dead: readonly string[]
    dead6: readonly string[]
    alive: readonly string[]
    metered: readonly string[]
    spent: readonly string[]
  } = home
  const [kernel, clock] = [fakeKernel(), fakeClock()]
  kernel.flows = { '0x10000/0xff0000': 3, '0x20000/0xff0000': 5 }
  const swept: string[] = []
  const flows = createFlowSweeper({
    clock,
    sys: kernel.sys,
    uplinks: UPLINKS.map((one) => ({ ...one, metered: state.metered.includes(one.id) })),
    active: () => state.active,
    isDead: (id) => state.dead.includes(id),
    isDead6: (id) => state.dead6.includes(id),
    isAlive: (id) => state.alive.includes(id),
    isSpent: (id) => state.spent.includes(id),
    onSwept: (id, count) => swept.push(`${id} ${count}`),
  })
  return { state, kernel, clock, swept, flows }
}

t.test('flows are ended on a dead uplink, and only while another lives', async (t) => {
  const rows: readonly (readonly [what: string, over: Parameters<typeof sweeping>[0], swept: string])[] = [
    ['all is well', {}, ''],
    ['the one in use is dead', { dead: ['mifi'], alive: ['dsl'] }, ''],
    ['another is dead', { dead: ['dsl'], alive: ['mifi'] }, 'dsl 5'],
    ['another is dead, and nobody knows of the one in use', { dead: ['dsl'], alive: [] }, ''],
    ['both are dead', { dead: ['mifi', 'dsl'], alive: [] }, ''],
    ['there is none in use', { active: null, dead: ['dsl'], alive: ['mifi'] }, ''],
  ]
  for (const [what, over, expected] of rows) {
    const { flows, swept } = sweeping(over)
    await flows.follow()
    await flows.follow()
    t.equal(swept.join(), expected, what)
  }
  const { flows, kernel, state, swept } = sweeping({ dead: ['dsl'], alive: ['mifi'] })
  await flows.follow()
  Object.assign(state, { dead: [], alive: ['mifi', 'dsl'] })
  await flows.follow()
  kernel.flows = { '0x20000/0xff0000': 1 }
  Object.assign(state, { dead: ['dsl'], alive: ['mifi'] })
  await flows.follow()
  t.same(swept, ['dsl 5', 'dsl 1'], 'and once each time that it dies')
})

t.test('flows on an uplink that costs get ten minutes, after a restart too', async (t) => {
  const { flows, clock, swept, state } = sweeping({ active: 'dsl', metered: ['mifi'] })
  await flows.follow()
  await clock.advance(minutes(9))
  await flows.follow()
  t.same(swept, [])
  await clock.advance(minutes(1))
  t.same(swept, ['mifi 3'])
  state.active = 'mifi'
  await flows.follow()
  await clock.advance(minutes(20))
  t.same(swept, ['mifi 3'], 'what is in use is left alone')

  const other = sweeping({ active: 'dsl', metered: ['mifi'] })
  await other.flows.follow()
  other.state.alive = ['mifi']
  await other.clock.advance(minutes(11))
  t.same(other.swept, [], 'nobody is sent to a path that does not live')
  other.state.alive = ['dsl']
  await other.flows.follow()
  await other.clock.advance(minutes(11))
  t.same(other.swept, ['mifi 3'])
  other.flows.stop()
})

t.test('flows on a used-up plan get a minute, whatever the uplink in use costs', async (t) => {
  const { flows, clock, swept, state } = sweeping({
    active: 'dsl',
    metered: ['mifi', 'dsl'],
    spent: ['mifi'],
  })
  await flows.follow()
  await clock.advance(seconds(59))
  t.same(swept, [])
  await clock.advance(seconds(1))
  t.same(swept, ['mifi 3'])
  state.spent = ['mifi', 'dsl']
  await flows.follow()
  await clock.advance(minutes(20))
  t.same(swept, ['mifi 3'], 'from one that is used up to another there is nothing to gain')
  flows.stop()
})

t.test('without conntrack nothing is counted as ended, and it is told', async (t) => {
  const { flows, kernel, state } = sweeping({ dead: ['mifi'], alive: ['dsl'] })
  kernel.flows = null
  t.equal(await flows.left('mifi', 'dsl'), null)
  t.match(flows.fault(), { code: 'lacks-program', text: /conntrack is not installed/ })
  kernel.flows = {}
  state.dead = ['dsl']
  t.equal(await flows.left('dsl', 'mifi'), null, 'nor is anything to a path that nobody knows')
  Object.assign(state, { dead: ['mifi'], alive: ['dsl'] })
  t.equal(await flows.left('mifi', 'dsl'), 0, 'a connection table without any is no fault')
  t.equal(flows.fault(), null)
  const icmp: Probe = { method: 'icmp', ask: async () => 'works' }
  const has = { exec: async () => '' }
  const hasNot = { exec: async () => Promise.reject(new InfraError('exec-failed', 'is not installed')) }
  t.equal(await lackOf(has, { icmp }), null)
  t.match(await lackOf(hasNot, { icmp }), { code: 'lacks-program', text: /^conntrack[^;]*$/ })
  t.match(await lackOf(hasNot, {}), { text: /^conntrack.*; ping/ })
})

t.test(
  'flows that could not be ended are tried again while they are to be, and told of until then',
  async (t) => {
    const { flows, kernel, state, swept, clock } = sweeping({ dead: ['dsl'], alive: ['mifi'] })
    kernel.flows = null
    for (let look = 0; look < 60; look++) {
      await flows.follow()
      await clock.advance(seconds(1))
    }
    t.match(flows.fault(), { code: 'lacks-program', text: /^flows of dsl hang: / })
    kernel.flows = { '0x20000/0xff0000': 5 }
    await clock.advance(seconds(64))
    await flows.follow()
    t.same(swept, ['dsl 5'])
    t.equal(flows.fault(), null)

    kernel.flows = null
    Object.assign(state, { dead: [], alive: ['mifi', 'dsl'] })
    await flows.follow()
    t.equal(await flows.end('dsl', ['ipv6']), null)
    state.dead6 = ['dsl']
    await flows.follow()
    t.match(flows.fault(), { text: /^flows of dsl hang: / })
    state.dead6 = []
    await flows.follow()
    t.equal(flows.fault(), null, 'what is well again needs no end')
    flows.stop()

    const metered = sweeping({ active: 'dsl', metered: ['mifi'] })
    metered.kernel.flows = null
    await metered.flows.follow()
    await metered.clock.advance(minutes(11))
    await metered.flows.follow()
    t.match(metered.flows.fault(), { text: /^flows of mifi hang: / })
    metered.kernel.flows = { '0x10000/0xff0000': 3 }
    await metered.clock.advance(minutes(10))
    t.same([metered.swept, metered.flows.fault()], [['mifi 3'], null], 'those that cost, too')
    metered.flows.stop()
  },
)

t.test('a move says what became of it, and how long it took from the order on', async (t) => {
  const rows: readonly (readonly [
    what: string,
    over: Parameters<typeof sweeping>[0],
    disturb: (kernel: ReturnType<typeof fakeKernel>) => void,
    expected: object,
  ])[] = [
    ['from one that lives', {}, () => {}, { ok: true, swept: null, undone: null }],
    ['from a dead one', { dead: ['mifi'], alive: ['dsl'] }, () => {}, { ok: true, swept: 3 }],
    ['from dead to unknown', { dead: ['mifi'], alive: [] }, () => {}, { ok: true, swept: null }],
    [
      'behind a default of somebody else',
      { dead: ['mifi'], alive: ['dsl'] },
      ({ put }) => put({ dst: 'default', dev: 'wan1', protocol: 'boot' }),
      { ok: false, swept: null, undone: true, changes: [], error: /stands before ours/ },
    ],
    [
      'to one whose gateway the kernel does not take',
      { dead: ['mifi'], alive: ['dsl'] },
      (kernel) => (kernel.refuses = (words) => words.includes('dev wan2 table main')),
      { ok: false, swept: null, undone: true, changes: [] },
    ],
    [
      'that may have been made and cannot be undone',
      { dead: ['mifi'], alive: ['dsl'] },
      (kernel) =>
        Object.assign(kernel, {
          hangs: (words: string) => words.includes('dev wan2 table main'),
          refuses: (words: string) => words.includes('dev wan1 table main'),
        }),
      { ok: false, swept: null, undone: false, changes: [] },
    ],
  ]
  for (const [what, over, disturb, expected] of rows) {
    const { kernel, clock, flows } = sweeping(over)
    await actuateRouting(kernel.sys, plan('mifi'))
    disturb(kernel)
    const taken: (string | null)[] = []
    const isHalf: unknown[] = []
    const switcher = createSwitcher({
      clock,
      sys: kernel.sys,
      planFor: plan,
      active: () => 'mifi',
      flows,
      takesBack: () => new Set<string>(),
      onTaken: ({ active }) => taken.push(active),
      onHalfTaken: () => isHalf.push(true),
    })
    const order = { command: null, by: 'agent', to: 'dsl', reason: 'path-down' } as const
    const orderedAt = monoMs(clock.now().mono - 700)
    const done = await switcher.go(order, orderedAt)
    t.match(done, { ...order, from: 'mifi', tookMs: 700, ...expected }, what)
    t.same(taken, done.ok ? ['dsl'] : [], `${what}: what is taken for granted after it`)
    t.same(isHalf, done.undone === false ? [true] : [], `${what}: whether anything is`)
    const { routes } = await readRouting(kernel.sys)
    const own = routes.find((route) => route.table === 'main' && isOurRoute(route))
    t.equal(own?.interface, done.undone === true ? 'wan1' : 'wan2', `${what}: where our default leads`)
  }
})

t.test('who insists is answered three times at once, and then ever more rarely', async (t) => {
  const clock = fakeClock()
  const tries = patience(clock)
  const tried: number[] = []
  for (let s = 0; s < 3600; s++) {
    if (tries.isDue('a')) {
      tries.tried('a')
      tried.push(s)
    }
    await clock.advance(seconds(1))
  }
  t.same(tried.slice(0, 8), [0, 1, 2, 4, 8, 16, 32, 64])
  t.ok(tried.length < 22, `${tried.length} times in an hour`)
  t.ok(tries.isDue('b'), 'each for itself')
  await clock.advance(minutes(11))
  t.equal(tries.tried('a'), 1, 'after a rest it begins afresh')
  t.equal(tries.tried('a'), 2)
  tries.tried('b')
  tries.over('a')
  t.same([tries.tried('a'), tries.tried('b')], [1, 2], 'what is done is forgotten')
  tries.over()
  t.equal(tries.tried('b'), 1)
})

/** What a keeper of routes does while somebody takes our default away again and again. */
const fought = async (repairs: boolean) => {
  const [kernel, clock] = [fakeKernel(), fakeClock()]
  const told: EventBody['drift'][] = []
  const keeper = keeperOf(clock, kernel.sys, repairs, told)
  const look = async (): Promise<void> => keeper.putRight(plan('mifi'), await readRouting(kernel.sys))
  await look()
  await look()
  for (let minute = 0; minute < 60; minute++) {
    kernel.take('metric', 47)
    await look()
    await clock.advance(seconds(60))
  }
  return { kernel, keeper, told, look }
}

t.test('who changes our routes is told of once where it is only reported', async (t) => {
  const { keeper, told, kernel, look } = await fought(false)
  t.equal(told.length, 1)
  t.match(told[0], { repaired: false, changes: [/^add default via 192.168.8.1 dev wan1 table main/] })
  t.match(keeper.fault(), { code: 'drift', text: /somebody else changed what is ours/ })
  kernel.take('table', '8102')
  await look()
  t.equal(told.length, 2, 'something else is told of again')
})

t.test('what is only reported stays as it is when the plan changes, until a move', async (t) => {
  const [kernel, clock] = [fakeKernel(), fakeClock()]
  const told: EventBody['drift'][] = []
  const keeper = keeperOf(clock, kernel.sys, false, told)
  const look = async (wanted: RouterPlan): Promise<void> => {
    await keeper.putRight(wanted, await readRouting(kernel.sys))
    await keeper.putRight(wanted, await readRouting(kernel.sys))
  }
  const isThere = async (): Promise<unknown> => {
    const { routes, rules } = await readRouting(kernel.sys)
    return {
      ours: routes.some(({ table }) => table === 'main'),
      rule: rules.some(({ selector }) => selector === 'from 192.168.9.10'),
      led: rules.some(({ selector }) => selector.includes('iif')),
    }
  }
  const led = (by: string): RouterPlan => plan('mifi', { led: [{ interface: 'lan40', by }] })
  await look(plan('mifi'))
  kernel.take('metric', 47)
  kernel.take('src', '192.168.9.10')
  await look(plan('mifi'))
  t.equal(told.length, 1)
  await look(led('dsl'))
  t.same(await isThere(), { ours: false, rule: false, led: true }, 'what is new is done')
  t.same([keeper.isBound('mifi'), keeper.isBound('dsl')], [true, false])
  await look(plan('mifi'))
  t.same(await isThere(), { ours: false, rule: false, led: false }, 'and undone')
  t.equal(told.length, 1, 'and nothing is told twice')
  t.match(keeper.fault(), { code: 'drift' })

  const bare = [UPLINKS[0], { ...UPLINKS[1], networks: [] }] as RouterPlan['uplinks']
  await look(plan('mifi', { uplinks: bare }))
  await look(plan('mifi'))
  t.same(await isThere(), { ours: false, rule: true, led: false }, 'an uplink that went and came is led anew')

  const moved = await actuateRouting(kernel.sys, plan('mifi'), { mustLead: true })
  if (moved.ok) keeper.took(plan('mifi'), moved)
  await look(led('dsl'))
  t.same(await isThere(), { ours: true, rule: true, led: true })
  t.equal(keeper.fault(), null)
})

t.test(
  'who took the place of our default is left by a move, and until then where it is only reported',
  async (t) => {
    const theirs = {
      dst: 'default',
      gateway: '192.168.9.1',
      dev: 'wan2',
      type: 'unicast',
      metric: 47,
      protocol: 'static',
    }
    const [kernel, clock] = [fakeKernel(), fakeClock()]
    const told: EventBody['drift'][] = []
    const open = () => keeperOf(clock, kernel.sys, false, told)
    const look = async (keeper: RoutingKeeper, wanted: RouterPlan): Promise<void> =>
      keeper.putRight(wanted, await readRouting(kernel.sys))
    const keeper = open()
    await look(keeper, plan('mifi'))
    kernel.take('metric', 47)
    kernel.put(theirs)
    await look(keeper, plan('mifi'))
    await look(keeper, plan('mifi', { led: [{ interface: 'lan40', by: 'dsl' }] }))
    t.equal(told.length, 1)
    t.match(keeper.fault(), { code: 'drift' })
    t.match(kernel.defaults(), [theirs], 'it stays when the plan changes')
    const order = { mustLead: true, takesBack: keeper.takesBack() }
    t.ok((await actuateRouting(kernel.sys, plan('mifi'), order)).ok)
    t.match(kernel.defaults(), [{ dev: 'wan1', protocol: '173' }])

    kernel.take('metric', 47)
    kernel.put(theirs)
    const other = open()
    await look(other, plan(null))
    await look(other, plan('mifi'))
    t.equal(other.takesBack().size, 0, 'what was there before us is not ours to take')
    t.match(other.fault(), { code: 'routing', text: /somebody else by wan2 stands in the place of ours/ })
    t.match(kernel.defaults(), [theirs])
  },
)

t.test('half of a move is nobody else’s doing, and is put right', async (t) => {
  for (const repairs of [true, false]) {
    const [kernel, clock] = [fakeKernel(), fakeClock()]
    const told: unknown[] = []
    const keeper = keeperOf(clock, kernel.sys, repairs, told)
    const look = async (): Promise<void> => keeper.putRight(plan('mifi'), await readRouting(kernel.sys))
    await look()
    await actuateRouting(kernel.sys, plan('dsl'))
    keeper.doubt()
    t.same([keeper.isDoubted(), keeper.isBound('mifi')], [true, false])
    await look()
    t.equal(kernel.defaults()[0]?.['dev'], 'wan1', `repairs: ${repairs}`)
    t.same([told, keeper.isDoubted(), keeper.isBound('mifi')], [[], false, true])
  }
})

t.test('who insists on changing our routes is not fought every time', async (t) => {
  const { keeper, told, kernel, look } = await fought(true)
  t.ok(told.length > 8 && told.length < 20, `${told.length} times in an hour`)
  t.ok(told.every(({ repaired }) => repaired))
  t.match(keeper.fault(), { code: 'drift', text: /keeps changing/ })
  kernel.put({ dst: 'default', gateway: '192.168.8.1', dev: 'wan1', metric: 47, protocol: '173' })
  await look()
  t.equal(keeper.fault(), null, 'and it is told when it is over')
})

t.test('an uplink whose routes are refused is not bound, is told of and tried again', async (t) => {
  const [kernel, clock] = [fakeKernel(), fakeClock()]
  const told: unknown[] = []
  const keeper = keeperOf(clock, kernel.sys, true, told)
  const look = async (): Promise<void> => keeper.putRight(plan('mifi'), await readRouting(kernel.sys))
  const bound = (): string[] => UPLINKS.map(({ id }) => id).filter((id) => keeper.isBound(id))
  t.same(bound(), [], 'nothing is known before the first look')
  kernel.refuses = (words) => words.includes('via 192.168.9.1')
  await look()
  t.same(bound(), ['mifi'], 'the others are probed')
  t.match(keeper.fault(), { code: 'routing', text: /^dsl cannot be used: ip failed/ })
  const asked = kernel.asked.length
  for (let i = 0; i < 20; i++) await look()
  t.ok(kernel.asked.length < asked + 40, 'a kernel that goes on refusing is not asked at each look')
  kernel.refuses = () => false
  await clock.advance(minutes(5))
  await look()
  t.same(bound(), ['mifi', 'dsl'])
  t.equal(keeper.fault(), null)
  t.same(told, [], 'none of it is anybody’s drift')

  kernel.refuses = (words) => words.includes('via 192.168.8.1')
  kernel.take('gateway', '192.168.8.1')
  kernel.put({ dst: 'default', gateway: '192.168.8.1', dev: 'wan1', metric: 47, protocol: '173' })
  await look()
  t.same(bound(), ['dsl'], 'the one in use may be it')
  const { routes } = await readRouting(kernel.sys)
  t.ok(
    routes.some(({ table, interface: device }) => table === 'main' && device === 'wan1'),
    'it keeps its default',
  )
})

t.test('who has lost his rules or his table is not bound, and the others are', async (t) => {
  const [kernel, clock] = [fakeKernel(), fakeClock()]
  const keeper = keeperOf(clock, kernel.sys, false)
  const look = async (): Promise<void> => keeper.putRight(plan('mifi'), await readRouting(kernel.sys))
  const bound = (): string[] => UPLINKS.map(({ id }) => id).filter((id) => keeper.isBound(id))
  const repaired = async (): Promise<void> => {
    await actuateRouting(kernel.sys, plan('mifi'))
    await look()
    t.same(bound(), ['mifi', 'dsl'])
  }
  await look()
  const rows: readonly (readonly [string, () => void, readonly string[]])[] = [
    ['somebody took away its rules', () => kernel.take('src', '192.168.9.10'), ['mifi']],
    ['its device’s', () => kernel.take('oif', 'wan2'), ['mifi']],
    ['its table is empty', () => kernel.take('table', '8102'), ['mifi']],
    ['so are all', () => ['8101', '8102'].forEach((table) => kernel.take('table', table)), []],
    [
      'the default is gone, which leads nobody who is bound',
      () => kernel.take('metric', 47),
      ['mifi', 'dsl'],
    ],
    ['a mark leads nobody who is bound, either', () => kernel.take('fwmark', '0x20000'), ['mifi', 'dsl']],
  ]
  for (const [what, disturb, expected] of rows) {
    await repaired()
    disturb()
    await look()
    t.same(bound(), expected, what)
  }
})

t.test('a kernel that does not show what it took leaves bound who was', async (t) => {
  const [kernel, clock] = [fakeKernel(), fakeClock()]
  await actuateRouting(kernel.sys, plan('mifi'))
  const exec: typeof kernel.sys.exec = async (program, args, limit) => {
    const shown = await kernel.sys.exec(program, args, limit)
    return args.includes('rule') && args[0] === '-j'
      ? JSON.stringify((JSON.parse(shown) as { iif?: string }[]).filter(({ iif }) => iif === undefined))
      : shown
  }
  const led = plan('mifi', { led: [{ interface: 'lan40', by: 'dsl' }] })
  const sys = { exec }
  const keeper = keeperOf(clock, sys, true)
  await keeper.putRight(led, await readRouting(sys))
  t.match(keeper.fault(), { code: 'routing', text: /does not show it/ })
  t.same(
    UPLINKS.map(({ id }) => keeper.isBound(id)),
    [true, true],
  )
})

t.test('a ruleset of which the kernel does not show all is told of', async (t) => {
  const wanted: RulesetPlan = {
    uplinks: [{ ...uplink('mifi', 1), metered: true }],
    networks: [{ id: 'iot', interface: 'lan40', subnets: ['10.40.0.0/24'], metered: 'deny' }],
  }
  const shown = (text: string): string =>
    text.replaceAll(/^(table|delete) .*[^{]\n/gm, '').replaceAll(/{ }/g, '{\n\t}')
  const rows: readonly (readonly [string, (text: string) => string, object])[] = [
    ['all of it', shown, { ok: true }],
    [
      'without a rule',
      (text) => shown(text).replace(/.*masquerade\n/, ''),
      { ok: false, error: /chain translate .*0 of 1/ },
    ],
    [
      'with one of somebody’s',
      (text) => shown(text).replace('masquerade', 'accept\n$&'),
      { ok: false, error: /2 of 1/ },
    ],
    [
      'without a counter',
      (text) => text.replace(/.*counter sent-mifi .*\n/, ''),
      { ok: false, error: /counter sent-mifi/ },
    ],
    ['without a chain', (text) => text.replace(/.*chain pin {[^}]*}/, ''), { ok: false, error: /chain pin/ }],
    ['an empty one', () => 'table inet infra_home {\n}\n', { ok: false, error: /does not show/ }],
  ]
  for (const [what, show, expected] of rows) {
    let given = ''
    const exec = async (_: string, args: readonly string[]): Promise<string> =>
      args[0] === '-s' ? show(given) : (given = args[0] ?? '')
    t.match(await actuateRuleset({ exec }, wanted), expected, what)
  }
})

t.test('a ruleset that somebody else changed is told of once, and not fought for ever', async (t) => {
  for (const repairs of [false, true]) {
    const clock = fakeClock()
    let [shown, ours] = ['', '']
    const told: string[] = []
    const made: string[] = []
    const sys = {
      exec: async (_: string, args: readonly string[]) => {
        if (args[0] !== '-s') {
          made.push('made')
          shown = ours = args[0] ?? ''
        }
        return shown
      },
    }
    const keeper = keepRuleset({ clock, sys, repairs, onDrift: (what) => told.push(what) })
    const wanted: RulesetPlan = { uplinks: [], networks: [] }
    await keeper.putRight(wanted)
    shown = 'theirs'
    await keeper.putRight(wanted)
    t.same(told, [], 'it is not looked at each time')
    keeper.doubt()
    await keeper.putRight(wanted)
    t.equal(told.length, 1, 'and at once where there is a doubt')
    for (let minute = 0; minute < 60; minute++) {
      shown = 'theirs'
      await clock.advance(seconds(61))
      await keeper.putRight(wanted)
    }
    if (repairs)
      t.ok(told.length > 8 && told.length < 20 && made.length === told.length + 1, `${told.length} times`)
    else t.same([told.length, made.length], [1, 1])
    t.match(keeper.fault(), { code: 'drift' })
    const another: RulesetPlan = { uplinks: [{ ...uplink('mifi', 1), metered: true }], networks: [] }
    if (!repairs) {
      await keeper.putRight(another)
      t.same([told.length, made.length], [1, 1], 'nor is it put right with a plan that changes')
    }
    shown = ours
    await clock.advance(seconds(61))
    await keeper.putRight(wanted)
    t.equal(keeper.fault(), null)
    made.length = 0
    await keeper.putRight(another)
    t.equal(made.length, 1, 'when it is over, a plan that changes is followed')
  }
})

t.test('a ruleset that is not shown as it was asked is tried thrice, told of, and kept', async (t) => {
  const clock = fakeClock()
  let made = 0
  let isBusy = false
  const told: string[] = []
  const sys = {
    exec: async (_: string, args: readonly string[]) => {
      if (isBusy) throw new InfraError('exec-timeout', 'nft did not end')
      if (args[0] !== '-s') made++
      return 'table inet infra_home {\n}\n'
    },
  }
  const keeper = keepRuleset({ clock, sys, repairs: true, onDrift: (what) => told.push(what) })
  const wanted: RulesetPlan = { uplinks: [], networks: [] }
  for (let minute = 0; minute < 30; minute++) {
    await keeper.putRight(wanted)
    await clock.advance(seconds(61))
  }
  t.equal(made, 3, 'each time begins all counters anew')
  t.match(keeper.fault(), { code: 'ruleset', text: /does not show it as it was asked/ })
  isBusy = true
  keeper.doubt()
  await keeper.putRight(wanted)
  t.same([told, made], [[], 3], 'and of a machine too busy to say nothing is believed')
})

t.test('an interface that never rests keeps nobody from anything', async (t) => {
  const clock = fakeClock()
  let [begun, running, most] = [0, 0, 0]
  const look = (): Promise<void> => {
    begun++
    most = Math.max(most, ++running)
    return new Promise((resolve) =>
      clock.after(milliseconds(300), () => {
        running--
        resolve()
      }),
    )
  }
  const looking = lookingSoon(clock, look)
  looking.soon()
  await clock.advance(milliseconds(20))
  t.equal(begun, 1, 'the first news is looked at within a moment')
  for (let ms = 0; ms < 10_000; ms += 10) {
    looking.soon()
    await clock.advance(milliseconds(10))
  }
  t.equal(most, 1, 'one look at a time')
  t.ok(begun >= 11 && begun <= 14, `${begun} looks in ten seconds of news`)
  await clock.advance(seconds(2))
  const settled = begun
  await clock.advance(seconds(29))
  t.ok(begun <= settled + 1, 'and none without news')
  looking.stop()
  looking.soon()
  await clock.advance(seconds(60))
  t.ok(begun <= settled + 1, 'nor when it is over')
})
