import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isInfraError } from '@infra-home/shared/errors.ts'
import type { LinkState } from '@infra-home/shared/messages/link.ts'
import { checker, formatProblem } from '@infra-home/shared/problem.ts'
import { checkTopology } from '@infra-home/shared/topology/check.ts'
import { deviations, type ObservedNode } from '@infra-home/shared/topology/deviations.ts'
import { loadTopology } from '@infra-home/shared/topology/load.ts'
import { topologySchemaJson } from '@infra-home/shared/topology/schema-json.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { contains, overlap, parseAddress, parseSubnet } from '@infra-home/shared/topology/subnet.ts'

const ROOT = join(import.meta.dirname, '../../..')
const TEXT = readFileSync(join(ROOT, 'topology.json'), 'utf8')
const home = (): Topology => JSON.parse(TEXT) as Topology
type Change = (topology: Topology) => unknown

t.test('the shipped plan stands', async (t) => {
  t.equal(loadTopology(TEXT, 'topology.json').site, 'home')
  t.equal(
    topologySchemaJson(),
    readFileSync(join(ROOT, 'topology.schema.json'), 'utf8'),
    'its schema is not stale',
  )
})

t.test('a contradiction is named with both culprits', async (t) => {
  const nic = (topology: Topology, host: number, i: number) => {
    const found = topology.hosts[host]?.interfaces[i]
    if (!found) throw new RangeError('no such interface')
    return found
  }
  const rows: [string, Change, string, string, string][] = [
    [
      'the same address twice',
      (p) => Object.assign(p.phones[1] ?? {}, { address: '10.10.0.11' }),
      'address-twice',
      '/hosts/1/interfaces/1/addresses/0',
      '/phones/1/address',
    ],
    [
      'an address outside its VLAN',
      (p) => (nic(p, 2, 0).addresses[0] = '10.20.0.12'),
      'address-outside-subnet',
      '/hosts/2/interfaces/0/addresses/0',
      '/vlans/0/subnet',
    ],
    [
      'a broadcast address',
      (p) => Object.assign(p.phones[0] ?? {}, { address: '10.10.0.255' }),
      'address-reserved',
      '/phones/0/address',
      '/vlans/0/subnet',
    ],
    [
      'a VLAN whose gateway is elsewhere',
      (p) => Object.assign(p.vlans[1] ?? {}, { gateway: '10.10.0.1' }),
      'gateway-outside-subnet',
      '/vlans/1/gateway',
      '/vlans/1/subnet',
    ],
    [
      'a gateway that is no router',
      (p) => Object.assign(p.vlans[0] ?? {}, { gateway: '10.10.0.11' }),
      'gateway-is-another-host',
      '/vlans/0/gateway',
      '/hosts/1/interfaces/1/addresses/0',
    ],
    [
      'a host that is its own gateway',
      (p) => Object.assign(nic(p, 1, 1), { gateway: '10.10.0.11' }),
      'gateway-is-another-host',
      '/hosts/1/interfaces/1/gateway',
      '/hosts/1/interfaces/1/addresses/0',
    ],
    [
      'a host with a gateway of its own',
      (p) => Object.assign(nic(p, 1, 1), { gateway: '10.10.0.10' }),
      'gateway-differs',
      '/hosts/1/interfaces/1/gateway',
      '/vlans/0/gateway',
    ],
    [
      'an interface’s gateway outside',
      (p) => Object.assign(nic(p, 2, 0), { gateway: '10.20.0.1' }),
      'gateway-outside-subnet',
      '/hosts/2/interfaces/0/gateway',
      '/vlans/0/subnet',
    ],
    [
      'a network with host bits',
      (p) => Object.assign(p.vlans[3] ?? {}, { subnet: '10.40.0.1/24' }),
      'subnet-malformed',
      '/vlans/3/subnet',
      '/vlans/3/name',
    ],
    [
      'networks that overlap',
      (p) => Object.assign(p.vlans[3] ?? {}, { subnet: '10.30.0.0/16', gateway: '10.30.0.1' }),
      'subnets-overlap',
      '/vlans/2/subnet',
      '/vlans/3/subnet',
    ],
    [
      'a VLAN id twice',
      (p) => Object.assign(p.vlans[3] ?? {}, { id: 30 }),
      'vlan-id-twice',
      '/vlans/2/id',
      '/vlans/3/id',
    ],
    [
      'a VLAN name twice',
      (p) => Object.assign(p.vlans[3] ?? {}, { name: 'PRO' }),
      'vlan-name-twice',
      '/vlans/1/name',
      '/vlans/3/name',
    ],
    [
      'a name twice',
      (p) => Object.assign(p.phones[0] ?? {}, { name: 'rpi4-2' }),
      'name-twice',
      '/hosts/1/name',
      '/phones/0/name',
    ],
    [
      'an uplink id twice',
      (p) => Object.assign(p.uplinks[1] ?? {}, { id: 'mifi' }),
      'name-twice',
      '/uplinks/0/id',
      '/uplinks/1/id',
    ],
    [
      'an interface twice',
      (p) => Object.assign(nic(p, 0, 5), { name: 'eth0' }),
      'interface-twice',
      '/hosts/0/interfaces/0/name',
      '/hosts/0/interfaces/5/name',
    ],
    [
      'an interface on a VLAN that is not planned',
      (p) => Object.assign(nic(p, 2, 0), { vlan: 50 }),
      'vlan-unknown',
      '/hosts/2/interfaces/0/vlan',
      '/vlans',
    ],
    [
      'a tagged interface without a trunk',
      (p) => Object.assign(nic(p, 1, 1), { name: 'eth1.10' }),
      'vlan-not-carried',
      '/hosts/1/interfaces/1/name',
      '/hosts/1/interfaces',
    ],
    [
      'a tagged interface of another VLAN',
      (p) => Object.assign(nic(p, 0, 2), { name: 'eth0.21' }),
      'vlan-not-carried',
      '/hosts/0/interfaces/2/name',
      '/hosts/0/interfaces/2/vlan',
    ],
    [
      'an uplink on an unknown host',
      (p) => Object.assign(p.uplinks[0] ?? {}, { host: 'rpi9' }),
      'uplink-host-unknown',
      '/uplinks/0/host',
      '/hosts',
    ],
    [
      'an uplink on an unknown interface',
      (p) => Object.assign(p.uplinks[0] ?? {}, { interface: 'wlan7' }),
      'uplink-interface-unknown',
      '/uplinks/0/interface',
      '/hosts/0/interfaces',
    ],
    [
      'a tether of an unknown phone',
      (p) => Object.assign(p.uplinks[1] ?? {}, { phone: 'phone-9' }),
      'uplink-phone-unknown',
      '/uplinks/1/phone',
      '/phones',
    ],
    [
      'a modem read by nobody',
      (p) => Object.assign(p.modems[0] ?? {}, { host: 'rpi9' }),
      'modem-host-unknown',
      '/modems/0/host',
      '/hosts',
    ],
    [
      'a modem of no uplink',
      (p) => Object.assign(p.modems[0] ?? {}, { uplink: 'dsl' }),
      'modem-uplink-unknown',
      '/modems/0/uplink',
      '/uplinks',
    ],
    [
      'a rule about nothing',
      (p) => Object.assign(p.rules[0] ?? {}, { to: 'GUESTS' }),
      'rule-vlan-unknown',
      '/rules/0/to',
      '/vlans',
    ],
    [
      'a k3s address that is not the node’s',
      (p) => Object.assign(p.hosts[1]?.k3s ?? {}, { nodeIp: '10.10.0.77', flags: [] }),
      'k3s-node-ip',
      '/hosts/1/k3s/nodeIp',
      '/hosts/1',
    ],
    [
      'k3s flags that say something else',
      (p) => Object.assign(p.hosts[1]?.k3s ?? {}, { flags: ['--node-ip=10.10.0.12'] }),
      'k3s-flags',
      '/hosts/1/k3s/flags/0',
      '/hosts/1/k3s/nodeIp',
    ],
    [
      'a k3s server that is not there',
      (p) => Object.assign(p.hosts[2]?.k3s ?? {}, { serverAddr: 'https://10.10.0.99:6443' }),
      'k3s-server',
      '/hosts/2/k3s/serverAddr',
      '/k3s',
    ],
    [
      'a common address that is somebody’s own',
      (p) => Object.assign(p.k3s ?? {}, { vip: '10.10.0.10' }),
      'k3s-vip',
      '/k3s/vip',
      '/hosts/0/interfaces/1/addresses/1',
    ],
    [
      'OpenBao on an unknown node',
      (p) => p.openbao?.nodes.push('rpi9'),
      'openbao-node-unknown',
      '/openbao/nodes/3',
      '/hosts',
    ],
    [
      'more shares needed than there are',
      (p) => Object.assign(p.openbao ?? {}, { threshold: 7 }),
      'openbao-threshold',
      '/openbao/threshold',
      '/openbao/shares',
    ],
  ]
  for (const [name, change, code, first, second] of rows)
    t.test(name, async (t) => {
      const plan = home()
      change(plan)
      const found = checkTopology(plan)
      t.match(
        found.find((c) => c.code === code),
        { code, culprits: [first, second] },
        JSON.stringify(found),
      )
    })
})

t.test('a file that cannot be right is refused with every place, value and expectation', async (t) => {
  const rows: [string, string, string, RegExp][] = [
    ['half a file', TEXT.slice(0, 200), 'config-invalid', /plan: not JSON/],
    [
      'a wrong type',
      TEXT.replace('"id": 10', '"id": "10"'),
      'config-invalid',
      /plan: \/vlans\/0\/id: "10" – expected integer ≥ 1 ≤ 4094/,
    ],
    [
      'a key that nobody knows',
      TEXT.replace('"metered": "deny"', '"metered": "deny", "colour": "red"'),
      'config-invalid',
      /\/vlans\/3\/colour: "red" – expected no such key/,
    ],
    [
      'a value outside the list',
      TEXT.replace('"deny"', '"never"'),
      'config-invalid',
      /\/vlans\/3\/metered: "never" – expected one of allow, deny, critical-only/,
    ],
    [
      'a name with capitals',
      TEXT.replace('"name": "rpi4-2"', '"name": "RPi4"'),
      'config-invalid',
      /\/hosts\/1\/name: "RPi4" – expected string: lower-case letters/,
    ],
    [
      'a missing list',
      TEXT.replace('"uplinks"', '"upstreams"'),
      'config-invalid',
      /\/uplinks: missing – expected array/,
    ],
    [
      'two faults in two lines',
      TEXT.replace('10.10.0.51"', '10.10.0.50"').replace('"priority": 10', '"priority": 10, "phone": "x"'),
      'topology-invalid',
      /phone-1 and phone-2 both have 10.10.0.50.*\n.*uplink mifi tethers x/,
    ],
  ]
  for (const [name, text, code, message] of rows)
    t.test(name, async (t) => {
      try {
        loadTopology(text, 'plan')
        t.fail('it was taken')
      } catch (error) {
        t.ok(isInfraError(error) && error.code === code, String(error))
        t.match((error as Error).message, message)
      }
    })
})

t.test('problems read like sentences', async (t) => {
  const check = checker({
    type: 'object',
    properties: {
      port: { type: 'integer', minimum: 1, maximum: 9 },
      kind: { anyOf: [{ const: 'a' }, { const: 'b' }] },
    },
    required: ['kind'],
  })
  t.same(check({ port: 4, kind: 'a' }), [])
  t.same(check({ port: 12, kind: 'c' }).map(formatProblem), [
    '/port: 12 – expected integer ≥ 1 ≤ 9',
    '/kind: "c" – expected one of a, b',
  ])
  t.same(check({}).map(formatProblem), ['/kind: missing – expected one of a, b'])
  t.match(check([]).map(formatProblem), [/^\/: \[\] – expected/])
})

t.test('subnets', async (t) => {
  const bad = [
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    'fe80::g',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1.2.3.4::',
  ]
  for (const text of bad)
    t.test(`${JSON.stringify(text)} is no address`, async (t) => t.equal(parseAddress(text), null))
  t.test('are the same however they are written', async (t) => {
    for (const [a, b] of [
      ['::1', '0:0:0:0:0:0:0:1'],
      ['fe80::', 'FE80:0::0'],
      ['::ffff:1.2.3.4', '::ffff:102:304'],
    ] as const)
      t.same(parseAddress(a), parseAddress(b))
    for (const text of ['10.0.0.1/24', '10.0.0.0/33', '10.0.0.0', '10.0.0.0/8/8', '::/129'])
      t.equal(parseSubnet(text), null)
  })
  t.test('contain what arithmetic says, for any address and prefix', async (t) => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    t.comment(`seed ${seed}`)
    let state = seed
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return (state >> 8) % below
    }
    for (let i = 0; i < 2000; i++) {
      const bytes = Array.from({ length: 4 }, () => random(256))
      const prefix = random(33)
      const number = bytes.reduce((n, b) => n * 256 + b, 0)
      const size = 2 ** (32 - prefix)
      const base = Math.floor(number / size) * size
      const text = (n: number): string =>
        [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256).join('.')
      const net = parseSubnet(`${text(base)}/${prefix}`)
      const other = parseAddress(text((base + random(1000) * Math.max(1, Math.floor(size / 500))) % 2 ** 32))
      if (!net || !other) return t.fail(`${text(base)}/${prefix}`)
      const inside = Number(other.value) >= base && Number(other.value) < base + size
      if (contains(net, other) !== inside) return t.fail(`${text(base)}/${prefix} ${other.value}`)
      if (overlap(net, { ...other, prefix: 32 }) !== inside) return t.fail('overlap')
    }
    t.pass()
  })
})

t.test('deviations', async (t) => {
  const link = (
    kind: LinkState['kind'],
    addresses: string[],
    change: Partial<LinkState> = {},
  ): LinkState => ({
    kind,
    adminUp: true,
    carrier: true,
    operState: 'up',
    carrierChanges: 1,
    speedMbps: 1000,
    duplex: 'full',
    mtu: 1500,
    mac: null,
    parent: kind === 'vlan' ? 'eth0' : null,
    addresses: [
      ...addresses.map((address) => ({
        address,
        prefix: 24,
        family: 'ipv4' as const,
        scope: 'global' as const,
      })),
      { address: 'fe80::1', prefix: 64, family: 'ipv6' as const, scope: 'link' as const },
    ],
    ...change,
  })
  const vlan = (vlanId: number): { vlanId: number; parent: string; state: 'up'; addresses: [] } => ({
    vlanId,
    parent: 'eth0',
    state: 'up',
    addresses: [],
  })
  const route = (gateway: string, name: string) => ({
    family: 'ipv4' as const,
    kind: 'unicast',
    destination: 'default',
    gateway,
    interface: name,
    source: null,
    table: 'main',
    metric: null,
    protocol: 'static',
  })
  type Rooms = {
    links: Record<string, LinkState>
    vlans: NonNullable<ObservedNode['vlans']>
    routes: NonNullable<ObservedNode['routes']>
  }
  const router = (): Rooms => ({
    links: {
      eth0: link('ethernet', []),
      'eth0.10': link('vlan', ['10.10.0.1', '10.10.0.10']),
      'eth0.20': link('vlan', ['10.20.0.1']),
      'eth0.30': link('vlan', ['10.30.0.1']),
      'eth0.40': link('vlan', ['10.40.0.1']),
      wlan0: link('wifi', ['192.168.8.100']),
    },
    vlans: { 'eth0.10': vlan(10), 'eth0.20': vlan(20), 'eth0.30': vlan(30), 'eth0.40': vlan(40) },
    routes: { routes: [route('192.168.8.1', 'wlan0')], rules: [], truncated: false },
  })
  const server = (): Rooms => ({
    links: { eth0: link('ethernet', []), 'eth0.10': link('vlan', ['10.10.0.11']) },
    vlans: { 'eth0.10': vlan(10) },
    routes: { routes: [route('10.10.0.1', 'eth0.10')], rules: [], truncated: false },
  })
  type Row = [string, 'rpi4-1' | 'rpi4-2', (node: Rooms) => unknown, string[]]
  const down = { carrier: false, operState: 'down' }
  const rows: Row[] = [
    ['none on a home as planned', 'rpi4-1', () => {}, []],
    ['none on a server as planned', 'rpi4-2', () => {}, []],
    [
      'VLAN 20 is gone',
      'rpi4-1',
      (n) => (delete n.links['eth0.20'], delete (n.vlans as Record<string, unknown>)['eth0.20']),
      ['vlan-missing eth0.20'],
    ],
    [
      'VLAN 20 has another id',
      'rpi4-1',
      (n) => ((n.vlans as Record<string, unknown>)['eth0.20'] = vlan(21)),
      ['vlan-wrong-id eth0.20'],
    ],
    [
      'VLAN 20 hangs elsewhere',
      'rpi4-1',
      (n) => ((n.vlans as Record<string, unknown>)['eth0.20'] = { ...vlan(20), parent: 'eth1' }),
      ['vlan-wrong-parent eth0.20'],
    ],
    [
      'an address is gone',
      'rpi4-1',
      (n) => (n.links['eth0.30'] = link('vlan', [])),
      ['address-missing eth0.30'],
    ],
    [
      'an address is too many',
      'rpi4-1',
      (n) => (n.links['eth0.30'] = link('vlan', ['10.30.0.1', '10.30.0.9'])),
      ['address-unexpected eth0.30'],
    ],
    [
      'the trunk is down, and its VLANs with it',
      'rpi4-2',
      (n) => {
        n.links['eth0'] = link('ethernet', [], down)
        n.links['eth0.10'] = link('vlan', ['10.10.0.11'], down)
      },
      ['interface-down eth0', 'vlan-down eth0.10 < eth0'],
    ],
    [
      'a VLAN alone is switched off',
      'rpi4-2',
      (n) => (n.links['eth0.10'] = link('vlan', [], { adminUp: false })),
      ['vlan-down eth0.10'],
    ],
    [
      'the trunk is gone',
      'rpi4-2',
      (n) => (n.links = {}),
      ['interface-missing eth0', 'vlan-missing eth0.10 < eth0'],
    ],
    [
      'no default route',
      'rpi4-2',
      (n) => (n.routes = { ...n.routes, routes: [] }),
      ['gateway-missing eth0.10'],
    ],
    [
      'another gateway',
      'rpi4-2',
      (n) => (n.routes = { ...n.routes, routes: [route('10.10.0.10', 'eth0.10')] }),
      ['gateway-wrong eth0.10'],
    ],
    [
      'a router that routes to itself',
      'rpi4-1',
      (n) => (n.routes = { ...n.routes, routes: [route('10.10.0.1', 'eth0.10')] }),
      ['gateway-unexpected eth0.10'],
    ],
  ]
  for (const [name, node, change, expected] of rows)
    t.test(name, async (t) => {
      const seen = node === 'rpi4-1' ? router() : server()
      change(seen)
      const found = deviations(home(), { [node]: seen })
      t.same(
        found.map((d) => `${d.code} ${d.subject}${d.followsFrom ? ` < ${d.followsFrom}` : ''}`),
        expected,
      )
      t.ok(found.every((d) => d.node === node && d.message.startsWith(node)))
    })
  t.test('says nothing of what was not reported', async (t) => {
    t.same(deviations(home(), {}), [])
    t.same(deviations(home(), { 'rpi4-1': { links: null, vlans: null, routes: null } }), [])
  })
  t.test('a phone is held to its address alone', async (t) => {
    const phone = (address: string): ObservedNode => ({
      links: { wlan0: link('wifi', [address]) },
      vlans: null,
      routes: null,
    })
    t.same(deviations(home(), { 'phone-2': phone('10.10.0.51') }), [])
    t.match(deviations(home(), { 'phone-2': phone('10.10.0.99') }), [
      { code: 'address-missing', expected: '10.10.0.51' },
    ])
  })
})
