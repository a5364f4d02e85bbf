import { readFileSync } from 'node:fs'
import { netgear, type NetgearConfig } from '@infra-home/agent/modems/netgear.ts'
import { parseNetgearSending, parseNetgearVerdict } from '@infra-home/agent/parse/netgear-form.ts'
import { parseNetgearModel } from '@infra-home/agent/parse/netgear-model.ts'
import {
  simulatedNetgear,
  type SimulatedNetgearOptions,
} from '@infra-home/agent/sys/simulated/netgear-device.ts'
import { hours, seconds } from '@infra-home/shared/clock.ts'
import { monthBytesOf } from '@infra-home/shared/wan/quota.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import t from 'tap'
import { modemPorts } from '../helpers/modem-ports.ts'
import { fakeClock, settle } from '../helpers/fake-clock.ts'

const FIXTURES = new URL('../../fixtures/modems/netgear/', import.meta.url)
const model = (name: string) =>
  parseNetgearModel(readFileSync(new URL(`model.${name}.synthetic.json`, FIXTURES), 'utf8'))

t.test('model.json', async (t) => {
  t.match(model('lm1200'), {
    token: '0123456789abcdef',
    isAdmin: true,
    signal: {
      rsrpDbm: -101,
      rsrqDb: -12,
      sinrDb: null,
      rssiDbm: null,
      band: '20',
      cellId: '12345678',
      pci: null,
    },
    dataSession: 'connected',
    registration: 'home',
    rat: 'lte',
    operator: 'Example Mobile',
    plmn: '20801',
    sim: 'ready',
    traffic: { rxBytes: 200_000, txBytes: 100_000 },
    plan: { usedBytes: 12_345_678_901, billingDay: 5, limitBytes: 50_000_000_000 },
  })
  t.match(model('m2'), {
    isAdmin: false,
    signal: { rsrpDbm: -98, rsrqDb: -11, sinrDb: 7.5, rssiDbm: -71, band: '7', cellId: '2ab3c4d', pci: 358 },
    registration: 'roaming',
    plmn: '310026',
    traffic: { rxBytes: 4_000_000_000, txBytes: 300_000_000 },
    plan: { usedBytes: 92_000_000_000, billingDay: 22, limitBytes: null },
  })
  t.match(model('locked'), {
    sim: 'locked',
    isBlocked: false,
    pinTries: 2,
    registration: 'not-registered',
    rat: null,
    operator: null,
    plmn: null,
    signal: { rsrpDbm: null, cellId: null },
  })
  const of = (text: string) => parseNetgearModel(text)
  for (const text of ['', '{}', '[]', 'null', '<html></html>', '{"wwan":'])
    t.throws(() => of(text), { code: 'parse-failed' }, JSON.stringify(text))
  for (const [service, registration] of [
    ['LimitedService', 'denied'],
    ['NoService', 'searching'],
    ['No Service', 'searching'],
    ['None', 'searching'],
    ['', 'unknown'],
    ['Marsian', 'unknown'],
    ['WcdmaService', 'home'],
  ] as const)
    t.equal(
      of(JSON.stringify({ sim: { status: 'Ready' }, wwan: { currentNWserviceType: service } })).registration,
      registration,
      service,
    )
  t.equal(monthBytesOf({ monthBytes: 5 }), 5, 'a plan that is counted as one is used')
  t.equal(monthBytesOf({ monthRxBytes: 1, monthTxBytes: null, monthBytes: null }), null)
})

t.test('the answer to a form', async (t) => {
  const rows: [string, [number, string, string], boolean | null, string?][] = [
    ['a redirect to yes', [302, '/success.json', ''], true],
    [
      'a redirect to no',
      [302, '/error.json?errno=1&errdetail=wwan.connect', ''],
      false,
      'the modem refused wwan.connect',
    ],
    ['a redirect elsewhere', [302, '/sess_cd_tmp?op=%2F', ''], null],
    ['no content', [204, '', ''], true],
    ['yes', [200, '', '{ "success": true }'], true],
    [
      'no',
      [200, '', '{ "errno": 1, "errdetail": "general.shutdown" }'],
      false,
      'the modem refused general.shutdown',
    ],
    ['a no that is not JSON', [200, '', '{ "errno": , "errdetail": "" }'], false, 'the modem refused'],
    ['a page', [200, '', '<html></html>'], null],
    ['an error', [500, '', ''], null],
  ]
  for (const [name, answer, ok, why] of rows) {
    const verdict = parseNetgearVerdict(...answer)
    t.equal(verdict?.ok ?? null, ok, name)
    if (why !== undefined) t.equal(verdict?.why, why, name)
  }
  const { sms } = model('lm1200')
  t.equal(parseNetgearSending(sms, 'infra-home-1'), 'taken')
  t.equal(parseNetgearSending(sms, 'infra-home-2'), 'refused')
  t.equal(parseNetgearSending(sms, 'infra-home-3'), 'sending')
  t.equal(parseNetgearSending({}, 'infra-home-3'), 'sending')
})

const bench = (config: Partial<NetgearConfig> = {}, options: Partial<SimulatedNetgearOptions> = {}) => {
  const clock = fakeClock()
  const device = simulatedNetgear({ clock, ...options })
  const modem = netgear.create(
    { address: '192.168.5.1', ...config },
    modemPorts({ http: device.handle, clock }),
  )
  /** Turns the clock until the promise is settled. */
  const done = async (work: Promise<unknown> | undefined, by = seconds(60)): Promise<void> => {
    const settled = work?.then(
      () => true,
      (error: unknown) => error,
    )
    await settle()
    await clock.advance(by)
    const outcome = await settled
    if (outcome !== true) throw outcome
  }
  return { clock, device, modem, done }
}
const ADMIN = { password: 'right' }

t.test('a guest reads without a password, by one request when the session is open', async (t) => {
  const { device, modem } = bench()
  t.match(await modem.read(), {
    state: { state: 'online', operator: 'Orange', plmn: '26003', band: '7' },
    numbers: { rsrpDbm: -86, monthBytes: 20_900_000_000 },
  })
  const before = device.asked().paths.length
  await modem.read()
  t.equal(device.asked().paths.length, before + 1)
  t.equal(device.asked().tries, 0)
  device.expireSessions()
  t.equal((await modem.read()).state.state, 'online', 'a lost session is opened again')
  await t.rejects(async () => modem.reboot?.(), { code: 'modem-auth', message: /no password/ })
})

t.test('the login', async (t) => {
  t.test('is done once, for a second time would be a way out', async (t) => {
    const { device, modem, done } = bench(ADMIN, { hidesFromGuests: true })
    for (let i = 0; i < 3; i++) t.equal((await modem.read()).state.state, 'online')
    await done(modem.dataSession?.(false))
    t.match(device.asked(), { tries: 1, logins: 1 })
    device.expireSessions()
    t.equal((await modem.read()).state.state, 'no-data')
    t.match(device.asked(), { tries: 2, logins: 2 })
  })
  t.test('never sends a refused password twice', async (t) => {
    const { clock, device, modem } = bench({ password: 'wrong' }, { hidesFromGuests: true })
    for (let i = 0; i < 5; i++) {
      t.match((await modem.read()).state, {
        state: 'auth-failed',
        cause: /refused the password.*not tried again/,
      })
      await clock.advance(hours(1))
    }
    await t.rejects(async () => modem.reboot?.(), { code: 'modem-auth' })
    t.equal(device.asked().tries, 1)
  })
  t.test('does not risk a password again whose answer was lost', async (t) => {
    const { clock, device } = bench()
    const handle: typeof device.handle = async (request) => {
      const answer = await device.handle(request)
      return request.method === 'POST' ? { ...answer, status: 302, headers: {}, body: '' } : answer
    }
    const modem = netgear.create(
      { address: '192.168.5.1', password: 'wrong' },
      modemPorts({ http: handle, clock }),
    )
    await t.rejects(async () => modem.reboot?.(), { code: 'modem-auth', message: /let nobody in/ })
    await t.rejects(async () => modem.reboot?.(), { code: 'modem-auth', message: /not tried again/ })
    t.equal(device.asked().tries, 1)
  })
  t.test('does not risk a password again that was sent before the modem went away', async (t) => {
    const { clock, device } = bench()
    let isAway = false
    const handle: typeof device.handle = async (request) => {
      if (isAway) throw new InfraError('http-failed', 'connect ECONNREFUSED', { context: { unsent: true } })
      const answer = await device.handle(request)
      isAway = request.method === 'POST'
      return isAway ? { ...answer, headers: {} } : answer
    }
    const modem = netgear.create(
      { address: '192.168.5.1', password: 'wrong' },
      modemPorts({ http: handle, clock }),
    )
    await t.rejects(async () => modem.reboot?.(), { code: 'modem-auth', message: /lost/ })
    isAway = false
    await t.rejects(async () => modem.reboot?.(), {
      code: 'modem-auth',
      message: /not tried again for a day/,
    })
    t.equal(device.asked().tries, 1)
  })
  t.test('was right when the modem lets us in after an answer that was lost', async (t) => {
    const { clock, device } = bench()
    let loses = true
    const handle: typeof device.handle = async (request) => {
      const answer = await device.handle(request)
      if (loses && request.method === 'POST') throw new InfraError('http-timeout', 'no answer')
      return answer
    }
    const modem = netgear.create(
      { address: '192.168.5.1', password: 'right' },
      modemPorts({ http: handle, clock }),
    )
    await t.rejects(async () => modem.usage?.(), { code: 'modem-auth', message: /lost/ })
    loses = false
    await modem.usage?.()
    device.expireSessions()
    await modem.usage?.()
    t.match(device.asked(), { tries: 2, logins: 2 })
  })
})

for (const line of ['LB', 'M'] as const)
  t.test(`a device of the ${line} line`, async (t) => {
    t.test('is reconnected: its session has ended before another is begun', async (t) => {
      const { modem, done } = bench(ADMIN, { line })
      await done(modem.reconnect?.())
      t.equal((await modem.read()).state.state, 'online')
    })
    t.test('ends and begins its data session', async (t) => {
      const { modem, done } = bench(ADMIN, { line })
      await done(modem.dataSession?.(false))
      t.match((await modem.read()).state, { state: 'no-data', dataSession: 'disconnected' })
      await t.rejects(async () => modem.dataSession?.(false), {
        code: 'modem-refused',
        message: /wwan.connect/,
      })
      await done(modem.dataSession?.(true))
      t.equal((await modem.read()).state.state, 'online')
    })
    t.test('comes back from a reboot', async (t) => {
      const { clock, modem } = bench(ADMIN, { line })
      await modem.reboot?.()
      t.equal((await modem.read()).state.state, 'unreachable')
      await clock.advance(seconds(21))
      t.equal((await modem.read()).state.state, 'online')
    })
    t.test('sends a message when the network takes it, and says when it does not', async (t) => {
      const { device, modem, done } = bench(ADMIN, { line })
      await done(modem.sendSms?.({ to: '+33612345678', text: 'fibre & 4G = down' }))
      t.same(device.asked().sentSms, [{ to: '+33612345678', text: 'fibre & 4G = down' }])
      device.setSmsTaken(false)
      await t.rejects(done(modem.sendSms?.({ to: '+336', text: 'x' })), { code: 'modem-refused' })
      t.equal(device.asked().sentSms.length, 1)
    })
    t.test('tells of the plan', async (t) => {
      t.same(await bench(ADMIN, { line }).modem.usage?.(), {
        usedBytes: 20_900_000_000,
        billingDay: 22,
        limitBytes: 107_374_182_400,
      })
    })
    t.test('gets the PIN of its SIM card, and a wrong one once', async (t) => {
      const { device, modem } = bench(ADMIN, { line })
      device.setSim('locked')
      await modem.simUnlock?.('1234')
      t.equal((await modem.read()).state.state, 'online')
      device.setSim('locked')
      await t.rejects(async () => modem.simUnlock?.('0000'), {
        code: 'modem-refused',
        message: /tries left: 2/,
      })
      await t.rejects(async () => modem.simUnlock?.('1234'), {
        code: 'modem-refused',
        message: /tries left: 2, for a person/,
      })
      t.same(device.asked().pins, { given: 2, left: 2 })
    })
  })

t.test('a redirect to another machine is not followed', async (t) => {
  const asked: string[] = []
  const http = async ({ url }: { readonly url: string }) => {
    asked.push(url)
    return { status: 302, headers: { location: 'http://10.0.0.66/model.json' }, body: '' }
  }
  const modem = netgear.create({ address: '192.168.5.1' }, modemPorts({ http, clock: fakeClock() }))
  t.match((await modem.read()).state, { state: 'unknown', cause: /HTTP 302/ })
  t.same([...new Set(asked.map((url) => new URL(url).host))], ['192.168.5.1'])
})
