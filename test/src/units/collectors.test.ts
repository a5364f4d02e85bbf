import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { COLLECTORS } from '@infra-home/agent/collectors.gen.ts'
import type { ObservedState, Reading } from '@infra-home/agent/collectors/collector.ts'
import { interesting } from '@infra-home/agent/collectors/interfaces.ts'
import { parseInventory } from '@infra-home/agent/collectors/inventory.ts'
import { look } from '@infra-home/agent/look.ts'
import { parseIpAddr } from '@infra-home/agent/parse/ip-addr.ts'
import { parseMonitorLine } from '@infra-home/agent/parse/ip-monitor.ts'
import { parseRoutes, parseRules } from '@infra-home/agent/parse/ip-route.ts'
import { parseIwLink } from '@infra-home/agent/parse/iw.ts'
import {
  parseCpuTicks,
  parseLoadavg,
  parseMeminfo,
  parsePressure,
  parseSmapsRollup,
  parseThrottled,
} from '@infra-home/agent/parse/proc-host.ts'
import { parseArp, parseNetDev, parseNetRoute } from '@infra-home/agent/parse/proc-net.ts'
import { fixtureSys } from '@infra-home/agent/sys/fixture.ts'
import { kernelEvents } from '@infra-home/agent/sys/kernel-events.ts'
import { seconds } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import { stateMessage } from '@infra-home/shared/messages/states.ts'
import { TmMessage } from '@infra-home/shared/messages/tm.ts'
import { checker } from '@infra-home/shared/problem.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { voice } from '../helpers/said.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/sys')
const captured = (name: string): string => readFileSync(join(FIXTURES, 'captured', name), 'utf8')
const pi = (path: string): string => readFileSync(join(FIXTURES, 'pi', path), 'utf8')

const collect = (name: keyof typeof COLLECTORS): Promise<Reading> =>
  COLLECTORS[name]().collect(fixtureSys(join(FIXTURES, 'pi'), fakeClock()))
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
    ['iw', captured('iw-dev-link.connected.txt'), parseIwLink],
    ['/proc/net/dev', captured('proc-net-dev.txt'), parseNetDev],
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
    ['a silent neighbour', parseArp(pi('root/proc/net/arp'))[1]?.complete, false],
  ]
  for (const [name, found, expected] of rows) t.test(name, async (t) => t.same(found, expected))
})

t.test('the kernel’s monitor', async (t) => {
  const rows: [string, string | null][] = [
    [
      '7: eth0.10@eth0: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state LOWERLAYERDOWN',
      'link',
    ],
    ['Deleted 8: eth0.20@eth0: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN', 'link'],
    ['11: eth0.20    inet 192.168.20.2/24 scope global eth0.20\\       valid_lft forever', 'address'],
    ['Deleted 5: far    inet6 fe80::c0f5:f7ff:fe1e:17f5/64 scope link \\', 'address'],
    ['default via 10.10.0.1 dev eth0 ', 'route'],
    ['Deleted 10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 ', 'route'],
    ['unreachable default dev lo table 201 metric 4096 ', 'route'],
    ['1000:	from 10.9.0.0/24 lookup 201 ', 'rule'],
    ['', null],
    ['Failed to send dump request', null],
  ]
  for (const [line, subject] of rows)
    t.test(`${line.slice(0, 40) || 'nothing'} is ${subject}`, async (t) =>
      t.equal(parseMonitorLine(line), subject),
    )
  t.test('every line that a real one printed is understood', async (t) => {
    for (const line of captured('ip-o-monitor-link-address.vlans.txt').split('\n').filter(Boolean))
      t.ok(parseMonitorLine(line), line)
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
