import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { COLLECTORS } from '@infra-home/agent/collectors.gen.ts'
import type { ObservedState, Reading } from '@infra-home/agent/collectors/collector.ts'
import { interesting } from '@infra-home/agent/collectors/interfaces.ts'
import { parseInventory } from '@infra-home/agent/collectors/inventory.ts'
import { look } from '@infra-home/agent/look.ts'
import { parseIpAddr } from '@infra-home/agent/parse/ip-addr.ts'
import { parseMonitorLine } from '@infra-home/agent/parse/ip-monitor.ts'
import { parseRoutes } from '@infra-home/agent/parse/ip-route.ts'
import { parseRules } from '@infra-home/agent/parse/ip-rule.ts'
import { parseIwLink, parseIwMode } from '@infra-home/agent/parse/iw.ts'
import {
  parseCpuTicks,
  parseLoadavg,
  parseMeminfo,
  parsePressure,
  parseSmapsRollup,
  parseThrottled,
} from '@infra-home/agent/parse/proc-host.ts'
import { parseArp, parseNetDev, parseNetRoute, parsePackets } from '@infra-home/agent/parse/proc-net.ts'
import { parseClockSynchronised } from '@infra-home/agent/parse/timedatectl.ts'
import { fixtureSys } from '@infra-home/agent/sys/fixture.ts'
import { kernelEvents } from '@infra-home/agent/sys/kernel-events.ts'
import { realDisk } from '@infra-home/agent/sys/real-disk.ts'
import { realExec, type ToCommand } from '@infra-home/agent/sys/real-exec.ts'
import { withAllowList } from '@infra-home/agent/sys/allow-list.ts'
import { realHttp } from '@infra-home/agent/sys/real-http.ts'
import { realStream } from '@infra-home/agent/sys/real-stream.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import { milliseconds, minutes, seconds } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { Route, RoutesState } from '@infra-home/shared/messages/routes.ts'
import { stateMessage } from '@infra-home/shared/messages/states.ts'
import { TmMessage } from '@infra-home/shared/messages/tm.ts'
import { checker } from '@infra-home/shared/problem.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { voice } from '../helpers/said.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/sys')
const captured = (name: string): string => readFileSync(join(FIXTURES, 'captured', name), 'utf8')
const pi = (path: string): string => readFileSync(join(FIXTURES, 'pi', path), 'utf8')

const collect = (name: keyof typeof COLLECTORS, machine = 'pi'): Promise<Reading> =>
  COLLECTORS[name]().collect(fixtureSys(join(FIXTURES, machine), fakeClock()))
/** The captured Pi, but for what is said otherwise. */
const piBut = (other: Partial<Sys>): Sys => ({ ...fixtureSys(join(FIXTURES, 'pi'), fakeClock()), ...other })
const body = (reading: Reading, key: string): ObservedState['body'] | undefined =>
  reading.states.find(({ kind, id }) => `${kind}/${id}` === key)?.body

t.test('a Pi with VLANs and Wi-Fi', async (t) => {
  t.test('links, without what containers and loopback add', async (t) => {
    const reading = await collect('links')
    t.same(
      reading.states.map(({ id }) => id),
      ['wlan1', 'hwsim0', 'far', 'eth0', 'eth0.10', 'eth0.20', 'guests', 'br0'],
    )
    t.match(body(reading, 'link/eth0'), {
      adminUp: true,
      carrier: true,
      operState: 'up',
      speedMbps: 1000,
      duplex: 'full',
      carrierChanges: 3,
      mtu: 1500,
    })
    t.match(body(reading, 'link/wlan1'), {
      kind: 'wifi',
      speedMbps: null,
      addresses: [{ address: '10.9.0.2', prefix: 24, family: 'ipv4', scope: 'global' }, { scope: 'link' }],
    })
    t.match(body(reading, 'link/eth0.10'), { kind: 'vlan', parent: 'eth0' })
    t.match(body(reading, 'link/br0'), { kind: 'bridge', carrier: false })
  })
  t.test('VLANs by their ids, whatever they are called', async (t) => {
    const reading = await collect('vlans')
    t.match(body(reading, 'vlan/eth0.10'), { vlanId: 10, parent: 'eth0', state: 'up' })
    t.match(body(reading, 'vlan/eth0.20'), { vlanId: 20, parent: 'eth0', state: 'down' })
    t.match(body(reading, 'vlan/guests'), { vlanId: 30, parent: 'eth0', state: 'up' })
    t.equal(reading.states.length, 3)
  })
  t.test('routes and rules of all tables, without the kernel’s own', async (t) => {
    const main = body(await collect('routes'), 'routes/main') as {
      routes: { table: string; destination: string; kind: string }[]
      rules: { selector: string; action: string }[]
      truncated: boolean
    }
    t.same(
      main.routes.map((r) => `${r.kind} ${r.destination} ${r.table}`),
      [
        'unicast default main',
        'unicast 10.9.0.0/24 main',
        'unicast 192.168.10.0/24 main',
        'unicast default 201',
        'unreachable default 201',
        'unicast fe80::/64 main',
      ],
    )
    t.same(
      main.rules.slice(1, 3).map((r) => `${r.selector} ${r.action}`),
      ['from 10.9.0.0/24 lookup 201', 'from all fwmark 0x100 lookup 201'],
    )
    t.equal(main.truncated, false)
  })
  t.test('the gateway and whether it is known', async (t) =>
    t.same((await collect('gateways')).states, [
      {
        kind: 'gateway',
        id: '192.168.10.1',
        body: { interface: 'eth0.10', neighbour: 'known', mac: 'd0:21:f9:00:00:01' },
      },
    ]),
  )
  t.test('Wi-Fi, with numbers of its own', async (t) => {
    const reading = await collect('wifi')
    t.match(body(reading, 'wifi/wlan1'), {
      associated: true,
      ssid: 'home',
      bssid: '02:00:00:00:00:00',
      frequencyMhz: 2437,
    })
    t.same(reading.numbers['wifi/wlan1'], {
      signalDbm: -30,
      rxBitrateBps: 48_000_000,
      txBitrateBps: 54_000_000,
    })
  })
  t.test('the machine, its power and its clock', async (t) => {
    const reading = await collect('host')
    t.same(body(reading, 'host/host'), {
      kernel: '6.1.0-56-amd64',
      clockSynchronised: true,
      underVoltage: true,
      throttled: true,
      underVoltageSinceBoot: true,
      throttledSinceBoot: true,
    })
    t.match(reading.numbers['host/host'], {
      temperatureC: 54.8,
      memoryTotalBytes: 25_276_502_016,
      load1: 1.41,
      uptimeSeconds: 100,
      diskTotalBytes: null,
    })
  })
  t.test('counters of every link', async (t) =>
    t.match((await collect('traffic')).numbers, {
      'link/eth0': { rxBytes: 516, txBytes: 2114, rxErrors: 0 },
      'link/eth0.10': { txBytes: 992 },
    }),
  )
  t.test('itself', async (t) => t.ok(((await collect('self')).numbers['host/host']?.agentRssBytes ?? 0) > 0))
  t.test('says all of it in the language', async (t) => {
    const self = voice('rpi4-1', fakeClock())
    for (const name of Object.keys(COLLECTORS) as (keyof typeof COLLECTORS)[]) {
      if (name === 'inventory') continue
      const reading = await collect(name)
      for (const { kind, body } of reading.states)
        t.same(checker(stateMessage(kind))({ ...self.envelope(), body }), [], `${name} ${kind}`)
      t.same(checker(TmMessage)({ ...self.envelope(), numbers: reading.numbers }), [], `${name} numbers`)
    }
  })
})

t.test('a k3s node on the mainline kernel, without IPv6 and timesyncd', async (t) => {
  t.test('tells of a weak supply by the kernel’s alarm, and of the clock by timedatectl', async (t) =>
    t.match(body(await collect('host', 'mainline-pi'), 'host/host'), {
      clockSynchronised: false,
      underVoltage: true,
      throttled: null,
      underVoltageSinceBoot: null,
    }),
  )
  t.test('asks timedatectl seldom', async (t) => {
    const clock = fakeClock()
    const machine = fixtureSys(join(FIXTURES, 'mainline-pi'), clock)
    let asked = 0
    const counted: Sys = { ...machine, exec: (...words) => (asked++, machine.exec(...words)) }
    const collector = COLLECTORS.host()
    for (let sample = 0; sample < 31; sample++) {
      await collector.collect(counted)
      await clock.advance(seconds(10))
    }
    t.equal(asked, 2, 'in 5 minutes and one sample')
  })
  t.test('speaks once of a gateway that cable and Wi-Fi lead to: where packets go', async (t) =>
    t.same((await collect('gateways', 'mainline-pi')).states, [
      {
        kind: 'gateway',
        id: '10.10.0.1',
        body: { interface: 'eth0', neighbour: 'known', mac: 'd0:21:f9:00:00:01' },
      },
    ]),
  )
  t.test('leaves the routes to single containers out', async (t) => {
    const found = body(await collect('routes', 'mainline-pi'), 'routes/main') as RoutesState
    t.same(
      found.routes.map(({ destination }) => destination),
      ['default', '10.42.0.0/24', '10.42.1.0/24'],
    )
  })
  t.test('leaves an access point out, which is no station', async (t) =>
    t.match((await collect('wifi', 'mainline-pi')).states, [{ id: 'wlan1', body: { associated: false } }]),
  )
  t.test('and says that something is wrong when IPv6 is there and cannot be asked', async (t) => {
    const failing = piBut({
      exec: async (_program, args) => {
        if (args.includes('-6')) throw new InfraError('exec-failed', 'ip failed')
        return '[]'
      },
      readText: async () => '',
    })
    await t.rejects(COLLECTORS.routes().collect(failing), { code: 'exec-failed' })
  })
})

t.test('what is there one moment and gone the next', async (t) => {
  t.test('a Wi-Fi stick that was pulled is gone, not a failure', async (t) => {
    let looks = 0
    const pulled = piBut({
      readText: async () => (looks++ < 1 ? 'phy0' : null),
      readDir: async () => ['wlan1'],
      exec: async () => {
        throw new InfraError('exec-failed', 'iw failed (237): command failed: No such device (-19)')
      },
    })
    t.same(await COLLECTORS.wifi().collect(pulled), { states: [], numbers: {}, whole: ['wifi'] })
  })
  t.test('iw that is not installed is a failure', async (t) => {
    const without = piBut({
      exec: async () => {
        throw new InfraError('exec-failed', 'iw is not installed')
      },
    })
    await t.rejects(COLLECTORS.wifi().collect(without), /not installed/)
  })
  t.test('gateways that nothing is known of are not gone', async (t) =>
    t.rejects(COLLECTORS.gateways().collect(piBut({ readText: async () => null })), { code: 'parse-failed' }),
  )
})

t.test('a machine full of containers says no more than a batch may hold', async (t) => {
  const names = Array.from({ length: 400 }, (_, i) => `eth${i}`)
  const crowded = piBut({
    exec: async () => JSON.stringify(names.map((ifname) => ({ ifname, link_type: 'ether', flags: [] }))),
    readText: async (path) =>
      path === '/proc/net/dev'
        ? `a\nb\n${names.map((name) => `${name}: ${'1 '.repeat(16)}`).join('\n')}\n`
        : null,
  })
  const numbers = Object.keys((await COLLECTORS.traffic().collect(crowded)).numbers)
  const states = (await COLLECTORS.links().collect(crowded)).states.map(({ kind, id }) => `${kind}/${id}`)
  t.equal(numbers.length, 128)
  t.same(numbers, states, 'the same ones in both')
})

t.test('a machine on which nothing can be read', async (t) => {
  const empty = fixtureSys(join(FIXTURES, 'nothing'), fakeClock())
  for (const [name, make] of Object.entries(COLLECTORS))
    t.test(`${name}: is a reading all the same`, async (t) => {
      const reading = await look(make(), empty, seconds(1))
      const health = reading.states.find(({ kind }) => kind === 'collector')
      t.ok(health, JSON.stringify(health?.body))
      for (const numbers of Object.values(reading.numbers))
        for (const [metric, value] of Object.entries(numbers))
          if (metric !== 'uptimeSeconds') t.equal(value, null, metric)
    })
})

t.test('text that is cut anywhere is read as far as it goes, or refused as what it is', async (t) => {
  const parsers: [string, string, (text: string) => unknown][] = [
    ['ip addr', captured('ip-j-d-addr.vlans.json'), parseIpAddr],
    ['ip route', pi('exec/ip -j -4 route show table all.txt'), (text) => parseRoutes(text, 'ipv4')],
    ['ip rule', pi('exec/ip -j -4 rule.txt'), (text) => parseRules(text, 'ipv4')],
    [
      'ip route, next hops',
      captured('ip-j-route-table-all.nexthops.json'),
      (text) => parseRoutes(text, 'ipv4'),
    ],
    ['ip rule, all kinds', captured('ip-j-rule.kinds.json'), (text) => parseRules(text, 'ipv4')],
    ['ip monitor', captured('ip-o-monitor.kinds.txt'), parseMonitorLine],
    ['iw', captured('iw-dev-link.connected.txt'), parseIwLink],
    ['iw info', captured('iw-dev-info.connected.txt'), parseIwMode],
    ['timedatectl', 'NTPSynchronized=yes\n', parseClockSynchronised],
    ['/proc/net/dev', captured('proc-net-dev.txt'), parseNetDev],
    ['/proc/net/dev, packets', captured('proc-net-dev.txt'), (text) => parsePackets(text, ['eth0'])],
    ['/proc/net/route', pi('root/proc/net/route'), parseNetRoute],
    ['/proc/net/arp', pi('root/proc/net/arp'), parseArp],
    ['/proc/meminfo', pi('root/proc/meminfo'), parseMeminfo],
    ['/proc/loadavg', pi('root/proc/loadavg'), parseLoadavg],
    ['/proc/pressure', pi('root/proc/pressure/cpu'), parsePressure],
    ['smaps_rollup', pi('root/proc/self/smaps_rollup'), parseSmapsRollup],
    ['stat', pi('root/proc/self/stat'), parseCpuTicks],
    ['get_throttled', 'throttled=0x50005', parseThrottled],
    ['inventory', '{"model":"Pi","disks":[{"name":"sda","bytes":1}]}', parseInventory],
  ]
  for (const [name, text, parse] of parsers)
    t.test(name, async (t) => {
      parse(text)
      for (let at = 0; at < text.length; at += 1 + Math.floor(text.length / 400))
        try {
          parse(text.slice(0, at))
        } catch (error) {
          if (!isInfraError(error, 'parse-failed')) return t.fail(`cut at ${at}: ${String(error)}`)
        }
      for (const rubbish of ['[1,2]', '[null]', '{}', 'null', '<html>', '\u0000', '[{"ifname":7}]', '[[]]'])
        try {
          parse(rubbish)
        } catch (error) {
          if (!isInfraError(error, 'parse-failed')) return t.fail(`${rubbish}: ${String(error)}`)
        }
      t.pass()
    })
})

t.test('small formats', async (t) => {
  const rows: [string, unknown, unknown][] = [
    [
      'not associated',
      parseIwLink(captured('iw-dev-link.not-connected.txt')),
      {
        associated: false,
        ssid: null,
        bssid: null,
        frequencyMhz: null,
        signalDbm: null,
        rxBitrateBps: null,
        txBitrateBps: null,
      },
    ],
    [
      'a healthy supply',
      parseThrottled('0\n'),
      { underVoltage: false, throttled: false, underVoltageSinceBoot: false, throttledSinceBoot: false },
    ],
    [
      'a supply that was weak once',
      parseThrottled('throttled=0x50000'),
      { underVoltage: false, throttled: false, underVoltageSinceBoot: true, throttledSinceBoot: true },
    ],
    [
      'processor time of a process with a strange name',
      parseCpuTicks('1 (a) b) S 1 1 1 0 -1 4 1 1 1 1 5 6 7 8 20 0'),
      26,
    ],
    ['no answer of the firmware', parseThrottled('VCHI initialization failed'), null],
    ['a clock that was set', parseClockSynchronised('NTP=yes\nNTPSynchronized=yes\n'), true],
    ['a clock that nobody set', parseClockSynchronised('NTPSynchronized=no\n'), false],
    ['a clock of which nothing is said', parseClockSynchronised('Timezone=UTC\n'), null],
    ['a station', parseIwMode(captured('iw-dev-info.connected.txt')), 'managed'],
    [
      'sizes that cannot be',
      parseInventory('{"cores":-1,"memoryBytes":1.5,"disks":[{"name":"sda","bytes":-4}]}'),
      {
        manufacturer: null,
        model: null,
        cpu: null,
        cores: null,
        architecture: null,
        os: null,
        memoryBytes: null,
        disks: [{ name: 'sda', model: null, bytes: null }],
      },
    ],
    [
      'default routes with their metrics',
      parseNetRoute(captured('proc-net-route.two-defaults.txt')),
      [100, 600].map((metric) => ({ interface: 'eth0', gateway: '10.1.0.1', metric })),
    ],
    [
      'kinds of links',
      parseIpAddr(captured('ip-j-d-addr.kinds.json')).map(({ name, kind }) => `${name} ${kind}`),
      ['lo loopback', 'far veth', 'eth0 veth', 'mv9 other', 'vx9 tunnel', 'tun9 tunnel'],
    ],
    [
      'a kind that means something to JavaScript',
      parseIpAddr('[{"ifname":"x","linkinfo":{"info_kind":"constructor"}}]')[0]?.kind,
      'other',
    ],
    ['a silent neighbour', parseArp(pi('root/proc/net/arp'))[1]?.complete, false],
  ]
  for (const [name, found, expected] of rows) t.test(name, async (t) => t.same(found, expected))
})

t.test('rules in full: what is left out may turn one round', async (t) =>
  t.same(
    parseRules(captured('ip-j-rule.kinds.json'), 'ipv4')
      .slice(1, -2)
      .map(({ selector, action }) => `${selector} → ${action}`),
    [
      'from 10.9.0.0/24 fwmark 0x100/0xff00 → lookup 201',
      'not from all fwmark 0xca6c → lookup 51820',
      'from all → lookup main suppress_prefixlength 0',
      'from all ipproto tcp dport 443 → lookup 201',
      'from all to 10.3.0.1 iif eth0 → blackhole',
      'from all tos 0x10 uidrange 1000-1000 → lookup 201',
      'from all → goto 32766',
      'from 10.0.0.1 → unreachable',
      'from all ipproto udp sport 1000-2000 → lookup 201',
      'from all → lookup [l3mdev-table]',
    ],
  ),
)

t.test('routes of every kind', async (t) => {
  const line = ({ kind, destination, gateway, interface: name, table }: Route): string =>
    [kind, destination, gateway, name, table].join(' ')
  t.test('a default over two next hops is one for each', async (t) =>
    t.same(
      parseRoutes(captured('ip-j-route-table-all.nexthops.json'), 'ipv4')
        .filter(({ destination }) => destination === 'default')
        .map(line),
      ['unicast default 10.1.0.1 eth0 main', 'unicast default 10.2.0.1 eth1 main'],
    ),
  )
  t.test('IPv6 too', async (t) =>
    t.same(
      parseRoutes(captured('ip-j-6-route-table-all.nexthops.json'), 'ipv6')
        .filter(({ destination }) => destination === 'fd01::/64')
        .map(line),
      ['unicast fd01::/64 fe80::1 eth0 main', 'unicast fd01::/64 fe80::2 eth1 main'],
    ),
  )
  t.test('refusals, a nexthop object, an IPv4 network behind an IPv6 gateway', async (t) =>
    t.same(parseRoutes(captured('ip-j-route-table-all.kinds.json'), 'ipv4').map(line), [
      'unreachable default   201',
      'throw 10.68.0.0/16   201',
      'unicast default 10.1.0.1 eth0 main',
      'unicast default 10.1.0.1 eth0 main',
      'unicast 10.1.0.0/24  eth0 main',
      'unicast 10.50.0.0/24 fe80::1 eth0 main',
      'blackhole 10.66.0.0/16   main',
      'prohibit 10.67.0.0/16   main',
      'unicast 10.69.0.0/24 10.1.0.1 eth0 main',
    ]),
  )
})

t.test('the kernel’s monitor', async (t) => {
  const rows: [string, string | null][] = [
    [
      '7: eth0.10@eth0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state LOWERLAYERDOWN',
      'link eth0.10',
    ],
    ['Deleted 8: eth0.20@eth0: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN', 'link eth0.20'],
    ['[LINK]Deleted 8: eth0: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN', 'link eth0'],
    ['11: eth0.20    inet 192.168.20.2/24 scope global eth0.20\\       valid_lft forever', 'address eth0.20'],
    ['Deleted 5: far    inet6 fe80::c0f5:f7ff:fe1e:17f5/64 scope link \\', 'address far'],
    ['default via 10.10.0.1 dev eth0 ', 'route eth0'],
    ['Deleted 10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 ', 'route eth0'],
    ['local 10.1.0.2 dev eth0 table local proto kernel scope host src 10.1.0.2 ', null],
    ['Deleted multicast ff00::/8 dev eth0 table local proto kernel metric 256 pref medium', null],
    ['unreachable default dev lo table 201 metric 4096 ', 'route'],
    ['1000:	from 10.9.0.0/24 lookup 201 ', 'rule'],
    ['', null],
    ['Failed to send dump request', null],
  ]
  const shortly = (line: string): string | null => {
    const change = parseMonitorLine(line)
    return change && [change.subject, change.interface].filter(Boolean).join(' ')
  }
  for (const [line, subject] of rows)
    t.test(`${line.slice(0, 40) || 'nothing'} is ${subject}`, async (t) => t.equal(shortly(line), subject))
  t.test('every line that a real one printed is understood', async (t) => {
    for (const line of captured('ip-o-monitor-link-address.vlans.txt').split('\n').filter(Boolean))
      t.ok(parseMonitorLine(line), line)
    const own = /^(Deleted )?(local|broadcast|multicast|anycast) /
    const lines = captured('ip-o-monitor.kinds.txt').split('\n').filter(Boolean)
    for (const line of lines) t.equal(parseMonitorLine(line) === null, own.test(line), line)
  })
  t.test('says nothing of interfaces that nobody looks at', async (t) => {
    const changed: string[] = []
    kernelEvents(
      {
        clock: fakeClock(),
        stream(_program, _args, on) {
          on.line('8: veth12@if2: <BROADCAST,MULTICAST> mtu 1500')
          on.line('fe80::/64 dev veth12 proto kernel metric 256 pref medium')
          on.line('unreachable default dev lo table 201 metric 4096')
          on.line('8: eth0: <BROADCAST,MULTICAST> mtu 1500')
          return { stop() {} }
        },
      },
      { changed: (subject, name) => changed.push(`${subject} ${name}`), failed() {} },
      interesting(),
    )
    t.same(changed, ['route null', 'link eth0'])
  })
  t.test(
    'is started again with growing waits when it ends, and then everything may have changed',
    async (t) => {
      const clock = fakeClock()
      const starts: number[] = []
      const changed: string[] = []
      let end: (reason: string) => void = () => {}
      const stop = kernelEvents(
        {
          clock,
          stream(_program, _args, on) {
            starts.push(clock.now().mono)
            end = on.ended
            on.line('2: eth0: <BROADCAST,MULTICAST,UP> mtu 1500')
            return { stop() {} }
          },
        },
        { changed: (subject) => changed.push(subject), failed() {} },
      )
      t.same(changed, ['link'])
      for (const wait of [1, 2, 4]) {
        end('killed')
        await clock.advance(seconds(wait))
      }
      t.same(
        starts.map((at) => at - (starts[0] ?? 0)),
        [0, 1000, 3000, 7000],
      )
      t.same(changed.slice(1, 6), ['link', 'link', 'address', 'route', 'rule'])
      stop()
      end('killed')
      await clock.advance(minutes(5))
      t.equal(starts.length, 4, 'and not once it was stopped')
    },
  )
})

t.test('what is noise', async (t) => {
  const keeps = interesting()
  for (const name of ['lo', 'veth12ab', 'cni0', 'flannel.1', 'docker0', 'ifb0'])
    t.equal(keeps(name), false, name)
  for (const name of ['eth0', 'eth0.10', 'wlan0', 'usb0', 'br0', 'wg0', 'low'])
    t.equal(keeps(name), true, name)
  t.equal(interesting(['a.c*'])('abcd'), true, 'a dot is a dot')
})

/** Runs what the first argument names: how the real system's children are kept in bounds, whatever they are. */
const anything: ToCommand = (_program, [file = '', ...args]) => ({
  file,
  args,
  env: { PATH: process.env['PATH'] ?? '' },
})

t.test('children of the real system', async (t) => {
  const run = (words: readonly string[], timeout = seconds(5)): Promise<string> =>
    realExec(anything, { program: 'ip', args: words, timeout })
  t.equal(await run(['echo', 'yes']), 'yes\n')
  await t.rejects(run(['sh', '-c', 'echo why >&2; exit 3']), { code: 'exec-failed', message: /\(3\): why/ })
  await t.rejects(run(['no-such-program']), { code: 'exec-failed', message: /not installed/ })
  await t.rejects(run(['sh', '-c', 'sleep 9 & sleep 9'], milliseconds(100)), { code: 'exec-timeout' })
  await t.rejects(run(['sh', '-c', 'yes | head -c 5000000']), { code: 'exec-failed', message: /MAXBUFFER/ })
  const lines = await new Promise<string[]>((resolve) => {
    const heard: string[] = []
    const end = (reason: string): void => resolve([`${heard.length} lines`, heard.at(-1) ?? '', reason])
    const words = ['sh', '-c', 'seq 20000; exit 4']
    realStream(anything, { program: 'ip', args: words }, { line: (l) => heard.push(l), ended: end })
  })
  t.same(lines, ['20000 lines', '20000', 'ip ended (4)'], 'every line is heard before the end')
  const absent = await new Promise<string>((ended) =>
    realStream(anything, { program: 'ip', args: ['no-such-program'] }, { line() {}, ended }),
  )
  t.match(absent, /ENOENT/)
})

t.test('the real disk', async (t) => {
  const text = async (read: Promise<Uint8Array | null>): Promise<string | null> =>
    (await read.then((bytes) => bytes && Buffer.from(bytes).toString())) ?? null
  const folder = join(t.testdir(), 'state')
  const disk = realDisk(folder)
  t.equal(await disk.read('a'), null)
  await disk.append('a', Buffer.from('one '))
  await disk.append('a', Buffer.from('two'))
  t.equal(await text(disk.read('a')), 'one two')
  await disk.replace('a', Buffer.from('three'))
  t.equal(await text(disk.read('a')), 'three')
  writeFileSync(join(folder, 'b.new'), 'half of a repl')
  t.same(await disk.list(), ['a'], 'what a power cut left of a replacement is no file')
  await disk.remove('a')
  await disk.remove('a')
  t.same(await disk.list(), [])
  mkdirSync(join(folder, 'folder'))
  await t.rejects(disk.append('folder', Buffer.from('x')), { code: 'disk-failed' })
  await t.rejects(realDisk('/dev').append('full', Buffer.from('x')), { code: 'disk-full' })
})

t.test('HTTP to a device', async (t) => {
  const server = createServer((request, response) => {
    switch (request.url) {
      case '/fine':
        return void response.setHeader('set-cookie', ['a=1', 'b=2']).end('hello')
      case '/large':
        return void response.end('x'.repeat(200_000))
      case '/cut':
        response.writeHead(200, { 'content-length': '1000' }).write('half')
        return void setTimeout(() => request.socket.destroy(), 20)
      case '/trickle': {
        response.writeHead(200)
        const drops = setInterval(() => response.write('.'), 20)
        return void request.socket.on('close', () => clearInterval(drops))
      }
      default:
        return // says nothing at all
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.closeAllConnections())
  t.teardown(() => server.close())
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const get = (url: string, headers = {}) =>
    realHttp()({ method: 'GET', url, headers, timeout: milliseconds(150), maxBytes: 100_000 })
  t.match(await get(`${base}/fine`), {
    status: 200,
    body: 'hello',
    headers: { 'set-cookie': ['a=1', 'b=2'] },
  })
  const rows: [string, string, object?][] = [
    [`${base}/large`, 'http-failed'],
    [`${base}/cut`, 'http-failed'],
    [`${base}/trickle`, 'http-timeout'],
    [`${base}/silent`, 'http-timeout'],
    ['https://127.0.0.1/', 'http-failed'],
    ['http://192.168.8.1:99999/', 'http-failed'],
    [`${base}/fine`, 'http-failed', { cookie: 'a\nb' }],
  ]
  for (const [url, code, headers] of rows)
    await t.rejects(get(url, headers), { name: 'InfraError', code }, url)
  for (const [url, unsent] of [
    [`${base}/cut`, false],
    [`${base}/silent`, false],
    ['http://127.0.0.1:1/', true],
    ['https://127.0.0.1:1/', true],
    [base.replace('http:', 'https:'), true],
  ] as const)
    await t.rejects(
      get(url),
      { name: 'InfraError', context: { unsent } },
      `${url} ${unsent ? 'heard nothing' : 'may have heard it'}`,
    )

  const dns = process.getBuiltinModule('node:dns')
  const { lookup } = dns
  t.teardown(() => void (dns.lookup = lookup))
  const addresses = ['127.0.0.1', '127.0.0.2'].map((address) => ({ address, family: 4 }))
  dns.lookup = ((_host: string, _options: object, done: (...found: unknown[]) => void) =>
    done(null, addresses)) as typeof lookup
  await t.rejects(get('http://two.example:1/'), {
    message: /ECONNREFUSED 127.0.0.1:1/,
    context: { unsent: true },
  })
})

t.test('an agent reaches what stands on its lists and nothing else of the machine', async (t) => {
  const reached: string[] = []
  const note = <T>(value: T) => {
    return (what: string): T => {
      reached.push(what)
      return value
    }
  }
  const sys = withAllowList({
    readText: note(Promise.resolve('')),
    readDir: note(Promise.resolve([])),
    diskSpace: note(Promise.resolve(null)),
    exec: note(Promise.resolve('')),
    stream: note({ stop() {} }),
    converse: note({ ask: async () => '', stop() {} }),
    serial: note({ ask: async () => [], close() {} }),
  })
  const fine = [
    '/proc/meminfo',
    '/sys/class/net/wlan0.10/speed',
    '/sys/class/net/a b/phy80211/name',
    '/proc/pressure/io',
  ]
  for (const path of fine) await sys.readText(path)
  const lines = ['/dev/ttyUSB2', '/dev/ttyACM0', '/dev/serial/by-id/usb-Quectel_EC25-if02-port0']
  for (const device of lines) await sys.serial(device).ask('AT', seconds(1), () => true)
  fine.push(...lines)
  t.same(reached, fine)
  for (const device of ['/dev/sda', '/dev/tty1', '/dev/serial/by-id/..', '/dev/ttyUSB0/../sda', 'ttyUSB0'])
    await t.rejects(
      sys.serial(device).ask('AT', seconds(1), () => true),
      { code: 'not-allowed', message: /no business with/ },
      device,
    )
  for (const path of [
    '/etc/shadow',
    '/proc/1/environ',
    '/proc/self/environ',
    '/proc/self/../1/environ',
    '/sys/class/net/../../../etc/passwd',
    '/sys/class/net//speed',
    '/sys/class/net/./speed',
    '/sys/class/net/x/y/speed',
    'proc/meminfo',
    '',
    '/proc/meminfo/',
  ]) {
    await t.rejects(sys.readText(path), { code: 'not-allowed', message: /no business with/ }, path)
    await t.rejects(sys.readDir(path), { code: 'not-allowed' }, path)
    await t.rejects(sys.diskSpace(path), { code: 'not-allowed' }, path)
  }
  for (const program of ['sh', 'ip ', '/sbin/ip', 'constructor']) {
    await t.rejects(sys.exec(program as 'ip', []), { code: 'not-allowed', message: /does not run/ }, program)
    t.throws(
      () => sys.stream(program as 'ip', [], { line() {}, ended() {} }),
      { code: 'not-allowed' },
      program,
    )
  }
  t.same(reached, fine)
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-disk-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const disk = realDisk(folder)
  const nothing = new Uint8Array()
  for (const name of ['../x', '..', 'a/b', '/etc/passwd'])
    for (const deed of [
      () => disk.read(name),
      () => disk.remove(name),
      () => disk.replace(name, nothing),
      () => disk.append(name, nothing),
    ])
      await t.rejects(
        async () => void (await deed()),
        { code: 'not-allowed', message: /no plain file name/ },
        name,
      )
})
