// IPv6 of a router's agent: which address and which way an uplink has, when nobody is led into the world, what the house is told of it, and what is
// known when it alone is dead. All of it pure, or over a fake clock.
import t from 'tap'
import { loadAgentConfig } from '@infra-home/agent/config.ts'
import { parseIpAddr } from '@infra-home/agent/parse/ip-addr.ts'
import { changesBetween } from '@infra-home/agent/router/changes.ts'
import { isOurRule, OUR_PROTOCOL } from '@infra-home/agent/router/ours.ts'
import { wantedRouting } from '@infra-home/agent/router/wanted-routing.ts'
import { advertisementText, keepAdvertisement } from '@infra-home/agent/wan/advertisement.ts'
import { kernelFault } from '@infra-home/agent/wan/kernel-fault.ts'
import { defaultDevice } from '@infra-home/agent/wan/look-at-network.ts'
import { routerPlanOf } from '@infra-home/agent/wan/router-plan-of.ts'
import { factsOf, type UplinkFacts } from '@infra-home/agent/wan/uplink-facts.ts'
import { watchUplink } from '@infra-home/agent/wan/uplink-watch.ts'
import { minutes, seconds } from '@infra-home/shared/clock.ts'
import type { Route } from '@infra-home/shared/messages/routes.ts'
import type { WanWish, WishedNetwork, WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { ACTIVE_PACE, bytesPerDay, STANDBY_PACE } from '@infra-home/shared/wan/pace.ts'
import { fakeClock, settle } from '../helpers/fake-clock.ts'

const route = (family: Route['family'], device: string, more: Partial<Route> = {}): Route => ({
  family,
  kind: 'unicast',
  destination: 'default',
  gateway: family === 'ipv6' ? 'fe80::1' : '192.168.8.1',
  interface: device,
  source: null,
  table: 'main',
  metric: 1024,
  protocol: 'ra',
  ...more,
})

/** wan1 with these addresses, as `ip -j -d addr` shows it. */
const wan1 = (...addresses: readonly object[]) =>
  parseIpAddr(
    JSON.stringify([
      {
        ifname: 'wan1',
        flags: ['UP', 'LOWER_UP'],
        mtu: 1500,
        addr_info: addresses.map((one) => ({ family: 'inet6', prefixlen: 64, scope: 'global', ...one })),
      },
    ]),
  )

t.test('an uplink has the address that lasts, and none that may be somebody else’s', async (t) => {
  const rows: readonly (readonly [what: string, addresses: readonly object[], way: string | null])[] = [
    ['one', [{ local: '2001:db8:8::5' }], '2001:db8:8::5 2001:db8:8::/64'],
    ['one that is not known to be nobody else’s yet', [{ local: '2001:db8:8::5', tentative: true }], null],
    ['one that is somebody else’s', [{ local: '2001:db8:8::5', dadfailed: true }], null],
    [
      'one of a day before a lasting one',
      [{ local: '2001:db8:8::aaaa', temporary: true }, { local: '2001:db8:8::5' }],
      '2001:db8:8::5 2001:db8:8::/64',
    ],
    [
      'one that is about to end before another',
      [{ local: '2001:db8:7::5', deprecated: true }, { local: '2001:db8:8::5' }],
      '2001:db8:8::5 2001:db8:8::/64',
    ],
    [
      'one of DHCPv6 before one with a network',
      [{ local: '2001:db8:8::77', prefixlen: 128 }, { local: '2001:db8:8::5' }],
      '2001:db8:8::5 2001:db8:8::/64',
    ],
    [
      'one of DHCPv6 alone, as the kernel shows it',
      [{ local: '2001:db8:8::77', prefixlen: 128 }],
      '2001:db8:8::77 2001:db8:8::77',
    ],
    ['none that reaches farther than its link', [{ local: 'fe80::5', scope: 'link' }], null],
  ]
  for (const [what, addresses, way] of rows) {
    const seen = { interfaces: wan1(...addresses), routes: [route('ipv6', 'wan1')], neighbours: [] }
    const [network] = factsOf({ interface: 'wan1', kind: 'ethernet', index: 1 }, seen).networks
    t.equal(network ? `${network.address} ${network.subnet}` : null, way, what)
  }
})

t.test('a router that is advertised no more leads nowhere, a lease without one does', async (t) => {
  const interfaces = wan1(
    { local: '2001:db8:8::5' },
    { local: '192.168.8.10', prefixlen: 24, family: 'inet' },
  )
  const ours = (['ipv4', 'ipv6'] as const).map((family) =>
    route(family, 'wan1', { table: '8101', protocol: OUR_PROTOCOL }),
  )
  const { networks } = factsOf(
    { interface: 'wan1', kind: 'ethernet', index: 1 },
    { interfaces, routes: ours, neighbours: [] },
  )
  t.same(
    networks.map(({ family }) => family),
    ['ipv4'],
  )
})

const IPV4 = {
  family: 'ipv4',
  address: '192.168.8.10',
  subnet: '192.168.8.0/24',
  gateway: '192.168.8.1',
} as const
const IPV6 = {
  family: 'ipv6',
  address: '2001:db8:8::5',
  subnet: '2001:db8:8::/64',
  gateway: 'fe80::1',
} as const
const facts = (...networks: UplinkFacts['networks']): UplinkFacts => ({
  link: 'up',
  networks,
  gateway: 'works',
  mtu: 1500,
})

t.test('nobody is led into the world by a default that leads elsewhere than traffic goes', async (t) => {
  const wish = {
    uplinks: [
      { id: 'mifi', interface: 'wan1', metered: true },
      { id: 'dsl', interface: 'wan2', metered: false },
    ],
    networks: [],
  } as unknown as WanWish
  const planFor = (active: string | null, routes: readonly Route[], dead6: readonly string[] = []) =>
    routerPlanOf(wish, {
      numbers: { mifi: 1, dsl: 2 },
      facts: new Map([
        ['mifi', facts(IPV4, IPV6)],
        ['dsl', facts(IPV4)],
      ]),
      seen: { interfaces: [], neighbours: [], routes },
      alive: new Set(['mifi', 'dsl']),
      active,
      dead6: new Set(dead6),
    }).routing
  const advertised = route('ipv6', 'wan1')
  const tunnel = route('ipv6', 'he0', { metric: 100, protocol: 'static' })
  const rows = [
    ['the one in use has it', planFor('mifi', [advertised]), 'open'],
    ['another has it', planFor('dsl', [advertised]), 'closed'],
    ['the one in use has it, and nothing passes', planFor('mifi', [advertised], ['mifi']), 'closed'],
    ['nobody’s default is left', planFor('dsl', []), 'open'],
    ['the owner has a tunnel', planFor('dsl', [advertised, tunnel]), 'open'],
    ['nothing is in use', planFor(null, [advertised]), 'open'],
  ] as const
  for (const [what, plan, is] of rows)
    t.equal((plan.closed ?? []).includes('ipv6') ? 'closed' : 'open', is, what)

  const [open, closed] = [wantedRouting(rows[0][1]), wantedRouting(rows[2][1])]
  const mainOf = ({ routes }: typeof open): string[] =>
    routes.filter(({ table }) => table === 'main').map(({ family }) => family)
  t.same([mainOf(open), mainOf(closed)], [['ipv4', 'ipv6'], ['ipv4']])
  t.same(
    changesBetween(open, closed).map(({ ip }) => ip.join(' ')),
    [
      '-6 rule add priority 32600 from all lookup main suppress_prefixlength 0',
      '-6 rule add priority 32601 from all unreachable',
      '-6 route delete default via fe80::1 dev wan1 table main metric 47 proto 173',
    ],
    'closed first',
  )
  t.ok(
    changesBetween(closed, open)[0]?.what.startsWith('add default via fe80::1'),
    'and opened when there is a way',
  )
  t.ok(closed.rules.every(isOurRule))
})

t.test('the default of one family says nothing of the other', async (t) => {
  const routes = [route('ipv6', 'wan1', { metric: 47 }), route('ipv4', 'wan2', { metric: 600 })]
  t.same([defaultDevice({ routes }), defaultDevice({ routes }, 'ipv6')], ['wan2', 'wan1'])
})

t.test('who forwards no IPv6 is told so where there is some', async (t) => {
  const files: Record<string, string> = {
    '/proc/sys/net/ipv4/ip_forward': '1\n',
    '/proc/sys/net/ipv6/conf/all/forwarding': '0\n',
  }
  const readText = async (path: string) => files[path] ?? null
  const fault = (forwardsIpv6: boolean) => kernelFault({ readText }, { devices: ['wan1'], forwardsIpv6 })
  t.match((await fault(true))?.text, /net\.ipv6\.conf\.all\.forwarding is 0/)
  t.equal(await fault(false), null)
})

const NETWORKS: readonly WishedNetwork[] = [
  { id: 'infra', interface: 'lan10', subnets: ['10.10.0.0/24', 'fd00:10::/64'], metered: 'allow' },
  { id: 'iot', interface: 'lan40', subnets: ['10.40.0.0/24'], metered: 'deny' },
]

t.test('radvd is told to say whether this is a way out', async (t) => {
  const advertised = { lan10: ['RDNSS fd00:10::1 { };'], lan40: [] }
  t.equal(
    advertisementText(advertised, NETWORKS, true),
    `# by infra-home-agent: the uplink in use has IPv6
interface lan10 {
  AdvSendAdvert on;
  prefix fd00:10::/64 { };
  RDNSS fd00:10::1 { };
};
`,
  )
  t.match(advertisementText(advertised, NETWORKS, false), /^ {2}AdvDefaultLifetime 0;$/m)
})

t.test(
  'a way out is withdrawn in a moment, or when the flows that still have one had their time',
  async (t) => {
    const clock = fakeClock()
    const now = { byActive: true, byOther: false }
    let written: string[] = []
    const said: string[] = []
    const keeperOf = (isAble: boolean, advertised: { readonly [device: string]: readonly string[] } | null) =>
      keepAdvertisement({
        clock,
        sys: {
          async share(name, text) {
            written.push(`${name}: ${text.includes('AdvDefaultLifetime 0;') ? 'no way' : 'a way'}`)
            return name
          },
        },
        isAble,
        advertised,
        networks: NETWORKS,
        ipv6: () => now,
        log: (_, sentence, fields) => void said.push(`${sentence}: ${String(fields?.['device'])}`),
      })
    const follow = (keeper: ReturnType<typeof keeperOf>, change: Partial<typeof now>): string[] => {
      Object.assign(now, change)
      written = []
      keeper.follow()
      keeper.follow()
      return written
    }
    const keeper = keeperOf(true, { lan10: [], lan40: [] })
    t.match(said, [/no network of the house has IPv6 .*: lan40/])
    t.same(follow(keeper, {}), ['radvd.conf: a way'])
    t.same(follow(keeper, { byActive: false }), [])
    await clock.advance(seconds(5))
    t.same(written, ['radvd.conf: no way'], 'nothing lives: when all had a moment to be told so')
    t.same(follow(keeper, { byActive: true }), ['radvd.conf: a way'])
    t.same(follow(keeper, { byActive: false, byOther: true }), [], 'flows go on by the other one')
    await clock.advance(minutes(9))
    t.same(written, [])
    follow(keeper, { byOther: false })
    await clock.advance(seconds(5))
    t.same(written, ['radvd.conf: no way'], 'until that dies, too')
    follow(keeper, { byActive: true })
    follow(keeper, { byActive: false, byOther: true })
    await clock.advance(minutes(10))
    t.same(written, ['radvd.conf: no way'], 'or for ten minutes')
    follow(keeper, { byActive: true })
    follow(keeper, { byActive: false })
    follow(keeper, { byActive: true })
    await clock.advance(minutes(20))
    t.same(written, [], 'and not at all when traffic has come back')
    follow(keeper, { byActive: false })
    keeper.stop()
    await clock.advance(minutes(20))
    t.same(written, [])
    t.same(follow(keeperOf(true, null), { byActive: true }), [], 'nobody who was not asked says anything')
    t.same(follow(keeperOf(false, { lan10: [] }), {}), [], 'nor who changes nothing')
  },
)

t.test('where this is advertised is said in words that radvd can read', async (t) => {
  const load = (advertise: object) =>
    loadAgentConfig('agent.json', () =>
      JSON.stringify({
        site: 'home',
        node: 'rpi4-1',
        broker: { host: '127.0.0.1', port: 1883, secret: 's' },
        signingKeys: ['A'.repeat(43)],
        stateDir: '/tmp/x',
        mode: 'full',
        advertise,
      }),
    ).advertise
  t.same(load({ lan10: ['RDNSS fd00:10::1 { };'] }), { lan10: ['RDNSS fd00:10::1 { };'] })
  for (const wrong of [
    { 'lan 10': [] },
    { lan10: 'RDNSS' },
    { lan10: ['a\nb'] },
    { 'lan10{': [] },
    { lan10: ['prefix ::/64 {'] },
    { lan10: ['};', 'x {'] },
  ])
    t.throws(() => load(wrong), { code: 'config-invalid', message: /\/advertise/ }, JSON.stringify(wrong))
})

t.test('a line whose IPv6 alone is dead is up, and it is known', async (t) => {
  const clock = fakeClock()
  let isDead = true
  let begun = 0
  const asked: string[] = []
  const dns = {
    method: 'dns' as const,
    async ask({ from, target }: { readonly from: string; readonly target: string }) {
      if (!target.includes(':')) return 'works' as const
      asked.push(from)
      if (isDead) throw new Error('nobody answers')
      return 'works' as const
    },
  }
  const tcp = { method: 'tcp' as const, ask: async () => (begun++, 'works' as const) }
  const watch = watchUplink({
    unrest: null,
    uplink: {
      id: 'mifi',
      interface: 'wan1',
      targets: ['1.1.1.1', '8.8.8.8', '9.9.9.9'],
      resolvers: [],
      pages: [],
      tcpPort: 443,
      dailyBytes: null,
    } as unknown as WishedUplink,
    clock,
    probes: { dns, tcp: () => tcp, page: async () => 'works' },
    isActive: () => true,
    isBound: () => true,
    ports: () => null,
    onChange: () => {},
    onDoubt: () => {},
  })
  watch.see(facts(IPV4))
  await clock.advance(seconds(10))
  t.equal(watch.path().verdicts.ipv6, undefined, 'nothing is said of what is not there')
  t.same(asked, [])
  const before = begun
  watch.see(facts(IPV4, IPV6))
  await settle()
  t.equal(watch.path().state, 'up', 'nothing is forgotten of the line when it gets IPv6')
  t.equal(watch.path().verdicts.ipv6, 'unknown')
  await clock.advance(seconds(30))
  t.match(watch.path(), { state: 'up', cause: null, verdicts: { ipv6: 'fails' } })
  t.ok(asked.length >= 7 && asked.every((from) => from === IPV6.address), 'three were asked, in three rounds')
  const questions = asked.length
  await clock.advance(minutes(29))
  t.ok(asked.length - questions <= 6, 'then one of them each five minutes: some lines never have any')
  isDead = false
  await clock.advance(minutes(6))
  t.equal(watch.path().verdicts.ipv6, 'works')
  isDead = true
  watch.see(facts(IPV4, { ...IPV6, address: '2001:db8:9::5' }))
  t.equal(watch.path().verdicts.ipv6, 'unknown', 'another address is another way')
  t.ok(begun - before < 20)
  watch.stop()
})

t.test('asking for it costs next to nothing', async (t) => {
  t.ok(bytesPerDay(ACTIVE_PACE) < 2_000_000)
  t.ok(bytesPerDay(STANDBY_PACE) < 200_000)
})
