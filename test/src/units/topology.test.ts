import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Reading } from '@infra-home/agent/collectors/collector.ts'
import { links } from '@infra-home/agent/collectors/links.ts'
import { routes } from '@infra-home/agent/collectors/routes.ts'
import { vlans } from '@infra-home/agent/collectors/vlans.ts'
import type { SimulatedMachine } from '@infra-home/agent/sys/simulated/machine.ts'
import { machineOf } from '@infra-home/agent/sys/simulated/plan-machine.ts'
import { simulatedSys } from '@infra-home/agent/sys/simulated/sys.ts'
import type { Disk } from '@infra-home/agent/sys/sys.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import type { LinkState } from '@infra-home/shared/messages/link.ts'
import { checker, formatProblem } from '@infra-home/shared/problem.ts'
import { checkTopology } from '@infra-home/shared/topology/check.ts'
import { deviations, type ObservedNode } from '@infra-home/shared/topology/deviations.ts'
import { jsonFault } from '@infra-home/shared/json-fault.ts'
import { loadTopology } from '@infra-home/shared/topology/load.ts'
import { topologySchemaJson } from '@infra-home/shared/topology/schema-json.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { contains, overlap, parseAddress, parseSubnet } from '@infra-home/shared/topology/subnet.ts'
import { fakeClock } from '../helpers/fake-clock.ts'

const ROOT = join(import.meta.dirname, '../../..')
const TEXT = readFileSync(join(ROOT, 'topology.json'), 'utf8')
const home = (): Topology => JSON.parse(TEXT) as Topology
type Change = (topology: Topology) => unknown

const randomFrom = (seed: number): ((below: number) => number) => {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (state >> 8) % below
  }
}

const parses = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const at = (root: unknown, pointer: string): unknown =>
  pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((here, key) => (here as Record<string, unknown> | undefined)?.[key], root)

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
      'an uplink on a host that is no router',
      (p) => Object.assign(p.uplinks[0] ?? {}, { host: 'rpi4-2' }),
      'uplink-host-no-router',
      '/uplinks/0/host',
      '/hosts/1/role',
    ],
    [
      'two uplinks that are preferred alike',
      (p) => Object.assign(p.uplinks[1] ?? {}, { priority: p.uplinks[0]?.priority }),
      'uplink-priority-twice',
      '/uplinks/0/priority',
      '/uplinks/1/priority',
    ],
    [
      'a phone at an uplink that tethers none',
      (p) => Object.assign(p.uplinks[0] ?? {}, { phone: 'phone-1' }),
      'uplink-phone-misplaced',
      '/uplinks/0/phone',
      '/uplinks/0/kind',
    ],
    [
      'limits of a phone at an uplink that tethers none',
      (p) => Object.assign(p.uplinks[0] ?? {}, { tether: { minBatteryPercent: 40 } }),
      'uplink-tether-misplaced',
      '/uplinks/0/tether',
      '/uplinks/0/kind',
    ],
    [
      'two uplinks on one interface',
      (p) => Object.assign(p.uplinks[1] ?? {}, { interface: 'wlan0' }),
      'uplink-interface-twice',
      '/uplinks/0/interface',
      '/uplinks/1/interface',
    ],
    [
      'a target that is asked twice',
      (p) => Object.assign(p.uplinks[0] ?? {}, { probe: { targets: ['1.1.1.1', '8.8.8.8', '1.1.1.1'] } }),
      'probe-target-twice',
      '/uplinks/0/probe/targets/0',
      '/uplinks/0/probe/targets/2',
    ],
    ...[
      '0.0.0.0',
      '10.99.0.1',
      '100.64.0.1',
      '127.0.0.1',
      '169.254.1.1',
      '172.31.255.254',
      '192.168.8.1',
      '224.0.0.1',
      '255.255.255.255',
    ].map((target): [string, Change, string, string, string] => [
      `a target that is not out in the world: ${target}`,
      (p) => Object.assign(p.uplinks[0] ?? {}, { probe: { targets: ['1.1.1.1', target] } }),
      'probe-target-not-public',
      '/uplinks/0/probe/targets/1',
      '/uplinks/0/id',
    ]),
    [
      'a target in a network of the house',
      (p) => Object.assign(p.uplinks[0] ?? {}, { probe: { targets: ['10.20.0.9'] } }),
      'probe-target-at-home',
      '/uplinks/0/probe/targets/0',
      '/vlans/1/subnet',
    ],
    [
      'a target that is the uplink’s own gateway',
      (p) => {
        Object.assign(nic(p, 0, 5), { gateway: '198.51.100.1' })
        Object.assign(p.uplinks[0] ?? {}, { probe: { targets: ['198.51.100.1'] } })
      },
      'probe-target-at-home',
      '/uplinks/0/probe/targets/0',
      '/hosts/0/interfaces/5/gateway',
    ],
    [
      'a page whose place is none',
      (p) => Object.assign(p.uplinks[0] ?? {}, { probe: { http: { url: 'http://a b/', status: 204 } } }),
      'probe-page-malformed',
      '/uplinks/0/probe/http/url',
      '/uplinks/0/id',
    ],
    [
      'a modem of no driver that there is',
      (p) => Object.assign(p.modems[0] ?? {}, { driver: 'huawei' }),
      'modem-driver-unknown',
      '/modems/0/driver',
      '/modems/0/id',
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
      '/hosts/1/interfaces',
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
      'what only looks like an address',
      (p) => (nic(p, 0, 5).addresses[0] = '10.300.0.1'),
      'address-malformed',
      '/hosts/0/interfaces/5/addresses/0',
      '/hosts/0/name',
    ],
    [
      'a probe of what only looks like an address',
      (p) => Object.assign(p.uplinks[0] ?? {}, { probe: { targets: ['1.1.1.1', '9.9.9.999'] } }),
      'address-malformed',
      '/uplinks/0/probe/targets/1',
      '/uplinks/0/id',
    ],
    [
      'a VLAN’s address on the trunk',
      (p) => nic(p, 1, 0).addresses.push('10.10.0.77'),
      'address-in-other-vlan',
      '/hosts/1/interfaces/0/addresses/0',
      '/vlans/0/subnet',
    ],
    [
      'a gateway that is the broadcast address',
      (p) => Object.assign(p.vlans[3] ?? {}, { gateway: '10.40.0.255' }),
      'address-reserved',
      '/vlans/3/gateway',
      '/vlans/3/subnet',
    ],
    [
      'an IPv4 network where IPv6 belongs',
      (p) => Object.assign(p.vlans[0] ?? {}, { subnet6: '172.16.0.0/24' }),
      'subnet-malformed',
      '/vlans/0/subnet6',
      '/vlans/0/name',
    ],
    [
      'an IPv6 network that is an IPv4 one',
      (p) => Object.assign(p.vlans[1] ?? {}, { subnet6: '::ffff:10.10.0.0/120' }),
      'subnets-overlap',
      '/vlans/0/subnet',
      '/vlans/1/subnet6',
    ],
    [
      'IPv6 networks that overlap',
      (p) =>
        p.vlans
          .slice(0, 2)
          .map((vlan, i) => Object.assign(vlan, { subnet6: ['fd00:10::/32', 'fd00:10:1::/64'][i] })),
      'subnets-overlap',
      '/vlans/0/subnet6',
      '/vlans/1/subnet6',
    ],
    [
      'a tagged interface whose name names no trunk',
      (p) => Object.assign(nic(p, 1, 1), { name: 'vlan10' }),
      'vlan-not-carried',
      '/hosts/1/interfaces/1/name',
      '/hosts/1/interfaces/1/tagged',
    ],
    [
      'a VLAN that the trunk does not carry',
      (p) => Object.assign(nic(p, 0, 0), { carries: [10, 20, 40] }),
      'vlan-not-carried',
      '/hosts/0/interfaces/3/vlan',
      '/hosts/0/interfaces/0/carries',
    ],
    [
      'a trunk of a VLAN that is not planned',
      (p) => nic(p, 1, 0).carries?.push(50),
      'vlan-unknown',
      '/hosts/1/interfaces/0/carries/1',
      '/vlans',
    ],
    [
      'a flag and its value apart',
      (p) =>
        Object.assign(p.hosts[1]?.k3s ?? {}, { flags: ['--disable=traefik', '--node-ip', '10.10.0.12'] }),
      'k3s-flags',
      '/hosts/1/k3s/flags/1',
      '/hosts/1/k3s/nodeIp',
    ],
    [
      'a flag that joins another server',
      (p) => Object.assign(p.hosts[1]?.k3s ?? {}, { flags: ['--server https://10.10.0.10:6443'] }),
      'k3s-flags',
      '/hosts/1/k3s/flags/0',
      '/hosts/1/k3s/serverAddr',
    ],
    [
      'a flag that begins another cluster',
      (p) => Object.assign(p.hosts[1]?.k3s ?? {}, { flags: ['--cluster-init'] }),
      'k3s-flags',
      '/hosts/1/k3s/flags/0',
      '/hosts/1/k3s',
    ],
    [
      'a flag for an interface that is not planned',
      (p) => Object.assign(p.hosts[1]?.k3s ?? {}, { flags: ['--flannel-iface=eth0.11'] }),
      'k3s-flags',
      '/hosts/1/k3s/flags/0',
      '/hosts/1/interfaces',
    ],
    [
      'a server at another port',
      (p) => Object.assign(p.hosts[2]?.k3s ?? {}, { serverAddr: 'https://10.10.0.9:7443' }),
      'k3s-server',
      '/hosts/2/k3s/serverAddr',
      '/k3s/port',
    ],
    [
      'two beginnings of one cluster',
      (p) => Object.assign(p.hosts[1]?.k3s ?? {}, { clusterInit: true }),
      'k3s-cluster-init-twice',
      '/hosts/0/k3s/clusterInit',
      '/hosts/1/k3s/clusterInit',
    ],
    [
      'a common address that is a gateway',
      (p) => {
        p.hosts[0]?.interfaces.splice(4, 1)
        Object.assign(p.k3s ?? {}, { vip: '10.40.0.1' })
      },
      'k3s-vip',
      '/k3s/vip',
      '/vlans/3/gateway',
    ],
    [
      'a common address in no VLAN',
      (p) => Object.assign(p.k3s ?? {}, { vip: '192.168.1.9' }),
      'k3s-vip',
      '/k3s/vip',
      '/vlans',
    ],
    [
      'OpenBao twice on one node',
      (p) => p.openbao?.nodes.push('rpi4-1'),
      'openbao-node-twice',
      '/openbao/nodes/0',
      '/openbao/nodes/3',
    ],
    [
      'one share that would do',
      (p) => Object.assign(p.openbao ?? {}, { threshold: 1 }),
      'openbao-threshold',
      '/openbao/threshold',
      '/openbao/shares',
    ],
    [
      'more OpenBao nodes than shares',
      (p) => Object.assign(p.openbao ?? {}, { shares: 2, threshold: 2 }),
      'openbao-shares',
      '/openbao/nodes',
      '/openbao/shares',
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
      for (const { culprits } of found)
        for (const culprit of culprits) t.not(at(plan, culprit), undefined, `${culprit} is in the file`)
    })
  t.test('none is found where flags say what the plan says', async (t) => {
    const plan = home()
    const flags = ['--node-ip=10.10.0.11,fd00::1', '-s', 'https://10.10.0.9:6443', '--flannel-iface eth0.10']
    Object.assign(plan.hosts[1]?.k3s ?? {}, { flags })
    t.same(checkTopology(plan), [])
  })
  t.test('IPv6 beside IPv4 is none, even with the same number', async (t) => {
    const plan = home()
    Object.assign(plan.vlans[0] ?? {}, { subnet6: '::/96' })
    nic(plan, 1, 1).addresses.push('::a0a:1')
    t.same(checkTopology(plan), [])
  })
  t.test('none is found in targets out in the world, in networks for documentation neither', async (t) => {
    const plan = home()
    Object.assign(plan.uplinks[0] ?? {}, { probe: { targets: ['203.0.113.7', '198.51.100.7', '192.0.2.7'] } })
    t.same(checkTopology(plan), [])
  })
  t.test('none is found in a plan without k3s and OpenBao', async (t) => {
    const { k3s: _, openbao: __, ...plan } = home()
    for (const node of [...plan.hosts, ...plan.phones]) delete node.k3s
    t.same(checkTopology(plan), [])
  })
})

t.test('a file that cannot be right is refused with every place, value and expectation', async (t) => {
  const rows: [string, string, string, RegExp][] = [
    ['half a file', TEXT.slice(0, 200), 'config-invalid', /plan: not JSON/],
    [
      'a wrong type',
      TEXT.replace('"id": 10', '"id": "10"'),
      'config-invalid',
      /plan: \/vlans\/0\/id: "10" – expected an integer from 1 to 4094/,
    ],
    [
      'a key that nobody knows',
      TEXT.replace('"metered": "deny"', '"metered": "deny", "colour": "red"'),
      'config-invalid',
      /\/vlans\/3\/colour: "red" – expected no such key; known here: id, name, subnet/,
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
      /\/hosts\/1\/name: "RPi4" – expected a string: lower-case letters/,
    ],
    [
      'a missing list',
      TEXT.replace('"uplinks"', '"upstreams"'),
      'config-invalid',
      /\/uplinks: missing – expected an array/,
    ],
    ...(
      [
        [
          { probe: { targets: ['2606:4700:4700::1111'] } },
          /targets\/0: "2606:.*" – expected a string: an IPv4 address/,
        ],
        [
          { probe: { resolvers: ['fe80::1'] } },
          /resolvers\/0: "fe80::1" – expected a string: an IPv4 address/,
        ],
        [{ probe: { dailyBytes: 0 } }, /dailyBytes: 0 – expected an integer ≥ 50000: what probing may cost/],
        [{ tether: { maxTemperatureC: -500 } }, /maxTemperatureC: -500 – expected a number from 20 to 80/],
      ] as const
    ).map(([more, message]): [string, string, string, RegExp] => [
      JSON.stringify(more),
      TEXT.replace('"id": "tether",', `"id": "tether", ${JSON.stringify(more).slice(1, -1)},`),
      'config-invalid',
      message,
    ]),
    [
      'two faults in two lines',
      TEXT.replace('10.10.0.51"', '10.10.0.50"').replace('"interface": "wlan0",', '"interface": "wlan9",'),
      'topology-invalid',
      /phone-1 and phone-2 both have 10.10.0.50.*\n.*wlan9, which is not planned there \(.*\) – expected one of eth0, /,
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
    '/port: 12 – expected an integer from 1 to 9',
    '/kind: "c" – expected one of a, b',
  ])
  t.same(check({}).map(formatProblem), ['/kind: missing – expected one of a, b'])
  t.match(check([]).map(formatProblem), [/^\/: \[\] – expected/])
  const said = (schema: object, value: unknown): string[] => checker(schema)(value).map(formatProblem)
  const strict = { type: 'object', properties: { a: {}, b: {} }, additionalProperties: false }
  t.same(said(strict, { 'c/d': 1, e: 2 }), [
    '/c~1d: 1 – expected no such key; known here: a, b',
    '/e: 2 – expected no such key; known here: a, b',
  ])
  t.same(said({ type: 'object', additionalProperties: { type: 'string' } }, { a: 1 }), [
    '/a: 1 – expected a string',
  ])
  t.same(said({ type: 'array', minItems: 1 }, []), ['/: [] – expected an array of at least 1 item'])
  t.same(said({ type: 'array', minItems: 1, maxItems: 2 }, [1, 2, 3]), [
    '/: [1,2,3] – expected an array of at least 1 item and at most 2 items',
  ])
  t.same(said({ type: 'integer', maximum: 5 }, 6), ['/: 6 – expected an integer ≤ 5'])
})

t.test('a union is judged by the branch that is meant', async (t) => {
  const branch = (kind: string, key: string) => ({
    type: 'object',
    properties: { kind: { const: kind }, [key]: { type: 'integer' } },
    required: ['kind', key],
    additionalProperties: false,
  })
  const union = { anyOf: [branch('a', 'one'), branch('b', 'two')] }
  const said = (value: unknown) =>
    checker({ type: 'object', properties: { x: union, y: { type: 'array', items: union } } })(value).map(
      formatProblem,
    )
  t.same(said({ x: { kind: 'b', two: 2 }, y: [{ kind: 'a', one: 1 }] }), [])
  t.same(said({ x: { kind: 'b', tow: 2 } }), [
    '/x/two: missing – expected an integer',
    '/x/tow: 2 – expected no such key; known here: kind, two',
  ])
  t.same(said({ x: { kind: 'c', two: 2 } }), ['/x/kind: "c" – expected one of a, b'])
  t.same(said({ x: {} }), ['/x/kind: missing – expected one of a, b'])
  t.same(said({ y: [{ kind: 'a', one: '1' }, { kind: 'b', two: 2 }, { kind: 'b' }] }), [
    '/y/0/one: "1" – expected an integer',
    '/y/2/two: missing – expected an integer',
  ])
  t.match(said({ x: 7 }), [/^\/x: 7 – expected an object with kind, one or an object with kind, two$/])
})

t.test('what may be a secret is not shown', async (t) => {
  const S = 'S3CRET'
  const schema = {
    type: 'object',
    additionalProperties: false,
    properties: {
      name: { type: 'integer' },
      secret: { type: 'integer' },
      tokenFile: { type: 'integer', description: 'a file that holds the token' },
      keys: { type: 'array', items: { type: 'integer' } },
      inner: { type: 'object', additionalProperties: false, properties: { name: {} } },
    },
  }
  const said = (value: object): string => checker(schema)(value).map(formatProblem).join('\n')
  for (const [value, says] of [
    [
      { password: S },
      /\/password: "\(not shown\)" – expected no such key, and a secret in a file that tokenFile names/,
    ],
    [{ token: S }, /\/token: "\(not shown\)" – expected tokenFile: a file that holds the token/],
    [{ botToken: S }, /\/botToken: "\(not shown\)"/],
    [{ headers: { Authorization: `Bearer ${S}` } }, /\/headers: "\(not shown\)"/],
    [{ url: `https://hc-ping.com/${S}` }, /\/url: "\(not shown\)"/],
    [{ hook: `https://hc-ping.com/${S}` }, /\/hook: "\(not shown\)"/],
    [{ pwd: S }, /\/pwd: "\(not shown\)"/],
    [{ more: { deep: [{ apiKey: S }] } }, /\/more: \{"deep":\[\{"apiKey":"\(not shown\)"/],
    [{ inner: { pass: S } }, /\/inner\/pass: "\(not shown\)"/],
    [{ secret: S }, /\/secret: "\(not shown\)" – expected an integer/],
    [{ name: `http://me:${S}@host/` }, /\/name: "\(not shown\)"/],
    [{ name: { password: S } }, /\/name: \{"password":"\(not shown\)"\}/],
    [{ tokenFile: `https://hc-ping.com/${S}` }, /\/tokenFile: "\(not shown\)"/],
    [{ keys: [`-----BEGIN PRIVATE KEY-----${S}`] }, /\/keys\/0: "\(not shown\)"/],
  ] as const) {
    t.match(said(value), says)
    t.notMatch(said(value), S)
  }
  for (const [value, says] of [
    [{ prot: 1883 }, '/prot: 1883'],
    [{ tokenFile: 'token' }, '/tokenFile: "token"'],
    [{ keys: ['public'] }, '/keys/0: "public"'],
    [{ name: { urlFile: 'x' } }, '/name: {"urlFile":"x"}'],
  ] as const)
    t.match(said(value), says, 'what is none is shown')
})

t.test('the plans of the documentation stand', async (t) => {
  const plans = [...readFileSync(join(ROOT, 'docs/topology.md'), 'utf8').matchAll(/```json\n([^]*?)```/g)]
  t.equal(plans.length, 2)
  for (const [, text = ''] of plans) t.equal(loadTopology(text, 'docs/topology.md').site, 'home')
  const page = readFileSync(join(ROOT, 'docs/wan-failover.md'), 'utf8')
  const blocks = [...page.matchAll(/```json\n([^]*?)```/g)].map(([, text = '']) => text)
  const part = (key: string): unknown => {
    const text = blocks.find((block) => block.startsWith(`"${key}"`)) ?? ''
    return (JSON.parse(`{${text}}`) as Record<string, unknown>)[key]
  }
  const plan = home()
  const nic = JSON.parse(blocks.find((block) => block.includes('"wan2", "vlan"')) ?? '') as never
  plan.hosts[0]?.interfaces.push(nic)
  plan.uplinks = part('uplinks') as Topology['uplinks']
  plan.modems = []
  for (const probe of [part('probe'), { dailyBytes: 500_000 }, {}])
    t.ok(
      loadTopology(
        JSON.stringify({ ...plan, uplinks: plan.uplinks.map((uplink) => ({ ...uplink, probe })) }),
        'page',
      ),
    )
})

t.test('a broken text is refused with line and column', async (t) => {
  const rows: [string, string, number, number, RegExp][] = [
    ['nothing', '', 1, 1, /ends where a value/],
    ['no value', '{"site":}', 1, 9, /no value starts/],
    ['half a word', '{\n  "a": flase\n}', 2, 8, /no value starts/],
    ['a comma too many', '{"a": 1,\n}', 2, 1, /expected a key/],
    ['a comma too few, where it belongs', '[1\n 2]', 1, 3, /expected , or \]/],
    ['no end', '{"a": 1', 1, 8, /expected , or \}/],
    ['no colon', '{"a" 1}', 1, 5, /expected :/],
    ['a string without end', '["a\n"]', 1, 2, /does not end/],
    ['a number with a leading zero', '[01]', 1, 2, /no value starts/],
    ['more after the end', '{}\n}', 2, 1, /follows the end/],
    ['a key twice', '{"a": 1,\n "\\u0061": 2}', 2, 2, /"a" stands twice/],
    ['a bottomless pit', '['.repeat(100), 1, 66, /deep/],
  ]
  for (const [name, text, line, column, what] of rows)
    t.test(name, async (t) => t.match(jsonFault(text), { line, column, what }))
  t.test('and only then: it agrees with the parser about every mangled plan', async (t) => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    t.comment(`seed ${seed}`)
    const random = randomFrom(seed)
    for (let i = 0; i < 500; i++) {
      const from = random(TEXT.length)
      const insert = ['', ',', '}', ']', '"', '\\', '-', '1', ' '][random(9)] ?? ''
      const text = TEXT.slice(0, from) + insert + TEXT.slice(from + random(2))
      const fault = jsonFault(text)
      if (fault && /twice/.test(fault.what)) continue
      if ((fault === null) !== parses(text)) return t.fail(`${JSON.stringify(fault)} in ${text}`)
    }
    return t.pass()
  })
  t.throws(() => loadTopology(TEXT.replace('"site"', '"site": "away", "site"'), 'plan'), {
    message: /plan: not JSON at line 3, column 19: the key "site" stands twice/,
  })
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
    const random = randomFrom(seed)
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
    return t.pass()
  })
  t.test('read every IPv6 address in every spelling, and contain it', async (t) => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    t.comment(`seed ${seed}`)
    const random = randomFrom(seed)
    for (let i = 0; i < 2000; i++) {
      const groups = Array.from({ length: 8 }, () => (random(2) ? 0 : random(0x10000)))
      const number = groups.reduce((n, group) => n * 65_536n + BigInt(group), 0n)
      const text = spelled(groups, random)
      if (parseAddress(text)?.value !== number) return t.fail(`${text} is not ${number}`)
      const prefix = random(129)
      const size = 2n ** BigInt(128 - prefix)
      const base = number - (number % size)
      const net = parseSubnet(`${spelled(groupsOf(base), random)}/${prefix}`)
      if (!net || net.value !== base) return t.fail(`${base}/${prefix} is no network`)
      const beside = (base + size) % 2n ** 128n
      if (!contains(net, { family: 'ipv6', value: number })) return t.fail(`${text} is not in /${prefix}`)
      if (prefix > 0 && contains(net, { family: 'ipv6', value: beside }))
        return t.fail(`${beside} /${prefix}`)
      if (number !== base && parseSubnet(`${text}/${prefix}`))
        return t.fail(`${text}/${prefix} has host bits`)
    }
    return t.pass()
  })
})

const groupsOf = (number: bigint): number[] =>
  Array.from({ length: 8 }, (_, i) => Number((number >> BigInt(112 - 16 * i)) & 0xffffn))

/** An IPv6 address in one of its spellings: padded or not, any case, any run of zeros left out, IPv4 at its end. */
const spelled = (groups: readonly number[], random: (below: number) => number): string => {
  const hex = (group: number): string => {
    const plain = group.toString(16).padStart(random(2) ? 4 : 1, '0')
    return random(2) ? plain.toUpperCase() : plain
  }
  const words = groups.map(hex)
  const [high = 0, low = 0] = groups.slice(6)
  if (random(4) === 0) words.splice(6, 2, [high >> 8, high & 255, low >> 8, low & 255].join('.'))
  const zeros = words.flatMap((word, i) => (/^0+$/.test(word) ? [i] : []))
  const from = zeros[random(zeros.length + 1)]
  if (from === undefined) return words.join(':')
  let to = from + 1
  while (zeros.includes(to)) to += 1
  return `${words.slice(0, from).join(':')}::${words.slice(to).join(':')}`
}

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
      'VLAN 10 is gone, and the gateway with it',
      'rpi4-2',
      (n) => {
        delete n.links['eth0.10']
        n.vlans = {}
        n.routes = { ...n.routes, routes: [] }
      },
      ['vlan-missing eth0.10', 'gateway-missing eth0.10 < eth0.10'],
    ],
    [
      'the trunk is switched off, and everything with it',
      'rpi4-2',
      (n) => {
        n.links['eth0'] = link('ethernet', [], { adminUp: false })
        n.links['eth0.10'] = link('vlan', [], down)
        n.routes = { ...n.routes, routes: [] }
      },
      ['interface-down eth0', 'vlan-down eth0.10 < eth0', 'gateway-missing eth0.10 < eth0.10'],
    ],
    [
      'the trunk of the router is down: one cause',
      'rpi4-1',
      (n) => {
        for (const [name, was] of Object.entries(n.links))
          if (name.startsWith('eth0')) n.links[name] = { ...was, ...down }
      },
      [
        'interface-down eth0',
        'vlan-down eth0.10 < eth0',
        'vlan-down eth0.20 < eth0',
        'vlan-down eth0.30 < eth0',
        'vlan-down eth0.40 < eth0',
      ],
    ],
    [
      'a VLAN that says itself that it is down',
      'rpi4-2',
      (n) => (n.vlans = { 'eth0.10': { ...vlan(10), state: 'down' } }),
      ['vlan-down eth0.10'],
    ],
    [
      'a VLAN that nobody planned',
      'rpi4-2',
      (n) => (n.vlans = { ...n.vlans, 'eth0.50': vlan(50) }),
      ['vlan-unexpected eth0.50'],
    ],
    [
      'addresses of containers and links that nobody planned',
      'rpi4-2',
      (n) =>
        Object.assign(n.links, { cni0: link('bridge', ['10.42.0.1']), wlan0: link('wifi', ['192.168.1.7']) }),
      [],
    ],
    [
      'a lease on the trunk',
      'rpi4-2',
      (n) => (n.links['eth0'] = link('ethernet', ['192.168.1.7'])),
      ['address-unexpected eth0'],
    ],
    [
      'the common k3s address on the server that serves it',
      'rpi4-2',
      (n) => (n.links['eth0.10'] = link('vlan', ['10.10.0.11', '10.10.0.9'])),
      [],
    ],
    [
      'an address with another prefix',
      'rpi4-2',
      (n) => {
        const was = link('vlan', ['10.10.0.11'])
        n.links['eth0.10'] = { ...was, addresses: was.addresses.map((a) => ({ ...a, prefix: 16 })) }
      },
      ['address-wrong-prefix eth0.10'],
    ],
    [
      'a default route past the plan',
      'rpi4-2',
      (n) => (n.routes = { ...n.routes, routes: [...n.routes.routes, route('192.168.1.1', 'wlan0')] }),
      ['gateway-unexpected wlan0'],
    ],
    [
      'a default route that leads nowhere',
      'rpi4-2',
      (n) =>
        (n.routes = { ...n.routes, routes: [{ ...route('10.10.0.1', 'eth0.10'), kind: 'unreachable' }] }),
      ['gateway-missing eth0.10'],
    ],
    [
      'a default route that may have been left out',
      'rpi4-2',
      (n) => (n.routes = { ...n.routes, routes: [], truncated: true }),
      [],
    ],
    [
      'a router that routes to itself in a table of an uplink',
      'rpi4-1',
      (n) => (n.routes = { ...n.routes, routes: [{ ...route('10.10.0.1', 'eth0.20'), table: '100' }] }),
      ['gateway-unexpected eth0.20'],
    ],
    [
      'a router that looks for the way out inside',
      'rpi4-1',
      (n) => (n.routes = { ...n.routes, routes: [route('10.10.0.11', 'eth0.10')] }),
      ['gateway-unexpected eth0.10'],
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
    t.match(deviations(home(), { 'rpi4-2': { links: null, vlans: {}, routes: null } }), [
      { code: 'vlan-missing', subject: 'eth0.10', followsFrom: null },
    ])
  })
  t.test('a phone is held to its address alone', async (t) => {
    const phone = (address: string): ObservedNode => ({
      links: { wlan0: link('wifi', [address]) },
      vlans: null,
      routes: null,
    })
    t.same(deviations(home(), { 'phone-2': phone('10.10.0.51') }), [])
    t.match(deviations(home(), { 'phone-2': phone('10.10.0.99') }), [
      { code: 'address-missing', subject: 'wlan0', expected: '10.10.0.51', observed: '10.10.0.99' },
    ])
    const mute = { links: { wlan0: link('wifi', [], { addresses: [] }) }, vlans: null, routes: null }
    t.same(deviations(home(), { 'phone-2': mute }), [], 'nor to that, when Android shows none')
  })
})

t.test('real collectors over the machines of the plan', async (t) => {
  const clock = fakeClock()
  const seen = async (change: (machine: SimulatedMachine) => unknown, node: string): Promise<string[]> => {
    const plan = home()
    const found = [...plan.hosts, ...plan.phones].find(({ name }) => name === node)
    if (!found) throw new RangeError(`no ${node} in the plan`)
    const machine = machineOf(plan, found)
    change(machine)
    const disk = {} as Disk
    const sys = simulatedSys({ machine, clock, boot: 'boot-1', disk })
    const observed = observe(await Promise.all([links(), vlans(), routes()].map((one) => one.collect(sys))))
    return deviations(plan, { [node]: observed }).map(
      ({ code, subject, followsFrom }) => `${code} ${subject}${followsFrom ? ` < ${followsFrom}` : ''}`,
    )
  }
  for (const node of ['rpi4-1', 'rpi4-2', 'rpi3a-ctl', 'phone-1'])
    t.test(`find nothing on ${node}`, async (t) => t.same(await seen(() => {}, node), []))
  const nic = (machine: SimulatedMachine, name: string) => machine.interfaces.find((one) => one.name === name)
  t.test('find VLAN 20 pulled out', async (t) => {
    const pulled = (machine: SimulatedMachine): unknown =>
      Object.assign(machine, { interfaces: machine.interfaces.filter(({ name }) => name !== 'eth0.20') })
    t.same(await seen(pulled, 'rpi4-1'), ['vlan-missing eth0.20'])
  })
  t.test('find a changed id', async (t) => {
    const changed = (machine: SimulatedMachine): unknown =>
      Object.assign(nic(machine, 'eth0.20') ?? {}, { vlanId: 25 })
    t.same(await seen(changed, 'rpi4-1'), ['vlan-wrong-id eth0.20'])
  })
  t.test('find one cause when the trunk is down', async (t) => {
    const cut = (machine: SimulatedMachine): unknown =>
      Object.assign(nic(machine, 'eth0') ?? {}, { carrier: false })
    t.same(
      (await seen(cut, 'rpi4-1')).filter((found) => !found.includes('<')),
      ['interface-down eth0'],
    )
  })
})

/** What the collectors said, as the coordinator hands it to the comparison. */
const observe = (readings: readonly Reading[]): ObservedNode => {
  const states = readings.flatMap((reading) => reading.states)
  return {
    links: Object.fromEntries(states.flatMap((s) => (s.kind === 'link' ? [[s.id, s.body]] : []))),
    vlans: Object.fromEntries(states.flatMap((s) => (s.kind === 'vlan' ? [[s.id, s.body]] : []))),
    routes: states.flatMap((s) => (s.kind === 'routes' ? [s.body] : []))[0] ?? null,
  }
}
