import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { modemBox } from '@infra-home/agent/sys/simulated/modem-box.ts'
import { hasService, type ModemWorld } from '@infra-home/agent/sys/simulated/modem-world.ts'
import { modemmanager } from '@infra-home/agent/modems/modemmanager.ts'
import { hilink, type HilinkConfig } from '@infra-home/agent/modems/hilink.ts'
import { zte, type ZteConfig } from '@infra-home/agent/modems/zte.ts'
import { android, type AndroidConfig } from '@infra-home/agent/modems/android.ts'
import { termux } from '@infra-home/agent/modems/termux.ts'
import {
  type AndroidPhoneOptions,
  simulatedAndroidPhone,
} from '@infra-home/agent/sys/simulated/android-phone.ts'
import { at, type AtConfig } from '@infra-home/agent/modems/at.ts'
import { simulatedAt, type SimulatedAtOptions } from '@infra-home/agent/sys/simulated/at-device.ts'
import { netgear, type NetgearConfig } from '@infra-home/agent/modems/netgear.ts'
import {
  simulatedHilink,
  type SimulatedHilinkOptions,
} from '@infra-home/agent/sys/simulated/hilink-device.ts'
import { simulatedZte, type SimulatedZteOptions } from '@infra-home/agent/sys/simulated/zte-device.ts'
import { MC801A, MC888, MF823 } from '@infra-home/agent/sys/simulated/zte-firmware.ts'
import { simulatedMmcli } from '@infra-home/agent/sys/simulated/mmcli-modem.ts'
import { simulatedTermuxPhone } from '@infra-home/agent/sys/simulated/termux-phone.ts'
import {
  simulatedNetgear,
  type SimulatedNetgearOptions,
} from '@infra-home/agent/sys/simulated/netgear-device.ts'
import { parseOperator } from '@infra-home/agent/parse/at-operator.ts'
import { parseQeng } from '@infra-home/agent/parse/at-qeng.ts'
import { parseRegistration, REGISTRATIONS } from '@infra-home/agent/parse/at-registration.ts'
import { parseCesq, parseCsq, parseHcsq } from '@infra-home/agent/parse/at-signal.ts'
import { type HilinkFields, parseHilinkAnswer } from '@infra-home/agent/parse/hilink-answer.ts'
import { parseHilinkOperator } from '@infra-home/agent/parse/hilink-operator.ts'
import { parseHilinkSignal } from '@infra-home/agent/parse/hilink-signal.ts'
import { parseHilinkStatus } from '@infra-home/agent/parse/hilink-status.ts'
import { parseHilinkTraffic } from '@infra-home/agent/parse/hilink-traffic.ts'
import type { SaidRadio } from '@infra-home/agent/parse/in-ranges.ts'
import { parseMmBearer } from '@infra-home/agent/parse/mmcli-bearer.ts'
import { parseMmCell } from '@infra-home/agent/parse/mmcli-location.ts'
import { parseMmList, parseMmModem } from '@infra-home/agent/parse/mmcli-modem.ts'
import { parseMmRefusal } from '@infra-home/agent/parse/mmcli-refusal.ts'
import { parseMmSignal } from '@infra-home/agent/parse/mmcli-signal.ts'
import { parseNetgearModel } from '@infra-home/agent/parse/netgear-model.ts'
import { parseTermuxCells } from '@infra-home/agent/parse/termux-cells.ts'
import { parseTermuxDevice } from '@infra-home/agent/parse/termux-device.ts'
import { parseZteAnswer } from '@infra-home/agent/parse/zte-answer.ts'
import { parseZteRadio } from '@infra-home/agent/parse/zte-radio.ts'
import { parseZteStatus } from '@infra-home/agent/parse/zte-status.ts'
import type { ModemDriver, ModemPorts } from '@infra-home/agent/modems/modem.ts'
import type { HttpAnswer, HttpClient } from '@infra-home/agent/sys/sys.ts'
import { seconds } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import t from 'tap'
import { modemPorts } from '../helpers/modem-ports.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { serveDevice } from '../helpers/http-device.ts'
import { nodeHttpClient } from '../helpers/node-http-client.ts'
import { modemDriverSuite, type ModemDriverSuite } from './modem-driver-suite.ts'

type Ways = Partial<Omit<ModemPorts, 'clock'>>

/** True for the first two of those that `is` takes. */
const firstTwo = (is: RegExp): ((what: string) => boolean) => {
  let left = 2
  return (what) => is.test(what) && left-- > 0
}

const httpRefusing =
  (is: RegExp, answer: Partial<HttpAnswer>) =>
  ({ http, ...ways }: Ways): Ways => {
    const isRefused = firstTwo(is)
    if (!http) return ways
    return {
      ...ways,
      http: async (request) =>
        isRefused(request.body ?? '') ? { status: 200, headers: {}, body: '', ...answer } : http(request),
    }
  }

/** True for the first of those that `is` takes. */
const first = (is: RegExp): ((what: string) => boolean) => {
  let isOver = false
  return (what) => !isOver && is.test(what) && (isOver = true)
}

const httpLosing =
  (is: RegExp) =>
  ({ http, ...ways }: Ways): Ways => {
    const isLost = first(is)
    if (!http) return ways
    return {
      ...ways,
      http: async (request) => {
        const answer = await http(request)
        if (isLost(request.body ?? '')) throw new InfraError('http-timeout', 'no answer within 1500 ms')
        return answer
      },
    }
  }

const mmcliLosing = ({ exec, ...ways }: Ways): Ways => {
  const isLost = first(/--simple-disconnect/)
  if (!exec) return ways
  return {
    ...ways,
    exec: async (program, args, ...more) => {
      const said = await exec(program, args, ...more)
      if (isLost(args.join(' '))) throw new InfraError('exec-timeout', 'mmcli took too long')
      return said
    },
  }
}

const serialLosing = ({ serial, ...ways }: Ways): Ways => {
  const isLost = first(/AT\+CGATT=0/)
  if (!serial) return ways
  return {
    ...ways,
    serial: (device) => {
      const line = serial(device)
      return {
        ...line,
        ask: async (command, ...more) => {
          const said = await line.ask(command, ...more)
          if (isLost(command)) throw new InfraError('serial-timeout', 'no answer within 15000 ms')
          return said
        },
      }
    },
  }
}

const mmcliRefusing = ({ exec, ...ways }: Ways): Ways => {
  const isRefused = firstTwo(/--connect/)
  if (!exec) return ways
  return {
    ...ways,
    exec: async (program, args, ...more) => {
      if (isRefused(args.join(' '))) throw new InfraError('exec-failed', 'mmcli failed (1): error: busy')
      return exec(program, args, ...more)
    },
  }
}

const serialRefusing = ({ serial, ...ways }: Ways): Ways => {
  const isRefused = firstTwo(/AT\+CG(ATT|ACT)=1/)
  if (!serial) return ways
  return {
    ...ways,
    serial: (device) => {
      const line = serial(device)
      return {
        ...line,
        ask: async (command, ...more) => (isRefused(command) ? ['ERROR'] : line.ask(command, ...more)),
      }
    },
  }
}

const ADMIN = { username: 'admin', password: 'right', passwordType: '4', protects: 'all' } as const

type Kind = [string, Partial<HilinkConfig>, Omit<SimulatedHilinkOptions, 'clock'>]
const KINDS: Kind[] = [
  ['hilink', {}, {}],
  ['hilink with tokens in its page', {}, { firmware: { tokens: 'page', rotation: 'list' } }],
  ['hilink with a token endpoint', {}, { firmware: { tokens: 'token', rotation: 'one-two' } }],
  ['hilink from before sessions', {}, { firmware: { tokens: 'none', rotation: 'single' } }],
  ['hilink behind a SCRAM login', { password: 'right' }, { account: { ...ADMIN, scram: true } }],
  ['hilink behind a login', { password: 'right' }, { account: ADMIN }],
]

for (const [name, config, options] of KINDS)
  t.test(name, (t) => {
    modemDriverSuite(t, {
      driver: hilink,
      config: { address: '192.168.8.1', ...config },
      device: (clock) => {
        const device = simulatedHilink({ clock, ...options })
        return { ...device, tries: () => device.asked().tries, ports: { http: device.handle } }
      },
      service: /(?<=<ServiceStatus>)\d/,
      refusingToBegin: httpRefusing(/<dataswitch>1</, { body: '<error><code>100004</code></error>' }),
      losingTheEnd: httpLosing(/<dataswitch>0</),
      ...(options.account && {
        login: {
          is: /user\/(authentication_)?login /,
          refusal: { body: '<error><code>100001</code></error>' },
        },
      }),
    })
    t.end()
  })

for (const modem of ['any', '490154203237518', 'ttyUSB2'])
  t.test(`modemmanager, ${modem}`, (t) => {
    modemDriverSuite(t, {
      driver: modemmanager,
      config: { modem },
      device: (clock) => {
        const device = simulatedMmcli({ clock })
        return { ...device, ports: { exec: device.exec } }
      },
      refusingToBegin: mmcliRefusing,
      losingTheEnd: mmcliLosing,
      cannotTell: ['busy'],
    })
    t.end()
  })

const NETGEAR: [string, Partial<NetgearConfig>, Omit<SimulatedNetgearOptions, 'clock'>][] = [
  ['netgear', {}, {}],
  ['netgear of the M line', {}, { line: 'M' }],
  ['netgear that shows guests nothing', { password: 'right' }, { hidesFromGuests: true }],
]

for (const [name, config, options] of NETGEAR)
  t.test(name, (t) => {
    modemDriverSuite(t, {
      driver: netgear,
      config: { address: '192.168.5.1', ...config },
      device: (clock) => {
        const device = simulatedNetgear({ clock, ...options })
        return { ...device, tries: () => device.asked().tries, ports: { http: device.handle } }
      },
      forOrders: { password: 'right' },
      service: /(?<="currentNWserviceType":")[^"]*/,
      refusingToBegin: httpRefusing(/wwan\.connect=DefaultProfile/, {
        status: 302,
        headers: { location: '/error.json?errno=1&errdetail=wwan.connect' },
      }),
      losingTheEnd: httpLosing(/wwan\.connect=(Disconnect|0)/),
      login: { is: /session\.password=/, refusal: { status: 302, headers: { location: '/error.json' } } },
      cannotTell: ['busy'],
    })
    t.end()
  })

/** Android counts signal to noise in tenths up to its version 10, and strength in +CSQ steps up to 9. */
const inTenths: ModemDriverSuite<AndroidConfig>['wordsFor'] = (metric, value) => [
  String(metric === 'sinrDb' ? Math.round(value * 10) : value),
]
const inSteps: ModemDriverSuite<AndroidConfig>['wordsFor'] = (metric, value) =>
  metric === 'rssiDbm' ? [String((value + 113) / 2)] : inTenths(metric, value)

const PHONES: [string, Omit<AndroidPhoneOptions, 'clock'>, Partial<ModemDriverSuite<AndroidConfig>>][] = [
  ['android 9', { format: 'android9' }, { wordsFor: inSteps, cannotTell: ['denied', 'busy'] }],
  ['android 10', { format: 'android10' }, { wordsFor: inTenths }],
  ['android 12, as root', { rooted: true }, {}],
  ['the second SIM of an android', { secondSlot: true }, { config: { slot: 1 } }],
]

for (const [name, options, suite] of PHONES)
  t.test(name, (t) => {
    modemDriverSuite(t, {
      driver: android,
      config: {},
      service: /(?<=mServiceState=).*/g,
      cannotTell: ['busy'],
      device: (clock) => {
        const device = simulatedAndroidPhone({ clock, ...options })
        return { ...device, ports: { exec: device.exec } }
      },
      ...suite,
    })
    t.end()
  })

for (const [name, whole, radio] of [
  ['termux', true, ['rsrpDbm', 'rsrqDb', 'rssiDbm']],
  ['termux on an old phone', false, ['rsrpDbm']],
] as const)
  t.test(name, (t) => {
    modemDriverSuite(t, {
      driver: termux,
      config: {},
      radio,
      cannotTell: ['denied', 'busy'],
      device: (clock) => {
        const device = simulatedTermuxPhone(clock, whole)
        return { ...device, ports: { exec: device.exec } }
      },
    })
    t.end()
  })

const CHATTER = [
  '+CEREG: 1,"E02E","2A3E124",7',
  '^RSSI: 31',
  '+CREG: 5',
  '+CMTI: "SM",3',
  '^HCSQ: "WCDMA",30,30,58',
  'RING',
  '+QIND: "csq",31,99',
  '+CSQ',
]
const GENERIC = ['rsrpDbm', 'rsrqDb', 'rssiDbm'] as const
type AtKind = [string, Partial<AtConfig>, Omit<SimulatedAtOptions, 'clock'>]
const AT_KINDS: AtKind[] = [
  ['at', {}, {}],
  ['at that does not echo', {}, { echo: false }],
  ['at that speaks up in between', { contextId: 1 }, { unsolicited: CHATTER }],
  ['at of Huawei', {}, { dialect: 'huawei' }],
  ['at of Quectel', { sinr: 'db' }, { dialect: 'quectel' }],
  ['at of Quectel with steps of SINR', { sinr: 'x0.2-20' }, { dialect: 'quectel', sinr: 'x0.2-20' }],
]
const STEPS = {
  rsrpDbm: [(value: number) => value + 141],
  rsrqDb: [(value: number) => (value + 20) * 2],
  sinrDb: [(value: number) => (value + 20.2) * 5, (value: number) => (value + 20) * 5],
  rssiDbm: [
    (value: number) => (value + 113) / 2,
    (value: number) => value + 121,
    (value: number) => value + 111,
    (value: number) => value + 116 + 100,
  ],
}

for (const [name, config, options] of AT_KINDS)
  t.test(name, (t) => {
    modemDriverSuite(t, {
      driver: at,
      config: { address: '/dev/ttyUSB2', ...config },
      device: (clock) => {
        const device = simulatedAt({ clock, ...options })
        return { ...device, ports: { serial: device.serial } }
      },
      service: /(?<=^\+C[EG]?REG: \d),.*/gm,
      refusingToBegin: serialRefusing,
      losingTheEnd: serialLosing,
      ...((options.dialect ?? 'generic') === 'generic' && { radio: GENERIC }),
      wordsFor: (metric, value) => [
        String(value),
        ...STEPS[metric].map((stepOf) => String(Math.round(stepOf(value)))),
      ],
    })
    t.end()
  })

t.test('hilink over a real connection', async (t) => {
  const clock = fakeClock()
  const device = simulatedHilink({ clock, account: { ...ADMIN, protects: 'status' } })
  const server = await serveDevice(device.handle)
  t.teardown(() => server.close())
  const config = { address: server.address, password: 'right', timeoutMs: 600 }
  const modem = hilink.create(config, modemPorts({ http: nodeHttpClient, clock }))
  const healthy = await modem.read()
  t.match(healthy, { state: { state: 'online' }, numbers: { rsrpDbm: -86, monthRxBytes: 20_000_000_000 } })
  device.hang(true)
  t.match(await modem.read(), {
    state: { state: 'unreachable', cause: /600 ms/ },
    numbers: { rsrpDbm: null },
  })
  device.hang(false)
  device.setAnswers('half')
  t.match(await modem.read(), { state: { state: 'unknown', cause: /cut off/ }, numbers: { rsrpDbm: null } })
  device.setAnswers('whole')
  device.setConnection('disconnected')
  t.match(await modem.read(), { state: { state: 'no-data' } })
  await modem.reconnect?.()
  t.same(await modem.read(), healthy, 'a new data session')
  t.equal(
    device.asked().paths.filter((path) => path === '/api/dialup/mobile-dataswitch').length,
    2,
    'off and on again',
  )
  await modem.reboot?.()
  t.equal((await modem.read()).state.state, 'unreachable')
  await clock.advance(seconds(25))
  t.match(await modem.read(), { state: { state: 'searching' }, numbers: { rsrpDbm: null } })
  await clock.advance(seconds(25))
  t.same(await modem.read(), healthy)
})

type ZteKind = [string, Partial<ZteConfig>, Omit<SimulatedZteOptions, 'clock'>]
const ZTE_KINDS: ZteKind[] = [
  ['zte', {}, {}],
  ['zte from before lte_rssi', {}, { firmware: MF823 }],
  [
    'zte that keeps its radio back',
    { password: 'right' },
    { firmware: MC801A, account: { password: 'right' } },
  ],
  [
    'zte with users that says nothing to strangers',
    { username: 'admin', password: 'right' },
    { firmware: MC888, account: { username: 'admin', password: 'right' } },
  ],
]

for (const [name, config, options] of ZTE_KINDS)
  t.test(name, (t) => {
    modemDriverSuite(t, {
      driver: zte,
      service: /(?<="network_type":")[^"]*/,
      config: { address: '192.168.0.1', ...config },
      device: (clock) => {
        const device = simulatedZte({ clock, ...options })
        return { ...device, tries: () => device.logins().tries, ports: { http: device.handle } }
      },
      refusingToBegin: httpRefusing(/goformId=CONNECT_NETWORK/, { body: '{"result":"failure"}' }),
      losingTheEnd: httpLosing(/goformId=DISCONNECT_NETWORK/),
      ...(options.account && {
        login: { is: /goformId=LOGIN/, refusal: { body: '{"result":"1"}' } },
      }),
      cannotTell: ['denied'],
      ...(options.firmware === MF823 ? { radio: ['rsrpDbm', 'rsrqDb', 'sinrDb'] as const } : {}),
    })
    t.end()
  })

t.test('zte over a real connection', async (t) => {
  const clock = fakeClock()
  const device = simulatedZte({ clock, firmware: MC801A, account: { password: 'right' } })
  const server = await serveDevice(device.handle)
  t.teardown(() => server.close())
  const config = { address: server.address, password: 'right', timeoutMs: 600 }
  const modem = zte.create(config, modemPorts({ http: nodeHttpClient, clock }))
  const healthy = await modem.read()
  t.match(healthy, { state: { state: 'online' }, numbers: { rsrpDbm: -86, monthRxBytes: 20_000_000_000 } })
  device.hang(true)
  t.match((await modem.read()).state, { state: 'unreachable', cause: /600 ms/ })
  device.hang(false)
  device.setBusy(true)
  t.match((await modem.read()).state, { state: 'busy', cause: /503/ })
  device.setBusy(false)
  device.setConnection('disconnected')
  t.match((await modem.read()).state, { state: 'no-data' })
  await modem.reconnect?.()
  t.same(await modem.read(), healthy, 'a new data session')
  t.same(
    ['DISCONNECT_NETWORK', 'CONNECT_NETWORK'].map((form) => device.asked().get(form)),
    [1, 1],
  )
  await modem.reboot?.()
  t.equal((await modem.read()).state.state, 'unreachable')
  await clock.advance(seconds(25))
  t.match(await modem.read(), { state: { state: 'searching' }, numbers: { rsrpDbm: null } })
  await clock.advance(seconds(30))
  t.same(await modem.read(), healthy)
  t.match(device.logins(), { logins: 2, tries: 2 })
})

const PIGEON = `import { seconds } from '@infra-home/shared/clock.ts'
import * as Type from 'typebox'
import { inRanges } from '../parse/in-ranges.ts'
import { asObject, parseObject } from '../parse/json.ts'
import { judgeFailure, judgeModem, NO_RADIO, readingOf } from './judge.ts'
import type { ModemDriver, ModemPorts, ModemReading } from './modem.ts'

export const pigeon = {
  name: 'pigeon',
  configSchema: Type.Object({ loft: Type.String() }, { additionalProperties: false }),
  create: ({ loft }: { loft: string }, { http }: Pick<ModemPorts, 'http'>) => ({
    read: async (): Promise<ModemReading> => {
      try {
        const answer = await http({ method: 'GET', url: \`http://\${loft}/coo\`, timeout: seconds(2) })
        return told(parseObject(answer.body, 'its coo'), loft)
      } catch (error) {
        return readingOf(judgeFailure(error, 'coo'), { driver: 'pigeon', address: loft }, NO_RADIO)
      }
    },
  }),
} satisfies ModemDriver<{ loft: string }>

const told = ({ sim, connection, radio }: Readonly<Record<string, unknown>>, loft: string): ModemReading => {
  const words = {
    sim: SIMS.find((one) => one === sim) ?? 'unknown',
    registration: radio === null ? 'searching' : connection === 'denied' ? 'denied' : 'home',
    dataSession: SESSIONS.find((one) => one === connection) ?? 'unknown',
  } as const
  const heard = asObject(radio)
  const value = (name: string) => (typeof heard[name] === 'number' ? heard[name] : null)
  return readingOf(
    judgeModem({ ...words, hears: radio !== null }),
    { driver: 'pigeon', address: loft, ...words, rat: radio === null ? null : 'lte' },
    inRanges({
      rsrpDbm: value('rsrpDbm'),
      rsrqDb: value('rsrqDb'),
      sinrDb: value('sinrDb'),
      rssiDbm: value('rssiDbm'),
    }),
  )
}

const SIMS = ['ready', 'absent', 'locked'] as const
const SESSIONS = ['connected', 'disconnected'] as const
`

const hilinkFields = (text: string): HilinkFields => {
  const answer = parseHilinkAnswer(text)
  return answer.kind === 'fields' ? answer.fields : new Map()
}

/** What a driver takes each kind of capture for, and the radio values that it finds in it; Android's dumps have a test of their own. */
const CAPTURES: readonly [files: RegExp, parse: (text: string) => readonly (SaidRadio | null)[]][] = [
  [/^hilink\/device-signal/, (text) => [parseHilinkSignal(hilinkFields(text))]],
  [/^hilink\/monitoring-status/, (text) => (parseHilinkStatus(hilinkFields(text)), [])],
  [/^hilink\/current-plmn/, (text) => (parseHilinkOperator(hilinkFields(text)), [])],
  [/^hilink\/traffic/, (text) => (parseHilinkTraffic(hilinkFields(text)), [])],
  [/^hilink\/error/, (text) => (parseHilinkAnswer(text), [])],
  [
    /^zte\/.*json$/,
    (text) => {
      const answer = parseZteAnswer(text)
      const fields = answer.kind === 'fields' ? answer.fields : new Map<string, string>()
      parseZteStatus(fields)
      return [parseZteRadio(fields)]
    },
  ],
  [/^netgear\/.*json$/, (text) => [parseNetgearModel(text).signal]],
  [/^modemmanager\/.*signal.*json$/, (text) => [parseMmSignal(text).radio]],
  [/^modemmanager\/(.*modem\..*|em7455|rm500q-gl)\.?json$/, (text) => (parseMmModem(text), [])],
  [/^modemmanager\/.*bearer/, (text) => (parseMmBearer(text), [])],
  [/^modemmanager\/.*location/, (text) => (parseMmCell(text), [])],
  [/^modemmanager\/.*list/, (text) => (parseMmList(text), [])],
  [/^modemmanager\/.*txt$/, (text) => (parseMmRefusal(text), [])],
  [/^termux\/deviceinfo/, (text) => (parseTermuxDevice(text), [])],
  [/^termux\/cellinfo/, (text) => [parseTermuxCells(text, { rat: 'lte', plmn: null })]],
  [
    /^at\//, // a line that has not ended is never looked at, so that only throwing is wrong
    (text) => {
      const lines = text.split('\n')
      for (const name of REGISTRATIONS) parseRegistration(lines, name)
      for (const parse of [parseOperator, parseCsq, parseCesq, parseHcsq]) parse(lines)
      parseQeng(lines, 'auto')
      return []
    },
  ],
]

t.test('every capture that is cut anywhere gives its own radio values, or none, or is refused', async (t) => {
  const root = new URL('../../fixtures/modems/', import.meta.url)
  const files = readdirSync(root, { recursive: true }).map(String)
  for (const [is, parse] of CAPTURES) {
    const named = files.filter((file) => is.test(file))
    t.ok(named.length > 0, String(is))
    for (const file of named) {
      const text = readFileSync(new URL(file, root), 'utf8')
      const valuesOf = (radios: readonly (SaidRadio | null)[]): (number | null)[] =>
        radios.flatMap((radio) => (radio ? [radio.rsrpDbm, radio.rsrqDb, radio.sinrDb, radio.rssiDbm] : []))
      const own = new Set([null, ...valuesOf(parse(text))])
      const wrong: string[] = []
      for (let at = 0; at < text.length; at++)
        try {
          if (!valuesOf(parse(text.slice(0, at))).every((value) => own.has(value))) wrong.push(`${at}`)
        } catch (error) {
          if (!isInfraError(error)) wrong.push(`${at}: ${String(error)}`)
        }
      t.same(wrong, [], file)
    }
  }
})

/** Without service nothing is connected. */
const cooOf = (world: ModemWorld): ModemWorld =>
  hasService(world) || world.connection === 'denied' ? world : { ...world, connection: 'disconnected' }

t.test('adding a driver is one file', async (t) => {
  const root = join(import.meta.dirname, '../../..')
  const copy = t.testdir()
  for (const part of ['agent/src', 'agent/package.json', 'coordinator/src', 'scripts'])
    cpSync(join(root, part), join(copy, part), { recursive: true })
  for (const part of ['agent', 'coordinator'])
    symlinkSync(join(root, part, 'node_modules'), join(copy, part, 'node_modules'))
  mkdirSync(join(copy, 'shared/src/topology'), { recursive: true })
  writeFileSync(join(copy, 'agent/src/modems/pigeon.ts'), PIGEON)
  const run = (script: string, ...args: string[]) =>
    spawnSync(process.execPath, [join(copy, script), ...args], { encoding: 'utf8' })
  t.match(run('scripts/gen.ts'), { status: 0, stderr: '' })
  const file = join(copy, 'agent.json')
  const checkConfig = (config: object) => {
    const broker = { host: '127.0.0.1', port: 1883, secret: 's' }
    const modems = [{ id: 'bird', driver: 'pigeon', config }]
    const signingKeys = ['A'.repeat(43)]
    writeFileSync(
      file,
      JSON.stringify({ site: 'home', node: 'roof', broker, signingKeys, stateDir: 's', modems }),
    )
    return run('agent/src/main.ts', '--config', file, '--check-config')
  }
  t.match(checkConfig({ loft: '10.10.0.9' }), { status: 0, stderr: '' })
  t.match(checkConfig({ loft: 9 }), { status: 2, stderr: /\/modems\/0\/config\/loft: 9/ })
  const { MODEM_DRIVERS } = (await import(join(copy, 'agent/src/modems.gen.ts'))) as {
    MODEM_DRIVERS: readonly ModemDriver<{ loft: string }>[]
  }
  const driver = MODEM_DRIVERS.find(({ name }) => name === 'pigeon')
  if (!driver) throw new Error('it is not in the registry')
  modemDriverSuite(t, {
    driver,
    config: { loft: '10.10.0.9' },
    device: (clock) => {
      const box = modemBox(clock, { gone: 'http-failed', silent: 'http-timeout' })
      const http: HttpClient = async ({ url, timeout }) => ({
        status: 200,
        headers: {},
        body: await box.answer(url, timeout, () => JSON.stringify(cooOf(box.world()))),
      })
      return { ...box, ports: { http } }
    },
    cannotTell: ['busy'],
  })
})
