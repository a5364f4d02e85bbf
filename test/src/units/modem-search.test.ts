import { modemsCommand } from '@infra-home/agent/modem-search/command.ts'
import { startSeeing } from '@infra-home/agent/seeing.ts'
import { followSearch } from '@infra-home/agent/modem-search/follow.ts'
import { privateGateways } from '@infra-home/agent/modem-search/gateways.ts'
import { ASKED_FILE, hostPatience } from '@infra-home/agent/modem-search/host-patience.ts'
import type { Finding } from '@infra-home/agent/modem-search/judge-host.ts'
import { type NamedModems, namedModems } from '@infra-home/agent/modem-search/named-modems.ts'
import { foundModemId, searchReport } from '@infra-home/agent/modem-search/report.ts'
import { searchModems } from '@infra-home/agent/modem-search/search.ts'
import { MODEM_DRIVERS } from '@infra-home/agent/modems.gen.ts'
import { hilink } from '@infra-home/agent/modems/hilink.ts'
import type { ModemDriver } from '@infra-home/agent/modems/modem.ts'
import type { Recognition } from '@infra-home/agent/modems/recognition.ts'
import { isPrivateAddress } from '@infra-home/agent/parse/private-address.ts'
import {
  simulatedHilink,
  type SimulatedHilinkOptions,
} from '@infra-home/agent/sys/simulated/hilink-device.ts'
import { simulatedNetgear } from '@infra-home/agent/sys/simulated/netgear-device.ts'
import type { Disk, HttpAnswer, HttpClient, HttpRequest, Sys } from '@infra-home/agent/sys/sys.ts'
import { hours, minutes, monoMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import t, { type Test } from 'tap'
import { type FakeClock, fakeClock, settle } from '../helpers/fake-clock.ts'
import { modemPorts } from '../helpers/modem-ports.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'

const NOBODY: NamedModems = { hosts: new Set(), drivers: new Set(), unresolved: new Map() }

type Asked = { readonly host: string; readonly at: number; readonly request: HttpRequest }

/** A machine with gateways, and who answers at them. */
const machine = (
  hosts: Readonly<Record<string, HttpClient>>,
  clock: FakeClock,
  disk: Disk = fakeDisk().mount(),
) => {
  const asked: Asked[] = []
  const routes = Object.keys(hosts).map((gateway) => ({ dst: 'default', gateway, dev: 'eth0' }))
  const missing = async (program: string): Promise<string> => {
    throw new InfraError('exec-failed', `${program} is not installed`)
  }
  const sys = {
    clock,
    boot: 'this-boot',
    disk,
    readText: async () => null,
    readDir: async () => [],
    exec: async (program: string) => (program === 'ip' ? JSON.stringify(routes) : missing(program)),
    http: async (request: HttpRequest) => {
      const host = new URL(request.url).host
      asked.push({ host, at: clock.now().mono, request })
      const answer = hosts[host]
      if (!answer) throw new InfraError('http-failed', 'connect ECONNREFUSED')
      return answer(request)
    },
  } as unknown as Sys
  return { sys, asked, disk }
}

/** Every rule that a search has to keep, whoever answers. */
const keepsTheBounds = (t: Test, asked: readonly Asked[]): void => {
  for (const { host, request } of asked) {
    t.ok(isPrivateAddress(host), host)
    t.equal(request.method, 'GET')
    t.equal(request.body, undefined)
    t.same(
      Object.keys(request.headers ?? {}).filter((name) => name !== 'referer'),
      [],
      'nothing but a referer',
    )
  }
  for (const host of new Set(asked.map((one) => one.host))) {
    const times = asked.filter((one) => one.host === host).map(({ at }) => at)
    for (const [i, at] of times.entries()) {
      const before = times[i - 1]
      if (before !== undefined && at - before < minutes(1))
        t.fail(`${host} was asked after ${at - before} ms`)
    }
  }
}

const searched = async (
  hosts: Readonly<Record<string, HttpClient>>,
  clock: FakeClock,
  drivers: readonly ModemDriver<never>[] = MODEM_DRIVERS,
) => {
  const { sys, asked } = machine(hosts, clock)
  const searching = searchModems(sys, { drivers, turn: hostPatience(sys), known: NOBODY })
  for (let i = 0; i < 10; i++) {
    await settle()
    await clock.advance(minutes(1))
  }
  return { findings: await searching, asked }
}

const HOST = '192.168.8.1'
const FIRMWARES: [string, Omit<SimulatedHilinkOptions, 'clock'>, number][] = [
  ['tokens in its page', { firmware: { tokens: 'page', rotation: 'list' } }, 1],
  ['a token endpoint', { firmware: { tokens: 'token', rotation: 'one-two' } }, 2],
  ['SesTokInfo', {}, 2],
  ['no sessions', { firmware: { tokens: 'none', rotation: 'single' } }, 2],
  [
    'everything behind a SCRAM login',
    { account: { username: 'admin', password: 'x', passwordType: '4', scram: true, protects: 'all' } },
    2,
  ],
]
for (const [what, options, questions] of FIRMWARES)
  t.test(`finds a HiLink modem with ${what}, by ${questions} questions and no login`, async (t) => {
    const clock = fakeClock()
    const device = simulatedHilink({ clock, ...options })
    const { findings, asked } = await searched({ [HOST]: device.handle }, clock)
    t.match(findings, [{ where: HOST, driver: 'hilink', sure: true, config: { address: HOST } }])
    t.equal(asked.length, questions)
    t.match(device.asked(), { tries: 0, logins: 0 })
    keepsTheBounds(t, asked)
  })

for (const line of ['LB', 'M'] as const)
  t.test(`finds a Netgear modem of the ${line} line by one question and no login`, async (t) => {
    const clock = fakeClock()
    const device = simulatedNetgear({ clock, line })
    const { findings, asked } = await searched({ [HOST]: device.handle }, clock)
    t.match(findings, [{ where: HOST, driver: 'netgear', sure: true }])
    t.equal(asked.length, 1)
    t.match(device.asked(), { tries: 0 })
    keepsTheBounds(t, asked)
  })

t.test('says of what is no modem that it is none, and asks it once', async (t) => {
  const clock = fakeClock()
  const page = async () => ({ status: 200, headers: {}, body: '<html><title>FRITZ!Box</title></html>' })
  const { findings, asked } = await searched(
    { '192.168.178.1': page, '10.0.0.1': async () => never() },
    clock,
  )
  t.match(findings, [
    { where: '10.0.0.1', driver: null, why: /does not answer: nothing here/ },
    { where: '192.168.178.1', driver: null, why: /no modem that is known/ },
  ])
  t.equal(asked.length, 2)
  keepsTheBounds(t, asked)
})

t.test('what a page says to each driver', async (t) => {
  const rows: [string, Partial<HttpAnswer>, { hilink?: boolean; netgear?: boolean }][] = [
    [
      'a redirect to /html/home.html',
      { status: 307, headers: { location: '/html/home.html' } },
      { hilink: false },
    ],
    [
      'a redirect with the host in it',
      { status: 302, headers: { location: `http://${HOST}/html/index.html?url=x` } },
      { hilink: false },
    ],
    [
      'a session and a token',
      {
        headers: { 'set-cookie': ['SessionID=abc; path=/'] },
        body: '<meta name="csrf_token" content="x1"/>',
      },
      { hilink: true },
    ],
    ['a token of somebody’s', { body: '<meta name="csrf_token" content="x1"/>' }, { hilink: false }],
    ['the token of a Rails page', { body: '<meta name="csrf-token" content="x1"/>' }, {}],
    [
      'a redirect to where cookies are',
      { headers: { location: '/sess_cd_tmp?op=%2F&oq=' } },
      { netgear: true },
    ],
    ['a page of Netgear’s', { body: '<script src="/js/NetgearStrings.js">' }, { netgear: false }],
    ['nothing', {}, {}],
  ]
  for (const [what, answer, wanted] of rows) {
    const page = { status: 200, headers: {}, body: '', ...answer }
    const said = MODEM_DRIVERS.flatMap(({ name, recognition }) => {
      const likeness = recognition?.page?.(page)
      return likeness ? [[name, likeness.sure]] : []
    })
    t.match(Object.fromEntries(said), wanted, what)
    t.equal(said.length, Object.keys(wanted).length, what)
  }
})

const never = () => {
  throw new InfraError('http-timeout', 'nothing here')
}

const toy = (name: string, recognition: Recognition): ModemDriver<never> => ({
  name,
  configSchema: {},
  create: () => ({ read: () => Promise.reject(new Error('nobody reads a toy')) }),
  recognition,
})

t.test(
  'one page serves all drivers; their own questions wait for the minute, one after another',
  async (t) => {
    const clock = fakeClock()
    const seen: string[] = []
    const asks = (name: string, sure: boolean): ModemDriver<never> =>
      toy(name, {
        page: () => {
          seen.push(name)
          return { sure: false, why: 'maybe' }
        },
        question: {
          path: `/${name}`,
          referer: '/index.html',
          judge: () => (sure ? { sure: true, why: 'it said so' } : null),
        },
      })
    const page = async () => ({ status: 200, headers: {}, body: '' })
    const drivers = [asks('one', false), asks('two', false), asks('three', true), asks('four', true)]
    const { findings, asked } = await searched({ [HOST]: page }, clock, drivers)
    t.same(seen, ['one', 'two', 'three', 'four'])
    t.same(
      asked.map(({ request, at }) => [new URL(request.url).pathname, at - (asked[0]?.at ?? 0)]),
      [
        ['/', 0],
        ['/one', 60_000],
        ['/two', 120_000],
        ['/three', 180_000],
      ],
    )
    t.match(findings, [{ driver: 'three', sure: true, why: 'it said so' }])
    keepsTheBounds(t, asked)
    const unsure = await searched({ [HOST]: page }, fakeClock(), [asks('one', false)])
    t.match(unsure.findings, [{ driver: 'one', sure: false }], 'what nobody is sure of is likely')
  },
)

t.test('only gateways with private addresses are asked', async (t) => {
  const rows: [string, boolean][] = [
    ['10.0.0.1', true],
    ['172.16.0.1', true],
    ['172.31.255.254', true],
    ['172.32.0.1', false],
    ['192.168.8.1', true],
    ['192.169.0.1', false],
    ['169.254.1.1', true],
    ['100.64.0.1', false],
    ['8.8.8.8', false],
    ['127.0.0.1', false],
    ['0.0.0.0', false],
    ['fe80::1', false],
    ['192.168.8.1:80', false],
    ['192.168.8.256', false],
    ['192.168.8.1/@8.8.8.8', false],
    ['', false],
  ]
  for (const [address, isPrivate] of rows) t.equal(isPrivateAddress(address), isPrivate, address)
  const clock = fakeClock()
  const page = async () => ({ status: 200, headers: {}, body: '' })
  const { asked } = await searched({ '81.2.3.4': page, '192.168.8.1': page, '100.64.0.1': page }, clock)
  t.same(
    asked.map(({ host }) => host),
    ['192.168.8.1'],
  )
  const withoutIp = {
    exec: async () => never(),
    readText: async () =>
      'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n' +
      'usb0\t00000000\t0108A8C0\t0003\t0\t0\t100\t00000000\n',
  }
  t.same(await privateGateways(withoutIp), ['192.168.8.1'], 'as the kernel shows them where ip cannot')
})

t.test('the minute of a host', async (t) => {
  const ask = async (
    clock: FakeClock,
    turn: (host: string) => Promise<void>,
    host: string,
  ): Promise<number> => {
    const from = clock.now().mono
    let at: number | null = null
    void turn(host).then(() => (at = clock.now().mono))
    await settle()
    await settle()
    for (let i = 0; i < 90 && at === null; i++) await clock.advance(seconds(1))
    return (at ?? Infinity) - from
  }
  t.test('is kept over a restart of the agent, and for each host alone', async (t) => {
    const clock = fakeClock()
    const disk = fakeDisk().mount()
    t.equal(await ask(clock, hostPatience({ clock, boot: 'a', disk }), HOST), 0)
    t.equal(await ask(clock, hostPatience({ clock, boot: 'a', disk }), '10.0.0.1'), 0)
    await clock.advance(seconds(20))
    t.equal(await ask(clock, hostPatience({ clock, boot: 'a', disk }), HOST), 40_000)
  })
  t.test('is kept over a restart of the machine, from when it started', async (t) => {
    const disk = fakeDisk().mount()
    const before = fakeClock()
    await ask(before, hostPatience({ clock: before, boot: 'a', disk }), HOST)
    const after = fakeClock(before.now().wall, 15_000)
    t.equal(await ask(after, hostPatience({ clock: after, boot: 'b', disk }), HOST), 45_000)
  })
  t.test('holds nobody up when its book is damaged', async (t) => {
    const clock = fakeClock()
    const disk = fakeDisk().mount()
    const askedAt = { [HOST]: monoMs(clock.now().mono + hours(5)) }
    await disk.replace(ASKED_FILE, new TextEncoder().encode(JSON.stringify({ boot: 'a', askedAt })))
    t.equal(await ask(clock, hostPatience({ clock, boot: 'a', disk }), HOST), 0, 'a time that has not come')
    for (const text of ['{"boot":', '{}', '7', `{"boot":"a","askedAt":{"${HOST}":"x"}}`]) {
      await disk.replace(ASKED_FILE, new TextEncoder().encode(text))
      t.equal(await ask(clock, hostPatience({ clock, boot: 'a', disk }), HOST), 0, text)
    }
  })
  t.test('is kept between those who ask at once', async (t) => {
    const clock = fakeClock()
    const turn = hostPatience({ clock, boot: 'a', disk: fakeDisk().mount() })
    const times: number[] = []
    for (let i = 0; i < 3; i++) void turn(HOST).then(() => times.push(clock.now().mono))
    await settle()
    await settle()
    await clock.advance(minutes(5))
    t.same(
      times.map((at) => at - (times[0] ?? 0)),
      [0, 60_000, 120_000],
    )
  })
  t.test('cannot be kept without a disk, so that nobody is asked', async (t) => {
    const clock = fakeClock()
    const full: Disk = {
      ...fakeDisk().mount(),
      replace: async () => {
        throw new InfraError('disk-full', 'no room')
      },
    }
    const { sys, asked } = machine({ [HOST]: async () => never() }, clock, full)
    await t.rejects(modemsCommand(sys, {}), { code: 'disk-full' })
    t.same(asked, [])
  })
})

t.test('the command prints a table and what to configure, and asks no modem that is named', async (t) => {
  const clock = fakeClock()
  const device = simulatedNetgear({ clock })
  const { sys, asked } = machine({ '192.168.5.1': device.handle, [HOST]: async () => never() }, clock)
  const modems = [{ id: 'mifi', driver: 'hilink', config: { address: `${HOST}:80` } }]
  const printed = await modemsCommand(sys, { modems })
  t.equal(
    printed,
    [
      'named in the configuration, and not asked: 192.168.8.1',
      'WHERE        DRIVER   SURE  WHY',
      '192.168.5.1  netgear  yes   it sends everybody to Netgear’s /sess_cd_tmp first',
      '',
      'For the agent’s configuration, with a passwordFile where the modem has a password:',
      JSON.stringify(
        {
          modems: [{ id: 'netgear-192-168-5-1', driver: 'netgear', config: { address: '192.168.5.1' } }],
        },
        null,
        2,
      ),
    ].join('\n'),
  )
  t.same(
    asked.map(({ host }) => host),
    ['192.168.5.1'],
  )
  t.match(searchReport([]), /nothing was asked/)
  t.equal(
    foundModemId('at', '/dev/serial/by-id/usb-Quectel_EC25-if02-port0'),
    'at-dev-serial-by-id-usb-quectel-ec25-if02-port0',
  )
})

t.test(
  'what this machine has is found without asking anybody, and a driver without its program finds nothing',
  async (t) => {
    const clock = fakeClock()
    const { sys, asked } = machine({}, clock)
    const here = toy('serial', {
      here: async () => [
        { where: '/dev/serial/by-id/usb-x', sure: false, why: 'its name', config: { device: '/dev/x' } },
      ],
    })
    const broken = toy('mmcli', {
      here: async ({ exec }) => [await exec('mmcli', ['-L', '-J']).then(() => never())],
    })
    const findings = await searchModems(sys, {
      drivers: [here, broken],
      turn: async () => {},
      known: NOBODY,
    })
    t.match(findings, [{ driver: 'serial', sure: false, where: '/dev/serial/by-id/usb-x' }])
    t.equal(findings.length, 1)
    t.same(asked, [])
  },
)

t.test('an agent that is told to goes on looking, hands over once what is sure, and stops', async (t) => {
  const clock = fakeClock()
  const device = simulatedHilink({ clock, firmware: { tokens: 'page', rotation: 'list' } })
  device.power(false)
  const { sys, asked } = machine({ [HOST]: device.handle, '192.168.1.1': async () => never() }, clock)
  const found: Finding[] = []
  const likely = toy('likely', { here: async () => [{ where: 'x', sure: false, why: '', config: {} }] })
  const named = toy('named', { here: async () => [{ where: 'y', sure: true, why: '', config: {} }] })
  const following = followSearch({
    sys,
    drivers: [...MODEM_DRIVERS, likely, named],
    named: { ...NOBODY, hosts: new Set(['192.168.1.1']), drivers: new Set(['named']) },
    log: () => {},
    onFound: (finding) => found.push(finding),
  })
  await clock.advance(minutes(5))
  t.same(found, [])
  device.power(true)
  await clock.advance(minutes(30))
  t.match(found, [{ driver: 'hilink', where: HOST }])
  t.equal(found.length, 1)
  const before = asked.length
  following.stop()
  await clock.advance(hours(5))
  t.equal(asked.length, before)
  keepsTheBounds(t, asked)
  t.notOk(asked.some(({ host }) => host === '192.168.1.1'))
})

t.test('a host that has answered is not asked again, and one that was silent is', async (t) => {
  const clock = fakeClock()
  const router: HttpClient = async () => ({ status: 200, headers: {}, body: '<html>a router</html>' })
  const off: HttpClient = async () => {
    throw new InfraError('http-failed', 'connect ECONNREFUSED')
  }
  const { sys, asked } = machine({ '192.168.1.1': router, '192.168.1.2': off }, clock)
  const logged: unknown[] = []
  const following = followSearch({
    sys,
    drivers: MODEM_DRIVERS,
    named: NOBODY,
    log: (_level, _text, fields) => logged.push(fields?.['where']),
    onFound: () => t.fail('it is no modem'),
  })
  for (let i = 0; i < 6; i++) await clock.advance(minutes(10))
  following.stop()
  const times = (host: string): number => asked.filter((one) => one.host === host).length
  t.equal(times('192.168.1.1'), 1)
  t.ok(times('192.168.1.2') > 4)
  t.equal(logged.filter((where) => where === '192.168.1.1').length, 1)
})

t.test('a modem that is named by its host name is not read a second time by its address', async (t) => {
  const clock = fakeClock()
  const device = simulatedHilink({ clock, firmware: { tokens: 'page', rotation: 'list' } })
  const { sys } = machine({ [HOST]: device.handle }, clock)
  const modems = [{ id: 'mifi', driver: 'hilink', config: { address: 'hi.link:80' } }]
  const found: Finding[] = []
  const follow = (named: NamedModems) =>
    followSearch({ sys, drivers: MODEM_DRIVERS, named, log: () => {}, onFound: (one) => found.push(one) })
  const following = follow(namedModems({ modems }))
  for (let i = 0; i < 3; i++) await clock.advance(minutes(10))
  following.stop()
  t.same(found, [])
  const printing = modemsCommand(sys, { modems })
  await settle()
  await clock.advance(minutes(1))
  const printed = await printing
  t.match(printed, /^192.168.8.1 +hilink +likely +.*; it may be hi.link of the configuration$/m)
  t.notMatch(printed, /not asked/)
  const other = follow(namedModems({ modems: [{ driver: 'zte', config: { address: 'm.home' } }] }))
  for (let i = 0; i < 3; i++) await clock.advance(minutes(10))
  other.stop()
  t.match(found, [{ driver: 'hilink', where: HOST }], 'one of another kind is no hindrance')
})

t.test('a modem that was found is read as one that was named', async (t) => {
  const clock = fakeClock()
  const device = simulatedHilink({ clock })
  const modem = hilink.create({ address: HOST }, modemPorts({ http: device.handle, clock }))
  const seen: string[] = []
  let find: (() => void) | null = null
  const seeing = await startSeeing(
    {
      sys: { clock, stream: () => ({ stop() {} }) } as unknown as Sys,
      collectors: [],
      modems: [],
      findModems: (onFound) => {
        find = () => onFound({ id: 'found', driver: 'hilink', address: HOST, modem })
        return { stop: () => seen.push('stopped') }
      },
      keeps: () => true,
      log: () => {},
    },
    {
      states: ({ states }) => seen.push(...states.map(({ kind, id }) => `${kind}/${id}`)),
      numbers: () => {},
      event: () => {},
    },
    () => minutes(1),
    { readings: () => {}, kernelChanged: () => {}, isForData: () => true },
  )
  t.same(seen, [])
  find!()
  await settle()
  await settle()
  await clock.advance(seconds(30))
  t.same(seen, ['modem/found', 'modem/found'])
  await seeing.stop()
  const asked = device.asked().paths.length
  await clock.advance(minutes(5))
  t.equal(device.asked().paths.length, asked)
  t.equal(seen.at(-1), 'stopped')
})
