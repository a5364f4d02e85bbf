// What a router's kernel is to have: rules, routes and a ruleset, as plans of them.
import { changesBetween } from '@infra-home/agent/router/changes.ts'
import { ledNetworks } from '@infra-home/agent/router/led-networks.ts'
import { isOurRule } from '@infra-home/agent/router/ours.ts'
import { portsOf } from '@infra-home/agent/router/uplink-ports.ts'
import type { RoutedUplink, RouterPlan, UplinkNetwork } from '@infra-home/agent/router/plan.ts'
import { wantedRouting } from '@infra-home/agent/router/wanted-routing.ts'
import { passedBetween } from '@infra-home/agent/wan/passed-by.ts'
import { totalOf, withCarried } from '@infra-home/agent/wan/usage.ts'
import { monoMs, wallMs } from '@infra-home/shared/clock.ts'
import { rulesetOf } from '@infra-home/agent/router/ruleset.ts'
import { keepNetworksLed } from '@infra-home/agent/wan/network-leader.ts'
import { ledOf } from '@infra-home/agent/wan/router-plan-of.ts'
import type { WanWish, WishedNetwork } from '@infra-home/shared/messages/wan.ts'
import t from 'tap'

const v4 = (octet: number): UplinkNetwork => ({
  family: 'ipv4',
  address: `192.168.${octet}.10`,
  subnet: `192.168.${octet}.0/24`,
  gateway: `192.168.${octet}.1`,
})
const V6: UplinkNetwork = {
  family: 'ipv6',
  address: '2001:db8:8::10',
  subnet: '2001:db8:8::/64',
  gateway: 'fe80::1',
}
const routed = (id: string, index: number, networks: readonly UplinkNetwork[]): RoutedUplink => ({
  id,
  index,
  interface: `wan${index}`,
  networks,
})
const MIFI = routed('mifi', 1, [v4(8), V6])
const DSL = routed('dsl', 2, [v4(9)])
const FIBRE = routed('fibre', 3, [v4(7), V6])
const PLAN: RouterPlan = {
  uplinks: [MIFI, DSL, FIBRE],
  lans: [{ interface: 'lan40', family: 'ipv4', subnet: '10.40.0.0/24' }],
  active: 'mifi',
}
const network = (id: string, vlan: number, metered: WishedNetwork['metered']): WishedNetwork => ({
  id,
  interface: `lan${vlan}`,
  subnets: [`10.${vlan}.0.0/24`],
  metered,
})
const INFRA = network('infra', 10, 'allow')
const IOT = network('iot', 40, 'deny')
const GUESTS = network('guests', 50, 'critical-only')

t.test('who may not use the uplink in use is led by the best that costs nothing', async (t) => {
  const uplink = (id: string, priority: number, metered: boolean, isAlive: boolean) => ({
    id,
    priority,
    metered,
    isAlive,
  })
  const networks = [INFRA, IOT, GUESTS]
  const by = (id: string) => [
    { interface: 'lan40', by: id },
    { interface: 'lan50', by: id },
  ]
  const rows = [
    ['the free one that lives', 'mifi', [true, true, true], by('dsl')],
    ['the next when the better one is dead', 'mifi', [true, false, true], by('fibre')],
    ['nobody when none of them lives: they are refused', 'mifi', [true, false, false], []],
    ['by another even when the one in use has died', 'mifi', [false, true, true], by('dsl')],
    ['where all go, when that costs nothing', 'dsl', [true, true, true], []],
    ['nowhere while nothing is in use', null, [true, true, true], []],
    ['nowhere for an uplink that nobody knows', 'moon', [true, true, true], []],
  ] as const
  for (const [what, active, [mifi, dsl, fibre], expected] of rows) {
    const uplinks = [
      uplink('fibre', 30, false, fibre),
      uplink('mifi', 10, true, mifi),
      uplink('dsl', 20, false, dsl),
      uplink('tether', 1, true, true),
    ]
    t.same(ledNetworks({ uplinks, networks }, active), expected, what)
  }
})

t.test('a network that is led has rules of its own, behind the marks', async (t) => {
  const rulesFor = (by: string | null) => {
    const led = by === null ? [] : [{ interface: 'lan40', by }]
    return wantedRouting({ ...PLAN, led }).rules.filter(({ selector }) => selector.includes('iif'))
  }
  const words = (by: string | null) =>
    rulesFor(by).map(({ family, priority, action }) => `${family} ${priority} ${action}`)
  t.same(words(null), [])
  const near = (family: string) => `${family} 8150 lookup main suppress_prefixlength 0`
  t.same(words('dsl'), [near('ipv4'), 'ipv4 8151 lookup 8102'], 'in the families that its uplink has')
  t.same(words('fibre'), [near('ipv4'), 'ipv4 8151 lookup 8103', near('ipv6'), 'ipv6 8151 lookup 8103'])
  t.same(words('moon'), [], 'an uplink that is not there leads nobody')
  t.ok(rulesFor('fibre').every(isOurRule), 'ours by number')
  const [own] = rulesFor('fibre')
  for (const priority of [8149, 8152])
    t.notOk(own && isOurRule({ ...own, priority }), `${priority} is somebody else’s`)
})

t.test('who is led elsewhere is never without a way', async (t) => {
  const by = (id: string | null) =>
    wantedRouting({ ...PLAN, led: id === null ? [] : [{ interface: 'lan40', by: id }] })
  const deeds = (from: string | null, to: string | null) =>
    changesBetween(by(from), by(to)).map(({ ip }) => ip.join(' '))
  t.same(deeds('dsl', 'dsl'), [])
  t.same(
    deeds('dsl', 'fibre').filter((words) => words.startsWith('-4')),
    [
      '-4 rule add priority 8151 from all iif lan40 lookup 8103',
      '-4 rule delete priority 8151 from all iif lan40 lookup 8102',
    ],
    'the new one is there before the old one goes',
  )
  t.same(deeds('dsl', null), [
    '-4 rule delete priority 8151 from all iif lan40 lookup 8102',
    '-4 rule delete priority 8150 from all iif lan40 lookup main suppress_prefixlength 0',
  ])
  const moved = changesBetween(
    wantedRouting({ ...PLAN, active: 'dsl' }),
    wantedRouting({ ...PLAN, led: [{ interface: 'lan40', by: 'dsl' }] }),
  ).map(({ what }) => what)
  const at = (part: string): number => moved.findIndex((what) => what.includes(part))
  t.ok(at('iif lan40 lookup 8102') < at('table main'), 'and before the default goes to what costs')
})

t.test('flows of a network that is led are ended when what leads it dies, and not before', async (t) => {
  const swept: string[] = []
  const alive = new Set(['mifi', 'dsl', 'fibre'])
  const dead = new Set<string>()
  const uplinks = [
    { id: 'mifi', metered: true, priority: 10 },
    { id: 'dsl', metered: false, priority: 20 },
    { id: 'fibre', metered: false, priority: 30 },
  ] as unknown as WanWish['uplinks']
  const wish = { uplinks, networks: [INFRA, IOT] }
  const leader = keepNetworksLed({
    wish,
    isAlive: (id) => alive.has(id),
    isDead: (id) => dead.has(id),
    sweep: async (id) => void swept.push(id),
  })
  const plan = (active: string) => ({ led: ledOf(wish, active, leader.alive()) })
  t.same(plan('mifi'), { led: [] }, 'before anybody looked')
  t.notOk(leader.isRight('mifi'))
  leader.see()
  await leader.follow(plan('mifi'))
  t.ok(leader.isRight('mifi'))
  t.notOk(leader.isRight('dsl'), 'by what is free nobody needs to be led')
  alive.delete('dsl')
  t.same(plan('mifi'), { led: [{ interface: 'lan40', by: 'dsl' }] }, 'a plan is of one look')
  t.notOk(leader.isRight('mifi'))
  dead.add('dsl')
  leader.see()
  await leader.follow(plan('mifi'))
  t.same(swept, ['dsl'])
  alive.add('dsl')
  dead.clear()
  leader.see()
  await leader.follow(plan('mifi'))
  t.ok(leader.isRight('mifi'))
  t.same(swept, ['dsl'], 'flows by one that lives stay where they are')
})

t.test('uplinks of one address share its ports', async (t) => {
  const twin = (id: string) => ({ id, networks: [v4(8)] })
  const uplinks = [twin('a'), { id: 'b', networks: [v4(9)] }, twin('c'), { id: 'd', networks: [] }]
  const rows = [
    ['a', { first: 61_000, last: 61_499 }],
    ['b', null],
    ['c', { first: 61_500, last: 61_999 }],
    ['d', null],
    ['moon', null],
  ] as const
  for (const [id, expected] of rows) t.same(portsOf(uplinks, id), expected, id)
  t.equal(
    portsOf(
      [
        { id: 'd', networks: [] },
        { id: 'e', networks: [V6] },
        { id: 'f', networks: [V6] },
      ],
      'e',
    ),
    null,
  )
  const many = Array.from({ length: 11 }, (_, i) => twin(`u${i}`))
  t.same(portsOf(many, 'u8'), { first: 65_000, last: 65_499 })
  t.equal(portsOf(many, 'u9'), null, 'there are no more than 65535')
  const rules = wantedRouting({
    uplinks: [MIFI, { ...DSL, networks: [v4(8)] }],
    lans: [],
    active: null,
  }).rules
  t.same(
    rules.filter(({ priority }) => priority === 8002).map(({ selector }) => selector),
    ['from 192.168.8.10 ipproto udp sport 61500-61999', 'from 192.168.8.10 ipproto tcp sport 61500-61999'],
  )
})

t.test('what passes for networks that no plan names counts towards the plan', async (t) => {
  const passedIn = passedBetween([MIFI], ['infra'])
  const counters = (bytes: number) =>
    new Map(['infra', 'others', 'router'].map((network) => [`used-mifi-${network}`, { packets: 1, bytes }]))
  const { bytes } = passedIn(counters(100), counters(150), { devices: new Map(), at: monoMs(0) })
  t.same(Object.fromEntries(bytes.get('mifi') ?? []), { infra: 50, others: 50, router: 50 })
  const month = { uplinks: [{ id: 'mifi', billingDay: 1 }], timeZone: 'UTC', wall: wallMs(0) }
  const { mifi } = withCarried({}, bytes, month)
  t.equal(mifi && totalOf(mifi), 150)
})

t.test('a ruleset refuses whom his right forbids what costs, and pins and counts the rest', async (t) => {
  const text = rulesetOf({
    uplinks: [
      { ...MIFI, metered: true },
      { ...DSL, metered: false },
    ],
    networks: [INFRA, { ...IOT, subnets: ['10.40.0.0/24', 'fd00:40::/64'] }, GUESTS],
  })
  const lines = text.split('\n').map((line) => line.trim())
  t.same(lines.slice(0, 3), [
    'table inet infra_home',
    'delete table inet infra_home',
    'table inet infra_home {',
  ])
  const refusals = lines.filter((line) => line.includes('admin-prohibited'))
  const refusal = (whose: string, id: string) =>
    `oifname "wan1" ${whose}counter name "refused-mifi-${id}" reject with icmpx type admin-prohibited`
  t.same(
    refusals.filter((line) => line.includes('iot')),
    ['iifname "lan40" ', 'ip saddr 10.40.0.0/24 ', 'ip6 saddr fd00:40::/64 '].map((whose) =>
      refusal(whose, 'iot'),
    ),
    'by where it comes from, whatever its address',
  )
  const notCritical = [
    'meta l4proto { tcp, udp } th dport != { 53, 123, 500, 4500 } ',
    'meta l4proto != { tcp, udp, icmp, ipv6-icmp } ',
  ]
  t.same(
    refusals.filter((line) => line.includes('guests')),
    ['iifname "lan50" ', 'ip saddr 10.50.0.0/24 '].flatMap((whose) =>
      notCritical.map((what) => refusal(`${whose}${what}`, 'guests')),
    ),
  )
  t.equal(refusals.length, 7, 'nobody else, and nowhere that is free')
  for (const part of [
    'counter refused-mifi-iot { }',
    'oifname "wan2" ip saddr 10.40.0.0/24 counter name "used-dsl-iot"',
    'iifname "wan2" ip daddr 10.40.0.0/24 counter name "used-dsl-iot"',
    'counter used-dsl-others { }',
    'oifname "wan2" meta nfproto ipv4 ip saddr != 10.10.0.0/24 ip saddr != 10.40.0.0/24 ip saddr != 10.50.0.0/24 counter name "used-dsl-others"',
    'iifname "wan2" meta nfproto ipv6 ip6 daddr != fd00:40::/64 counter name "used-dsl-others"',
    'oifname "wan2" ct mark & 0xff0000 == 0 ct mark set ct mark & 0xff00ffff | 0x20000',
    'iifname "wan2" ct state new ct mark set ct mark & 0xff00ffff | 0x20000',
    'oifname "wan2" masquerade',
  ])
    t.ok(lines.includes(part), part)
  t.equal(lines.filter((line) => line === 'counter refused-dsl-iot { }').length, 0)
  t.throws(
    () => rulesetOf({ uplinks: [{ ...MIFI, interface: 'a"b', metered: true }], networks: [] }),
    { code: 'config-invalid' },
    'nft has no way to write a quote',
  )
})
