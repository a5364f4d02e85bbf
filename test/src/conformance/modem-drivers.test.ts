import { hilink, type HilinkConfig } from '@infra-home/agent/modems/hilink.ts'
import { netgear, type NetgearConfig } from '@infra-home/agent/modems/netgear.ts'
import {
  simulatedHilink,
  type SimulatedHilinkOptions,
} from '@infra-home/agent/sys/simulated/hilink-device.ts'
import {
  simulatedNetgear,
  type SimulatedNetgearOptions,
} from '@infra-home/agent/sys/simulated/netgear-device.ts'
import { seconds } from '@infra-home/shared/clock.ts'
import t from 'tap'
import { fakeClock } from '../helpers/fake-clock.ts'
import { serveDevice } from '../helpers/http-device.ts'
import { nodeHttpClient } from '../helpers/node-http-client.ts'
import { modemDriverSuite } from './modem-driver-suite.ts'

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
        return { ...device, ports: { http: device.handle } }
      },
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
        return { ...device, ports: { http: device.handle } }
      },
      cannotTell: ['busy'],
    })
    t.end()
  })

t.test('hilink over a real connection', async (t) => {
  const clock = fakeClock()
  const device = simulatedHilink({ clock, account: { ...ADMIN, protects: 'status' } })
  const server = await serveDevice(device.handle)
  t.teardown(() => server.close())
  const config = { address: server.address, password: 'right', timeoutMs: 150 }
  const modem = hilink.create(config, { http: nodeHttpClient, clock })
  const healthy = await modem.read()
  t.match(healthy, { state: { state: 'online' }, numbers: { rsrpDbm: -86, monthRxBytes: 20_000_000_000 } })
  device.hang(true)
  t.match(await modem.read(), {
    state: { state: 'unreachable', cause: /150 ms/ },
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
