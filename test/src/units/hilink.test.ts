import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hilink, type HilinkConfig } from '@infra-home/agent/modems/hilink.ts'
import { encodePassword, loginBody } from '@infra-home/agent/modems/hilink/password.ts'
import { hilinkMac, type Mac, saltPassword, scramProof } from '@infra-home/agent/modems/hilink/scram.ts'
import { parseFlatXml } from '@infra-home/agent/parse/flat-xml.ts'
import { parseHilinkAnswer } from '@infra-home/agent/parse/hilink-answer.ts'
import { parseHilinkOperator } from '@infra-home/agent/parse/hilink-operator.ts'
import { parseHilinkSignal } from '@infra-home/agent/parse/hilink-signal.ts'
import { parseHilinkPin, parseHilinkStatus } from '@infra-home/agent/parse/hilink-status.ts'
import { parseHilinkPlan, parseHilinkTraffic } from '@infra-home/agent/parse/hilink-traffic.ts'
import {
  simulatedHilink,
  type SimulatedHilinkOptions,
} from '@infra-home/agent/sys/simulated/hilink-device.ts'
import { hours, milliseconds, minutes, seconds } from '@infra-home/shared/clock.ts'
import t from 'tap'
import { modemPorts } from '../helpers/modem-ports.ts'
import { shownPasswords } from '@infra-home/agent/modems/web/shown-passwords.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { fakeClock, settle } from '../helpers/fake-clock.ts'
import { mockedHttp } from '../helpers/nock-guard.ts'
import { nodeHttpClient } from '../helpers/node-http-client.ts'

const FIXTURES = new URL('../../fixtures/modems/hilink/', import.meta.url)
const fixture = (name: string): string => readFileSync(new URL(`${name}.xml`, FIXTURES), 'utf8')
const fieldsOf = (text: string): ReadonlyMap<string, string> => {
  const answer = parseHilinkAnswer(text)
  if (answer.kind !== 'fields') throw new Error(`no fields but ${JSON.stringify(answer)}`)
  return answer.fields
}
const status = (fields: Record<string, string>) => parseHilinkStatus(new Map(Object.entries(fields)))

t.test('flat XML', async (t) => {
  const rows: [string, string, Record<string, string> | string][] = [
    [
      'reads children and decodes entities once',
      '<r><a>&gt;=-51 &amp;lt; &#65;&#x42;</a></r>',
      { a: '>=-51 &lt; AB' },
    ],
    ['takes an empty element as empty text', '<r><a/><b></b><c />\r\n</r>', { a: '', b: '', c: '' }],
    [
      'skips prolog, comments and attributes',
      '\uFEFF<?xml version="1.0"?><!-- <a>1</a> --><r x="1"><a y="2">3</a></r>',
      { a: '3' },
    ],
    ['unwraps CDATA', '<r><a><![CDATA[ A & B ]]></a></r>', { a: 'A & B' }],
    ['passes over children with children', '<r><p><a>1</a></p><b>2</b></r>', { b: '2' }],
    ['leaves out what is said twice in two ways', '<r><a>1</a><a>2</a><b>3</b><b>3</b></r>', { b: '3' }],
    [
      'keeps names like __proto__ as data',
      '<r><__proto__>1</__proto__></r>',
      JSON.parse('{"__proto__":"1"}'),
    ],
    ['calls a page with a doctype HTML', '<!DOCTYPE html><html></html>', 'html'],
    ['calls XHTML HTML', '<?xml version="1.0"?>\n<html xmlns="x"><r/></html>', 'html'],
    ['calls a cut document broken', '<r><a>1</a><b>2</b></r', 'broken'],
    ['calls crossed tags broken', '<r><a>1<b></a></b></r>', 'broken'],
    ['calls two roots broken', '<r><a>1</a></r><r><a>2</a></r>', 'broken'],
    ['calls nothing broken', ' \n', 'broken'],
    ['calls plain text broken', 'busy', 'broken'],
  ]
  for (const [name, source, wanted] of rows) {
    const xml = parseFlatXml(source)
    if (typeof wanted === 'string') t.equal(xml.kind, wanted, name)
    else t.same(xml.kind === 'document' ? [...xml.fields] : xml, Object.entries(wanted), name)
  }
  t.match(parseFlatXml('<response>OK</response>'), { kind: 'document', root: 'response', text: 'OK' })
})

t.test('device/signal', async (t) => {
  t.same(parseHilinkSignal(fieldsOf(fixture('device-signal.lte'))), {
    rsrpDbm: -86,
    rsrqDb: -14,
    sinrDb: 10,
    rssiDbm: -61,
    rat: 'lte',
    band: '7',
    cellId: '44294436',
    pci: 43,
    plmn: '26003',
  })
  const radio = (name: string) => {
    const signal = parseHilinkSignal(fieldsOf(fixture(name)))
    return [signal.rsrpDbm, signal.rsrqDb, signal.sinrDb, signal.rssiDbm]
  }
  t.same(radio('device-signal.blank.synthetic'), [null, null, null, null], 'empty is null')
  t.same(radio('device-signal.bounds.synthetic'), [-44, -3, 30, -51], 'a bound is its value')
  t.same(radio('device-signal.lowest.synthetic'), [-140, -19.5, -20, null], 'the lowest RSSI is none')
  const rsrp = (text: string) => parseHilinkSignal(new Map([['rsrp', text]])).rsrpDbm
  for (const text of [
    '',
    '-86dB',
    '-86 W',
    '86',
    '0',
    '-0',
    '-999dBm',
    '- 86',
    '-86dBm -90dBm',
    'NaN',
    '1e1',
  ])
    t.equal(rsrp(text), null, `rsrp ${JSON.stringify(text)}`)
  for (const text of ['-86', '-86dBm', '-86 dBm', '-86DBM', '<=-86dBm', '>= -86 dBm'])
    t.equal(rsrp(text), -86, `rsrp ${text}`)
})

t.test('the other documents', async (t) => {
  t.match(parseHilinkStatus(fieldsOf(fixture('monitoring-status.no-sim.synthetic'))), {
    dataSession: 'disconnected',
    inService: false,
    roaming: null,
    sim: 'invalid',
  })
  t.match(parseHilinkStatus(fieldsOf(fixture('monitoring-status.connected.synthetic'))), {
    dataSession: 'connected',
    inService: true,
    roaming: false,
    sim: 'ready',
    rat: 'lte',
  })
  const sessions: [string, string, string | null][] = [
    ['900', 'connecting', null],
    ['903', 'disconnected', null],
    ['904', 'disconnected', 'failed'],
    ['13', 'disconnected', 'roaming-denied'],
    ['37', 'disconnected', 'not-allowed'],
    ['201', 'disconnected', 'bandwidth-exceeded'],
    ['33', 'disconnected', 'bad-profile'],
    ['999', 'unknown', null],
    ['', 'unknown', null],
    ['901.5', 'unknown', null],
  ]
  for (const [code, dataSession, hindrance] of sessions)
    t.match(status({ ConnectionStatus: code }), { dataSession, hindrance }, `ConnectionStatus ${code}`)
  for (const [code, sim] of [
    ['255', 'absent'],
    ['256', 'invalid'],
    ['257', 'ready'],
    ['260', 'locked'],
    ['261', 'locked'],
    ['', 'unknown'],
  ] as const)
    t.equal(parseHilinkPin(new Map([['SimState', code]])), sim, `SimState ${code}`)
  t.same(parseHilinkTraffic(fieldsOf(fixture('traffic-statistics.synthetic'))), {
    rxBytes: 31_003_595_763,
    txBytes: 1_140_231_732,
    rxRateBps: 23_442,
    txRateBps: 1704,
  })
  const plan = (fields: Record<string, string>) => parseHilinkPlan(new Map(Object.entries(fields)))
  t.same(plan({ StartDay: '5', DataLimit: '50GB' }), { startDay: 5, limitBytes: 53_687_091_200 })
  t.same(plan({ StartDay: '31', DataLimit: '1000 MB' }), { startDay: 31, limitBytes: 1_048_576_000 })
  for (const [StartDay, DataLimit] of [
    ['0', '0MB'],
    ['32', ''],
    ['', '50'],
    ['1.5', '-1GB'],
  ] as const)
    t.same(plan({ StartDay, DataLimit }), { startDay: null, limitBytes: null }, `${StartDay} ${DataLimit}`)
  t.same(parseHilinkOperator(fieldsOf(fixture('current-plmn.synthetic'))), {
    operator: 'A & B Mobile',
    plmn: '26003',
    rat: 'lte',
  })
  t.same(parseHilinkAnswer(fixture('error-125002.synthetic')), { kind: 'refused', code: 125_002 })
  for (const text of ['<error><message/></error>', '<config><a>1</a></config>', '<html></html>', ''])
    t.equal(parseHilinkAnswer(text).kind, 'garbled', text)
})

t.test('a password goes out as its type wants it', async (t) => {
  const admin = { username: 'admin', password: 's3cret<&>' }
  const hashed = 'OGY2NGI1YjFmZWRhNWJkMTRiOTk0ZTc3NGU0MTI2MDE0MmQ3MTNjOGUxZTdjNjZhZjgzZDcxNzFhZTEyNzgyYw=='
  t.equal(encodePassword(admin, '4', 'TOKEN123'), hashed)
  t.equal(encodePassword(admin, '0', 'TOKEN123'), 'czNjcmV0PCY+')
  t.equal(encodePassword(admin, '3', null), 'czNjcmV0PCY+')
  t.match(
    loginBody({ username: 'a&b<c', password: '' }, '3', null),
    '<Username>a&amp;b&lt;c</Username><Password>',
  )
})

t.test('a SCRAM proof', async (t) => {
  const salted = saltPassword('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096)
  const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
  const authMessage = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=${nonce}`
  const rfcMac: Mac = (secret, text) => createHmac('sha256', secret).update(text).digest()
  t.equal(
    scramProof(salted, authMessage, rfcMac).toString('base64'),
    'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    'is that of RFC 7677 §3 with its HMAC',
  )
  t.equal(
    scramProof(salted, authMessage, hilinkMac).toString('hex'),
    'f3fc45d46e79073ad5604832cd2a00564c810854df36d477ba41143790295c67',
    'differs with the HMAC of the device, which has key and text the other way round',
  )
})

const BOX = 'http://192.168.8.1'
const onTheWire = (config: Partial<HilinkConfig> = {}) =>
  hilink.create(
    { address: '192.168.8.1', ...config },
    modemPorts({ http: nodeHttpClient, clock: fakeClock() }),
  )
const sesTokInfo = (id: string, token: string): string =>
  `<response><SesInfo>SessionID=${id}</SesInfo><TokInfo>${token}</TokInfo></response>`
const error = (code: number): string => `<error><code>${code}</code><message></message></error>`

t.test('on the wire', async (t) => {
  await mockedHttp(
    t,
    'opens a session, shows cookie and token, and forgets what is not supported',
    async (t, mocks) => {
      mocks(BOX).get('/').reply(307, '', { location: '/html/home.html' })
      mocks(BOX).get('/api/webserver/token').reply(200, error(100_002))
      mocks(BOX).get('/api/webserver/SesTokInfo').reply(200, sesTokInfo('abc', 'tok1'))
      const held = { reqheaders: { cookie: 'SessionID=abc', __RequestVerificationToken: 'tok1' } }
      const box = mocks(BOX, held)
      box.get('/api/monitoring/status').twice().reply(200, fixture('monitoring-status.connected.synthetic'))
      box.get('/api/device/signal').twice().reply(200, fixture('device-signal.lte'))
      box.get('/api/net/current-plmn').twice().reply(200, fixture('current-plmn.synthetic'))
      box
        .get('/api/monitoring/traffic-statistics')
        .twice()
        .reply(200, fixture('traffic-statistics.synthetic'))
      box.get('/api/monitoring/month_statistics').reply(404, '<html></html>')
      const modem = onTheWire()
      const reading = await modem.read()
      t.match(reading.state, {
        state: 'online',
        cause: null,
        operator: 'A & B Mobile',
        plmn: '26003',
        pci: 43,
      })
      t.match(reading.numbers, { rsrpDbm: -86, rxBytes: 31_003_595_763, monthRxBytes: null })
      t.same(await modem.read(), reading)
    },
  )

  await mockedHttp(t, 'opens a new session once when its own is refused', async (t, mocks) => {
    mocks(BOX).get('/').twice().reply(200, '<html><head></head></html>')
    mocks(BOX).get('/api/webserver/token').twice().reply(200, error(100_002))
    mocks(BOX).get('/api/webserver/SesTokInfo').reply(200, sesTokInfo('old', 'tok1'))
    mocks(BOX).get('/api/webserver/SesTokInfo').reply(200, sesTokInfo('new', 'tok2'))
    const oldOne = mocks(BOX, { reqheaders: { cookie: 'SessionID=old' } })
    const newOne = mocks(BOX, { reqheaders: { cookie: 'SessionID=new' } })
    oldOne.post('/api/device/control').reply(200, fixture('error-125002.synthetic'))
    newOne.post('/api/device/control', /<Control>1<\/Control>/).reply(200, error(125_003))
    await t.rejects(async () => onTheWire().reboot?.(), { code: 'modem-refused', message: /125003/ })
  })

  for (const [style, headers, next] of [
    ['a single token', { __RequestVerificationToken: 'n1' }, 'n1'],
    ['…one and …two', { __RequestVerificationTokenone: 'n1', __RequestVerificationTokentwo: 'n2' }, 'n1'],
    ['a list', { __RequestVerificationToken: 'n1#n2#' }, 'n1'],
    ['the token that was left', {}, 'p3'],
  ] as const)
    await mockedHttp(t, `logs in with the page's token and goes on with ${style}`, async (t, mocks) => {
      const page =
        '<html><head><meta name="csrf_token" content="p1"/><meta name="csrf_token" content="p2"/><meta name="csrf_token" content="p3"/></head></html>'
      mocks(BOX).get('/').reply(200, page, { 'set-cookie': 'SessionID=one; path=/; HttpOnly' })
      const shown = (token: string) => mocks(BOX, { reqheaders: { __RequestVerificationToken: token } })
      shown('p1').post('/api/device/control').reply(200, error(100_003))
      mocks(BOX)
        .get('/api/user/state-login')
        .reply(200, '<response><State>-1</State><password_type>3</password_type></response>')
      const after = { ...headers, 'set-cookie': 'SessionID=two; path=/' }
      shown('p2')
        .post('/api/user/login', /<password_type>3</)
        .reply(200, '<response>OK</response>', after)
      const inside = mocks(BOX, { reqheaders: { cookie: 'SessionID=two', __RequestVerificationToken: next } })
      inside.post('/api/device/control').reply(200, '<response>OK</response>')
      await onTheWire({ password: 'right' }).reboot?.()
      t.pass()
    })
})

type Account = NonNullable<SimulatedHilinkOptions['account']>
const ADMIN: Account = { username: 'admin', password: 'right', passwordType: '4', protects: 'status' }
const bench = (config: Partial<HilinkConfig>, account: Partial<Account> = {}) => {
  const clock = fakeClock()
  const device = simulatedHilink({ clock, account: { ...ADMIN, ...account } })
  const plug = (config: Partial<HilinkConfig>) =>
    hilink.create({ address: '192.168.8.1', ...config }, modemPorts({ http: device.handle, clock }))
  return { clock, device, plug, modem: plug(config) }
}

t.test('the login', async (t) => {
  for (const passwordType of ['0', '3', '4'] as const)
    t.test(
      `is done once for many reads with password type ${passwordType}, and again when it has expired`,
      async (t) => {
        const { clock, device, modem } = bench({ password: 'right' }, { passwordType })
        for (let i = 0; i < 5; i++) t.equal((await modem.read()).state.state, 'online')
        t.match(device.asked(), { logins: 1, tries: 1 })
        await clock.advance(minutes(6))
        t.equal((await modem.read()).state.state, 'online')
        t.match(device.asked(), { logins: 2, tries: 2 })
      },
    )
  t.test('never sends a refused password twice, and still reads what is open', async (t) => {
    const { clock, device, modem, plug } = bench({ password: 'wrong' })
    for (let i = 0; i < 10; i++) {
      const { state, numbers } = await modem.read()
      t.match(state, { state: 'auth-failed', cause: /108006.*not tried again/ })
      t.equal(numbers.rsrpDbm, -86)
      await clock.advance(hours(1))
    }
    await t.rejects(async () => modem.reboot?.(), { code: 'modem-auth' })
    t.equal(device.asked().tries, 1)
    t.equal((await plug({ password: 'right' }).read()).state.state, 'online', 'a new one may try')
  })
  t.test('does not risk a password again whose answer was lost', async (t) => {
    const { clock, device, modem } = bench({ password: 'wrong' })
    device.setAnswers((body, path) => (path.endsWith('/login') ? body.slice(0, 30) : body))
    t.match((await modem.read()).state, { state: 'auth-failed', cause: /lost/ })
    device.setAnswers('whole')
    await clock.advance(hours(5))
    t.match((await modem.read()).state, { state: 'auth-failed', cause: /lost/ })
    t.equal(device.asked().tries, 1)
  })
  t.test('waits while the modem is locked, and gets in afterwards', async (t) => {
    const { clock, device, modem, plug } = bench({ password: 'right' })
    for (let i = 0; i < 3; i++) await plug({ password: `wrong ${i}` }).read()
    t.match((await modem.read()).state, { state: 'auth-failed', cause: /108007/ })
    t.match((await modem.read()).state, { state: 'auth-failed', cause: /108007/ })
    t.equal(device.asked().tries, 3)
    await clock.advance(hours(2))
    t.equal((await modem.read()).state.state, 'online')
  })
  t.test('is given up by close, so that the next one gets in at once', async (t) => {
    const { modem, plug } = bench({ password: 'right' })
    await modem.read()
    const other = plug({ password: 'right' })
    t.match((await other.read()).state, { state: 'auth-failed', cause: /108003/ })
    await modem.close?.()
    t.equal((await plug({ password: 'right' }).read()).state.state, 'online')
  })
  t.test('is made by challenge and proof where the firmware wants SCRAM', async (t) => {
    const { clock, device, modem } = bench({ password: 'right' }, { scram: true, protects: 'all' })
    for (let i = 0; i < 3; i++) t.equal((await modem.read()).state.state, 'online')
    t.match(device.asked(), { logins: 1, tries: 1 })
    await clock.advance(minutes(6))
    t.equal((await modem.read()).state.state, 'online')
    t.match(device.asked(), { logins: 2, tries: 2 })
    t.notOk(device.asked().paths.includes('/api/user/login'))
  })
  t.test('never shows a SCRAM proof of a refused password twice', async (t) => {
    const { clock, device, modem } = bench({ password: 'wrong' }, { scram: true, protects: 'all' })
    for (let i = 0; i < 5; i++) {
      t.match((await modem.read()).state, { state: 'auth-failed', cause: /108006.*not tried again/ })
      await clock.advance(hours(1))
    }
    await t.rejects(async () => modem.reboot?.(), { code: 'modem-auth' })
    t.equal(device.asked().tries, 1)
  })
  t.test(
    'does not risk a SCRAM proof again whose answer was lost, but a challenge is no proof',
    async (t) => {
      const { clock, device, modem } = bench({ password: 'right' }, { scram: true, protects: 'all' })
      device.setAnswers((body, path) => (path.endsWith('/challenge_login') ? body.slice(0, 30) : body))
      t.equal((await modem.read()).state.state, 'unknown')
      device.setAnswers((body, path) => (path.endsWith('/authentication_login') ? body.slice(0, 30) : body))
      t.match((await modem.read()).state, { state: 'auth-failed', cause: /lost/ })
      device.setAnswers('whole')
      await clock.advance(hours(5))
      t.match((await modem.read()).state, { state: 'auth-failed', cause: /lost/ })
      t.equal(device.asked().tries, 1)
    },
  )
  t.test('is put off by a refused SCRAM challenge, for which nothing was shown', async (t) => {
    const { clock, device, modem } = bench({ password: 'right' }, { scram: true, protects: 'all' })
    device.setAnswers((body, path) => (path.endsWith('/challenge_login') ? error(100_001) : body))
    t.match((await modem.read()).state, { state: 'auth-failed', cause: /100001/ })
    device.setAnswers('whole')
    await clock.advance(minutes(1))
    t.equal((await modem.read()).state.state, 'online')
    t.equal(device.asked().tries, 1)
  })
  t.test('shows a wrong password that locked the modem no second time within the hour', async (t) => {
    const { clock, device, plug } = bench({})
    for (const password of ['wrong 1', 'wrong 2']) await plug({ password }).read()
    const shown = shownPasswords({ disk: fakeDisk().mount(), boot: 'this-boot' })
    for (let run = 0; run < 3; run++) {
      const config = { address: '192.168.8.1', password: 'wrong 3' }
      const modem = hilink.create(config, modemPorts({ http: device.handle, clock, shown }))
      t.match((await modem.read()).state, { state: 'auth-failed', cause: /108007/ })
      await clock.advance(minutes(19))
    }
    t.equal(device.asked().tries, 3)
  })
  t.test('shows no proof for a SCRAM challenge that was cut at any byte', async (t) => {
    const { device, plug } = bench({}, { scram: true, protects: 'all' })
    let whole = 0
    device.setAnswers((body, path) => {
      if (path.endsWith('/challenge_login')) whole = body.length
      return body
    })
    await plug({ password: 'right' }).read()
    device.expireSessions()
    for (let at = 0; at < whole - 2; at++) {
      device.setAnswers((body, path) => (path.endsWith('/challenge_login') ? body.slice(0, at) : body))
      t.not((await plug({ password: 'right' }).read()).state.state, 'online')
    }
    t.equal(device.asked().tries, 1, `${whole} cuts`)
  })
  t.test('meets no SCRAM challenge that would stop a small board, or is none', async (t) => {
    for (const [from, to] of [
      ['<iterations>100<', '<iterations>100000000<'],
      ['<iterations>100<', '<iterations>0<'],
      ['<salt>9f', '<salt>zz'],
      ['<servernonce>', '<servernonce>&lt;'],
    ] as const) {
      const { device, modem } = bench({ password: 'right' }, { scram: true, protects: 'all' })
      device.setAnswers((body) => body.replace(from, to))
      t.match((await modem.read()).state, { state: 'unknown', cause: /SCRAM challenge/ }, to)
      t.equal(device.asked().tries, 0)
    }
  })
  t.test('without a password leaves what is readable', async (t) => {
    const { modem } = bench({})
    t.match(await modem.read(), {
      state: { state: 'unknown', cause: /needs a login/ },
      numbers: { rsrpDbm: -86, rxBytes: null },
    })
    t.equal((await bench({}, { protects: 'control' }).modem.read()).state.state, 'online')
  })
  t.test('takes a modem that is busy for busy', async (t) => {
    const { device, modem } = bench({ password: 'right' })
    device.setBusy(true)
    t.equal((await modem.read()).state.state, 'busy')
    device.setBusy(false)
    t.equal((await modem.read()).state.state, 'online')
  })
})

t.test('a modem', async (t) => {
  t.test('is asked a handful of questions, in any order of elements', async (t) => {
    const clock = fakeClock()
    const device = simulatedHilink({ clock })
    const modem = hilink.create({ address: '192.168.8.1' }, modemPorts({ http: device.handle, clock }))
    device.setMonth(null)
    const first = await modem.read()
    const seed = Math.floor(Math.random() * 1_000_000)
    t.comment(`seed ${seed}`)
    device.shuffleXmlOrder(seed)
    const before = device.asked().paths.length
    for (let i = 0; i < 20; i++) t.same(await modem.read(), first)
    t.equal(device.asked().paths.length - before, 20 * 4)
  })
  t.test('gives us one of its few sessions, whatever is asked of it', async (t) => {
    const { device, modem } = bench({ password: 'right' })
    for (let i = 0; i < 20; i++) {
      await modem.read()
      await modem.usage?.()
      await modem.receivedSms?.()
      await modem.dataSession?.(true)
    }
    t.match(device.asked(), { sessions: 1, logins: 1 })
  })
  t.test('comes back from a reboot: gone, then without radio, then as before', async (t) => {
    const { clock, device, modem } = bench({ password: 'right' })
    const before = await modem.read()
    await modem.reboot?.()
    await t.rejects(async () => modem.reboot?.(), { code: 'modem-unreachable' })
    t.equal((await modem.read()).state.state, 'unreachable')
    await clock.advance(seconds(21))
    t.match(await modem.read(), {
      state: { state: 'searching', rat: null, operator: null },
      numbers: { rsrpDbm: null },
    })
    await clock.advance(seconds(30))
    t.same(await modem.read(), before)
    t.equal(device.asked().logins, 2)
  })
  t.test('that hangs in the middle of a poll costs one timeout and no more questions', async (t) => {
    const { clock, device, modem } = bench({ password: 'right' })
    await modem.read()
    const asked = device.asked().paths.length
    device.hang(true)
    const reading = modem.read()
    await settle()
    await clock.advance(milliseconds(1500))
    t.match((await reading).state, { state: 'unreachable', cause: /1500 ms/ })
    t.equal(device.asked().paths.length, asked + 1)
  })
  t.test('without service or signal has no radio technology, whatever mode it prints', async (t) => {
    const { device, modem } = bench({ password: 'right' })
    device.setRadio(null)
    device.setAnswers((body) => body.replace('<mode></mode>', '<mode>7</mode>'))
    t.match((await modem.read()).state, { state: 'searching', rat: null })
  })
  t.test(
    'that reports no signal but is connected is online, and says that the signal is not known',
    async (t) => {
      const { device, modem } = bench({ password: 'right' })
      device.setRadio({ rsrpDbm: null, rsrqDb: null, sinrDb: null, rssiDbm: null })
      t.match(await modem.read(), {
        state: { state: 'online', cause: /no signal/ },
        numbers: { rsrpDbm: null },
      })
    },
  )
  t.test('that roams says so', async (t) => {
    const { device, modem } = bench({ password: 'right' })
    device.setRoaming(true)
    t.match((await modem.read()).state, { state: 'online', registration: 'roaming' })
  })
})

t.test('short messages', async (t) => {
  t.test('are sent once, and are sent when the network has taken them', async (t) => {
    const { clock, device, modem } = bench({ password: 'right' })
    const sending = modem.sendSms?.({ to: '+33612345678', text: 'Line <4G> & fibre are down' })
    await settle()
    await settle()
    t.equal((await modem.read()).state.state, 'online', 'the modem is read in the meantime')
    await clock.advance(seconds(2))
    await sending
    t.same(device.asked().sentSms, [{ to: '+33612345678', text: 'Line <4G> & fibre are down' }])
  })
  for (const [text, reserved, length] of [
    ['Box is back: 3 €', 1, 16],
    ['Ligne rétablie à 10h — tout va bien', 0, 35],
    ['\u{1F525} fire', 1, 6],
  ] as const)
    await mockedHttp(
      t,
      `say how ${JSON.stringify(text)} is coded, in the order that firmwares want`,
      async (t, mocks) => {
        mocks(BOX)
          .get('/')
          .reply(200, '<meta name="csrf_token" content="p1"/>', { 'set-cookie': 'SessionID=a' })
        const next = { __RequestVerificationToken: 'p2' }
        mocks(BOX)
          .post(
            '/api/sms/send-sms',
            new RegExp(
              `<Index>-1</Index><Phones><Phone>\\+336</Phone></Phones><Sca></Sca><Content>[^<]*</Content>` +
                `<Length>${length}</Length><Reserved>${reserved}</Reserved><Date>2026-11-01 00:00:00</Date></request>$`,
            ),
          )
          .reply(200, '<response>OK</response>', next)
        const status = '<response><Phone></Phone><SucPhone>+336</SucPhone><FailPhone></FailPhone></response>'
        mocks(BOX).get('/api/sms/send-status').reply(200, status)
        await onTheWire().sendSms?.({ to: '+336', text })
        t.pass()
      },
    )
  t.test('that the network does not take are refused, at once or after half a minute', async (t) => {
    const { clock, device, modem } = bench({ password: 'right' })
    device.setSmsTaken(false)
    const refused = t.rejects(async () => modem.sendSms?.({ to: '+336', text: 'x' }), {
      code: 'modem-refused',
      message: /did not take it/,
    })
    await settle()
    await clock.advance(seconds(2))
    await refused
    device.setAnswers((body, path) =>
      path.endsWith('/send-status') ? body.replace(/<(Suc|Fail)Phone>[^<]*/g, '<$1Phone>') : body,
    )
    const late = t.rejects(async () => modem.sendSms?.({ to: '+336', text: 'x' }), { message: /within 30 s/ })
    await settle()
    await clock.advance(seconds(40))
    await late
  })
  t.test('that came are read, the newest first', async (t) => {
    const { device, modem } = bench({ password: 'right' })
    t.same(await modem.receivedSms?.(), [])
    const first = { from: '+33600000001', text: '1 & <2>', receivedAt: '2026-10-31 08:15:00', isRead: true }
    const second = { from: 'Operator', text: 'Your plan: 90 % used', receivedAt: null, isRead: false }
    device.receiveSms(first)
    device.receiveSms(second)
    t.same(await modem.receivedSms?.(), [second, first])
  })
})

t.test('a SIM card that wants its PIN', async (t) => {
  const locked = (options: Partial<SimulatedHilinkOptions>) => {
    const clock = fakeClock()
    const device = simulatedHilink({ clock, ...options })
    device.setSim('locked')
    return {
      device,
      modem: hilink.create({ address: '192.168.8.1' }, modemPorts({ http: device.handle, clock })),
    }
  }
  for (const encrypts of [false, true])
    t.test(`gets it ${encrypts ? 'encrypted' : 'as it is'} where the firmware wants it so`, async (t) => {
      const { device, modem } = locked({ firmware: { tokens: 'page', rotation: 'list', encrypts } })
      await modem.simUnlock?.('1234')
      t.equal((await modem.read()).state.state, 'online')
      await modem.simUnlock?.('1234')
      t.match(device.asked().pins, { given: 1, left: 3 }, 'an open card is left alone')
    })
  t.test('gets a wrong one once, and no other from us: the tries that are left are a person’s', async (t) => {
    const { device, modem } = locked({})
    await t.rejects(async () => modem.simUnlock?.('0000'), {
      code: 'modem-refused',
      message: /tries left: 2/,
    })
    for (const pin of ['0000', '1234'])
      await t.rejects(async () => modem.simUnlock?.(pin), {
        code: 'modem-refused',
        message: /tries left: 2, for a person/,
      })
    t.same(device.asked().pins, { given: 1, left: 2 })
  })
  t.test('gets none that is no PIN, and none when nobody says how many tries are left', async (t) => {
    const { device, modem } = locked({})
    for (const pin of ['', '123', '123456789', '12a4', '1234\n'])
      await t.rejects(async () => modem.simUnlock?.(pin), {
        code: 'modem-refused',
        message: /four to eight digits/,
      })
    device.setAnswers((body) => body.replace(/<SimPinTimes>\d/, '<SimPinTimes>'))
    await t.rejects(async () => modem.simUnlock?.('1234'), { message: /does not say how many tries/ })
    device.setAnswers((body) => body.replace('>260<', '>261<'))
    await t.rejects(async () => modem.simUnlock?.('1234'), { message: /PUK/ })
    t.equal(device.asked().pins.given, 0)
  })
  t.test('is not given its PIN again when the answer was lost', async (t) => {
    const { device, modem } = locked({})
    device.setAnswers((body, path) => (path.endsWith('/operate') ? body.slice(0, 20) : body))
    await t.rejects(async () => modem.simUnlock?.('0000'), { code: 'modem-refused' })
    t.equal(device.asked().pins.given, 1)
  })
})

t.test('the data session and the plan', async (t) => {
  const { device, modem } = bench({ password: 'right' })
  await modem.dataSession?.(false)
  t.match((await modem.read()).state, { state: 'no-data', dataSession: 'disconnected' })
  await modem.dataSession?.(true)
  t.equal((await modem.read()).state.state, 'online')
  t.same(await modem.usage?.(), { usedBytes: 20_900_000_000, billingDay: 5, limitBytes: 53_687_091_200 })
  device.setMonth(null)
  await t.rejects(async () => modem.usage?.(), { code: 'modem-refused' })
})
