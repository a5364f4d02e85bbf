import { readdirSync, readFileSync } from 'node:fs'
import { zte, type ZteConfig } from '@infra-home/agent/modems/zte.ts'
import { accessHash, passwordHash } from '@infra-home/agent/modems/zte/hashes.ts'
import { shortMessageForm } from '@infra-home/agent/modems/zte/short-message.ts'
import { isBlank, parseZteAnswer, type ZteFields } from '@infra-home/agent/parse/zte-answer.ts'
import { parseZteRadio } from '@infra-home/agent/parse/zte-radio.ts'
import { parseZteStatus } from '@infra-home/agent/parse/zte-status.ts'
import { parseZteTraffic } from '@infra-home/agent/parse/zte-traffic.ts'
import { simulatedZte, type SimulatedZteOptions } from '@infra-home/agent/sys/simulated/zte-device.ts'
import { MC801A, MC888, MF79U, MF823 } from '@infra-home/agent/sys/simulated/zte-firmware.ts'
import { hours, milliseconds, minutes, seconds, wallMs } from '@infra-home/shared/clock.ts'
import t from 'tap'
import { modemPorts } from '../helpers/modem-ports.ts'
import { fakeClock, settle } from '../helpers/fake-clock.ts'
import { mockedHttp } from '../helpers/nock-guard.ts'
import { nodeHttpClient } from '../helpers/node-http-client.ts'

const FIXTURES = new URL('../../fixtures/modems/zte/', import.meta.url)
const fixture = (name: string): string => readFileSync(new URL(`${name}.json`, FIXTURES), 'utf8')
const fieldsOf = (text: string): ZteFields => {
  const answer = parseZteAnswer(text)
  if (answer.kind !== 'fields') throw new Error(`no fields but ${JSON.stringify(answer)}`)
  return answer.fields
}
const fields = (said: Record<string, string>): ZteFields => new Map(Object.entries(said))

t.test('an answer', async (t) => {
  t.same(
    [...fieldsOf('{"a":"x","b":7,"c":null,"d":{"e":1},"__proto__":"y"}')],
    [
      ['a', 'x'],
      ['b', '7'],
      ['c', ''],
      ['d', ''],
      ['__proto__', 'y'],
    ],
    'is texts by name, whatever stands there',
  )
  const rows: [string, RegExp][] = [
    ['', /empty/],
    [' \n', /empty/],
    ['<html></html>', /web page/],
    ['{"a":"1"', /not JSON/],
    ['{}', /no object/],
    ['[1]', /no object/],
    ['"ok"', /no object/],
  ]
  for (const [body, why] of rows)
    t.match(parseZteAnswer(body), { kind: 'garbled', why }, JSON.stringify(body))
  t.ok(isBlank(fieldsOf(fixture('status.without-referer'))), 'without the Referer it says nothing')
  t.notOk(isBlank(fieldsOf(fixture('status.no-sim'))))
  t.ok(isBlank(fields({ loginfo: 'ok', lte_rsrp: ' ' })), 'being logged in is nothing said of the modem')
})

t.test('an answer that was cut anywhere is none', async (t) => {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.json'))
  for (const name of names) {
    const body = readFileSync(new URL(name, FIXTURES), 'utf8').trim()
    const cuts = Array.from({ length: body.length }, (_, at) => body.slice(0, at))
    t.same(
      cuts.filter((cut) => parseZteAnswer(cut).kind === 'fields'),
      [],
      name,
    )
  }
  t.ok(names.length > 4)
})

t.test('a reading', async (t) => {
  const lte = fieldsOf(fixture('reading.lte.synthetic'))
  t.same(parseZteRadio(lte), {
    rat: 'lte',
    rsrpDbm: -77,
    rsrqDb: -10,
    sinrDb: 6.2,
    rssiDbm: -52,
    band: '3',
    cellId: '44293988',
    pci: 503,
  })
  t.same(parseZteStatus(lte), {
    sim: 'ready',
    registration: 'home',
    dataSession: 'connected',
    operator: 'China Telecom',
    plmn: '46011',
  })
  t.same(parseZteTraffic(lte), {
    monthRxBytes: 140_383_434_072,
    monthTxBytes: 10_868_585_852,
    rxRateBps: 23_442,
    txRateBps: 1704,
  })
  const endc = fieldsOf(fixture('reading.endc.synthetic'))
  t.same(
    parseZteRadio(endc),
    {
      rat: 'nr',
      rsrpDbm: -110,
      rsrqDb: null,
      sinrDb: 9,
      rssiDbm: null,
      band: 'n78',
      cellId: '5345695029',
      pci: 745,
    },
    'in 5G it is the NR cell, and nothing of the anchor is mixed in',
  )
  t.match(parseZteStatus(endc), { registration: 'roaming', dataSession: 'connected', plmn: '23402' })
  t.match(parseZteTraffic(endc), { monthRxBytes: 140_383_434_072, rxRateBps: null })
  const umts = fieldsOf(fixture('reading.umts.synthetic'))
  t.match(parseZteRadio(umts), { rat: 'umts', rsrpDbm: null, rssiDbm: -83, band: '8', cellId: null })
  t.match(parseZteStatus(umts), {
    registration: 'unknown',
    dataSession: 'disconnected',
    operator: 'A & B Mobile',
  })
})

t.test('the radio', async (t) => {
  const radio = (said: Record<string, string>) => parseZteRadio(fields({ network_type: 'LTE', ...said }))
  for (const text of ['', ' ', '-200', '0', '77', '-77dBm', '--77', '-7 7', 'NaN', '1e1', '0x4d', '-999'])
    t.equal(radio({ lte_rsrp: text }).rsrpDbm, null, `lte_rsrp ${JSON.stringify(text)}`)
  for (const [text, pci] of [
    ['0', 0],
    ['43', 67],
    ['1f7', 503],
    ['3EF', 1007],
    ['3f0', null],
    ['1f70', null],
    ['0x43', null],
    ['g', null],
    ['', null],
  ] as const)
    t.equal(radio({ lte_pci: text }).pci, pci, `lte_pci ${text} is hexadecimal`)
  for (const [text, band] of [
    ['LTE BAND 7', '7'],
    ['B28', '28'],
    ['20', '20'],
    ['n78', null],
    ['', null],
    ['LTE BAND', null],
  ] as const)
    t.equal(radio({ wan_active_band: text }).band, band, `wan_active_band ${text}`)
  t.equal(radio({ rssi: '-77' }).rssiDbm, null, 'rssi is not believed in LTE')
  const nr = (said: Record<string, string>) =>
    parseZteRadio(fields({ lte_rsrp: '-80', lte_snr: '5', ...said }))
  t.match(
    nr({ network_type: 'ENDC', Z5g_rsrp: '', Z5g_SINR: '-20.0' }),
    { rat: 'lte', rsrpDbm: -80, sinrDb: 5 },
    'is the anchor’s while no NR cell is measured',
  )
  t.match(
    nr({ network_type: 'SA', Z5g_rsrp: '', Z5g_SINR: '-20.0' }),
    { rat: 'nr', rsrpDbm: null, sinrDb: null },
    'is never what the LTE fields were before NR alone served',
  )
  for (const sinr of ['-20.0', '-20', '-3276.8'])
    t.equal(nr({ network_type: 'SA', Z5g_rsrp: '-97', Z5g_SINR: sinr }).sinrDb, null, `Z5g_SINR ${sinr}`)
  for (const word of ['NO_SERVICE', 'Searching'])
    t.match(
      nr({ network_type: word }),
      { rat: null, rsrpDbm: null, sinrDb: null },
      `${word}: what is left is old`,
    )
  t.match(
    nr({ network_type: 'LIMITED_SERVICE' }),
    { rat: null, rsrpDbm: -80 },
    'is measured in limited service',
  )
  for (const [text, band] of [
    ['n78', 'n78'],
    ['78', 'n78'],
    ['n-1', null],
    ['', null],
  ] as const)
    t.equal(nr({ network_type: 'SA', nr5g_action_band: text }).band, band, `nr5g_action_band ${text}`)
  t.match(nr({ network_type: '' }), { rat: null, rsrpDbm: -80 }, 'has no technology where none is named')
})

t.test('the words of a device', async (t) => {
  const status = (said: Record<string, string>) => parseZteStatus(fields(said))
  for (const [word, sim] of [
    ['modem_init_complete', 'ready'],
    ['modem_sim_undetected', 'absent'],
    ['modem_waitpin', 'locked'],
    ['modem_waitpuk', 'locked'],
    ['modem_sim_destroy', 'invalid'],
    ['modem_imsi_waitnck', 'invalid'],
    ['modem_handover', 'unknown'],
    ['', 'unknown'],
  ] as const)
    t.equal(status({ modem_main_state: word }).sim, sim, `modem_main_state ${word}`)
  for (const [word, dataSession] of [
    ['ppp_connected', 'connected'],
    ['ipv6_connected', 'connected'],
    ['ppp_connecting', 'connecting'],
    ['ppp_disconnecting', 'disconnected'],
    ['connected', 'unknown'],
    ['', 'unknown'],
  ] as const)
    t.equal(status({ ppp_status: word }).dataSession, dataSession, `ppp_status ${word}`)
  for (const [word, registration] of [
    ['NO_SERVICE', 'searching'],
    ['No Service', 'searching'],
    ['Searching', 'searching'],
    ['LIMITED_SERVICE', 'not-registered'],
    ['HSPA+', 'home'],
    ['EDGE', 'home'],
    ['5G', 'home'],
    ['WIMAX', 'unknown'],
    ['', 'unknown'],
  ] as const)
    t.equal(
      status({ network_type: word, modem_main_state: 'modem_init_complete', simcard_roam: 'Home' })
        .registration,
      registration,
      `network_type ${word}`,
    )
  for (const [rmcc, rmnc, plmn] of [
    ['208', '01', '20801'],
    ['460', '0', '46000'],
    ['310', '260', '310260'],
    ['', '', null],
    ['208', '', null],
    ['20', '801', null],
  ] as const)
    t.equal(status({ rmcc, rmnc }).plmn, plmn, `${rmcc} ${rmnc}`)
})

/** printf %s "$(printf %s BD_XCBZHKMF79UV1.0.0B03 | md5sum | cut -c-32)F00D" | md5sum */
const MD5_ACCESS = 'eff2613fd0046691d586e5e76a1b46e6'
/** The same by sha256sum in capitals, of BD_MC888V1.0.0B05CR. */
const SHA_ACCESS = 'D70CCD4F62C3F91A7E433EA0E8F1287381D874FE9E16AEE0C1E3F390DDE79A2C'
/** The same of s3cret and ABCD. */
const LD_PASSWORD = '01315202A2DC6718D3DC013D68F9F4B79AA7C75BC98FB0AD42E27A2501F0FDF2'

t.test('hashes are those of the devices', async (t) => {
  const rd = 'F00D'
  t.equal(
    accessHash(fields({ wa_inner_version: 'BD_XCBZHKMF79UV1.0.0B03', cr_version: '', RD: rd })),
    MD5_ACCESS,
  )
  t.equal(accessHash(fields({ wa_inner_version: 'BD_MC888V1.0.0B05', cr_version: 'CR', RD: rd })), SHA_ACCESS)
  t.equal(accessHash(fields({ wa_inner_version: 'X', RD: '' })), null, 'no RD, no AD')
  t.equal(passwordHash('s3cret', 'abcd'), LD_PASSWORD)
  t.equal(passwordHash('s3cret', 'ABCD'), LD_PASSWORD, 'LD counts in capitals')
  t.equal(passwordHash('s3cret', ''), 'czNjcmV0', 'base64 from before LD')
})

t.test('a short message goes out in the alphabet that holds it', async (t) => {
  const form = (text: string, to = '+33612345678') =>
    shortMessageForm({ to, text }, wallMs(Date.UTC(2026, 10, 1, 9, 5, 7)))
  t.same(form('Hé €'), {
    goformId: 'SEND_SMS',
    notCallback: 'true',
    Number: '+33612345678',
    sms_time: '26;11;01;09;05;07;+0',
    MessageBody: '004800E9002020AC',
    ID: '-1',
    encode_type: 'GSM7_default',
  })
  for (const [text, body, alphabet] of [
    ['A', '0041', 'GSM7_default'],
    ['[~]\n', '005B007E005D000A', 'GSM7_default'],
    ['ç', '00E7', 'UNICODE'],
    ['测', '6D4B', 'UNICODE'],
    ['📶', 'D83DDCF6', 'UNICODE'],
  ] as const)
    t.match(form(text), { MessageBody: body, encode_type: alphabet }, text)
  const longest: [string, number][] = [
    ['a', 765],
    ['€', 382],
    ['ж', 335],
    ['📶', 167],
  ]
  for (const [char, most] of longest) {
    t.ok(form(char.repeat(most)), `${most} times ${char}`)
    t.throws(() => form(char.repeat(most + 1)), { code: 'modem-refused', message: /too long/ })
  }
  t.throws(() => form(''), { code: 'modem-refused', message: /no text/ })
  for (const to of ['', '+', '12', '+33 6', 'a1234', '1&AD=2'])
    t.throws(() => form('A', to), { code: 'modem-refused', message: /number/ }, to)
})

const BOX = 'http://192.168.0.1'
const onTheWire = (config: Partial<ZteConfig> = {}) =>
  zte.create({ address: '192.168.0.1', ...config }, modemPorts({ http: nodeHttpClient, clock: fakeClock() }))

t.test('on the wire', async (t) => {
  const page = { reqheaders: { referer: `${BOX}/index.html` } }
  const asks =
    (...names: string[]) =>
    (query: Record<string, unknown>): boolean =>
      query['isTest'] === 'false' &&
      query['multi_data'] === '1' &&
      names.every((name) => String(query['cmd']).split(',').includes(name))
  const get = '/goform/goform_get_cmd_process'
  const set = '/goform/goform_set_cmd_process'

  await mockedHttp(t, 'puts one question, as the device’s own page would', async (t, mocks) => {
    mocks(BOX, page)
      .get(get)
      .query(asks('lte_rsrp', 'ppp_status', 'monthly_rx_bytes'))
      .reply(200, fixture('reading.lte.synthetic'))
    t.match(await onTheWire({ password: 'right' }).read(), {
      state: { state: 'online', driver: 'zte', pci: 503, operator: 'China Telecom' },
      numbers: { rsrpDbm: -77, monthRxBytes: 140_383_434_072 },
    })
  })

  await mockedHttp(
    t,
    'logs in when every field is blank, and shows the cookie from then on',
    async (t, mocks) => {
      mocks(BOX, page).get(get).query(asks('lte_rsrp')).reply(200, fixture('status.without-referer'))
      mocks(BOX, page)
        .get(get)
        .query(asks('LD', 'psw_fail_num_str'))
        .reply(200, '{"LD":"abcd","psw_fail_num_str":"5"}')
      mocks(BOX, page)
        .post(set, { isTest: 'false', goformId: 'LOGIN', password: LD_PASSWORD })
        .reply(200, '{"result":"0"}', { 'set-cookie': 'stok="ABC"; path=/; HttpOnly' })
      const inside = { reqheaders: { ...page.reqheaders, cookie: 'stok="ABC"' } }
      mocks(BOX, inside).get(get).query(asks('lte_rsrp')).twice().reply(200, fixture('reading.lte.synthetic'))
      const modem = onTheWire({ password: 's3cret' })
      t.equal((await modem.read()).state.state, 'online')
      t.equal((await modem.read()).state.state, 'online')
    },
  )

  await mockedHttp(t, 'signs a form with a fresh AD', async (t, mocks) => {
    const versions = {
      loginfo: 'ok',
      wa_inner_version: 'BD_XCBZHKMF79UV1.0.0B03',
      cr_version: '',
      RD: 'F00D',
    }
    mocks(BOX, page).get(get).query(asks('RD')).reply(200, versions)
    mocks(BOX, page)
      .post(set, { isTest: 'false', goformId: 'REBOOT_DEVICE', AD: MD5_ACCESS })
      .reply(200, '{"result":"success"}')
    await onTheWire().reboot?.()
    t.pass()
  })
})

const bench = (config: Partial<ZteConfig>, options: Omit<SimulatedZteOptions, 'clock'> = {}) => {
  const clock = fakeClock()
  const device = simulatedZte({ clock, firmware: MC801A, account: { password: 'right' }, ...options })
  const plug = (config: Partial<ZteConfig>) =>
    zte.create({ address: '192.168.0.1', ...config }, modemPorts({ http: device.handle, clock }))
  return { clock, device, plug, modem: plug(config) }
}

t.test('the login', async (t) => {
  for (const [name, firmware] of [
    ['LD', MC801A],
    ['base64', { ...MF823, hides: 'radio' }],
  ] as const)
    t.test(`by ${name} is done once for many reads, and again when it has expired`, async (t) => {
      const { clock, device, modem } = bench({ password: 'right' }, { firmware })
      for (let i = 0; i < 5; i++) t.match(await modem.read(), { state: { state: 'online', cause: null } })
      t.same(device.logins(), { logins: 1, tries: 1 })
      await clock.advance(minutes(6))
      t.match(await modem.read(), { state: { state: 'online' }, numbers: { rsrpDbm: -86 } })
      t.same(device.logins(), { logins: 2, tries: 2 })
    })
  t.test('with a user name is the one for several users', async (t) => {
    const account = { username: 'ana', password: 'right' }
    const { device, plug, modem } = bench(
      { username: 'ana', password: 'right' },
      { firmware: MC888, account },
    )
    t.match(await modem.read(), { state: { state: 'online' }, numbers: { rsrpDbm: -86 } })
    t.match((await plug({ username: 'bob', password: 'right' }).read()).state, { state: 'auth-failed' })
    t.same(device.logins(), { logins: 1, tries: 2 })
  })
  t.test('is not done where nothing is kept back', async (t) => {
    const { device, modem } = bench({ password: 'right' }, { firmware: MF79U })
    t.equal((await modem.read()).state.state, 'online')
    t.same(device.logins(), { logins: 0, tries: 0 })
    await modem.reconnect?.()
    t.same(device.logins(), { logins: 1, tries: 1 }, 'but for a form')
  })
  t.test('never sends a refused password twice, and still reads what is open', async (t) => {
    const { clock, device, modem, plug } = bench({ password: 'wrong' })
    for (let i = 0; i < 10; i++) {
      t.match(await modem.read(), {
        state: { state: 'auth-failed', cause: /not tried again/, dataSession: 'connected' },
        numbers: { rsrpDbm: null, monthRxBytes: 20_000_000_000 },
      })
      await clock.advance(hours(1))
    }
    await t.rejects(async () => modem.reboot?.(), { code: 'modem-auth' })
    await t.rejects(async () => modem.sendSms?.({ to: '+33612345678', text: 'x' }), { code: 'modem-auth' })
    t.equal(device.logins().tries, 1)
    t.equal((await plug({ password: 'right' }).read()).state.state, 'online', 'a new one may try')
  })
  t.test('does not risk a password again whose answer was lost', async (t) => {
    const { clock, device, modem } = bench({ password: 'wrong' })
    device.setAnswers((body, what) => (what === 'LOGIN' ? body.slice(0, 5) : body))
    t.match((await modem.read()).state, { state: 'auth-failed', cause: /lost/ })
    device.setAnswers('whole')
    await clock.advance(hours(5))
    t.match((await modem.read()).state, { state: 'auth-failed', cause: /lost/ })
    t.equal(device.logins().tries, 1)
  })
  t.test('comes back to a password that was right once when an answer was lost', async (t) => {
    const { clock, device, modem } = bench({ password: 'right' })
    await modem.read()
    await clock.advance(minutes(6))
    device.setAnswers((body, what) => (what === 'LOGIN' ? '' : body))
    t.match((await modem.read()).state, { state: 'auth-failed', cause: /lost/ })
    device.setAnswers('whole')
    device.expireSessions()
    t.match((await modem.read()).state, { state: 'auth-failed', cause: /lost/ })
    await clock.advance(minutes(11))
    t.equal((await modem.read()).state.state, 'online')
  })
  t.test('spends no try that would lock the modem, and waits while it is locked', async (t) => {
    const { clock, device, modem, plug } = bench({ password: 'right' })
    for (let i = 0; i < 4; i++) await plug({ password: `wrong ${i}` }).read()
    t.match((await modem.read()).state, { state: 'auth-failed', cause: /would lock/ })
    t.equal(device.logins().tries, 4)
    device.setAnswers((body) => body.replace('"psw_fail_num_str":"1"', '"psw_fail_num_str":"0"'))
    await clock.advance(minutes(2))
    t.match((await modem.read()).state, { state: 'auth-failed', cause: /locked/ })
    device.setAnswers((body) => body.replace('"psw_fail_num_str":"1"', '"psw_fail_num_str":"5"'))
    await clock.advance(minutes(2))
    t.match((await modem.read()).state, { state: 'auth-failed', cause: /locked/ }, 'does not ask earlier')
    await clock.advance(minutes(4))
    t.equal((await modem.read()).state.state, 'online')
    t.equal(device.logins().tries, 5)
  })
  for (const [code, now, after] of [
    ['4', 'online', 'online'],
    ['2', 'auth-failed', 'online'],
    ['1', 'auth-failed', 'auth-failed'],
    ['', 'auth-failed', 'auth-failed'],
  ] as const)
    t.test(
      `that is answered ${code || 'with nothing'} leaves the modem ${now}, and ${after} a minute later`,
      async (t) => {
        const { clock, device, modem } = bench({ password: 'right' })
        device.setAnswers((body, what) => (what === 'LOGIN' ? `{"result":"${code}"}` : body))
        t.equal((await modem.read()).state.state, now)
        device.setAnswers('whole')
        device.expireSessions()
        await clock.advance(minutes(1))
        t.equal((await modem.read()).state.state, after)
      },
    )
  t.test('leaves the session for a minute to whoever has just taken it', async (t) => {
    const { clock, device, modem, plug } = bench(
      { username: 'a', password: 'right' },
      { firmware: MC888, account: { username: 'a', password: 'right' } },
    )
    await modem.read()
    await plug({ username: 'a', password: 'right' }).read()
    t.match(await modem.read(), {
      state: { state: 'unknown', cause: /somebody else/, sim: 'unknown', dataSession: 'unknown' },
      numbers: { rsrpDbm: null },
    })
    t.equal(device.logins().logins, 2)
    await clock.advance(minutes(1))
    t.equal((await modem.read()).state.state, 'online')
  })
  t.test('is given up by close', async (t) => {
    const { device, modem } = bench({ password: 'right' })
    await modem.read()
    await modem.close?.()
    t.equal(device.asked().get('LOGOUT'), 1)
  })
  t.test('without a password leaves what is readable, and says what is kept back', async (t) => {
    t.match(await bench({}).modem.read(), {
      state: { state: 'online', cause: /without a login/, operator: 'Orange' },
      numbers: { rsrpDbm: null, monthRxBytes: 20_000_000_000 },
    })
    const { modem } = bench({}, { firmware: MC888 })
    t.match(await modem.read(), {
      state: { state: 'unknown', cause: /blank.*no password/, dataSession: 'unknown' },
      numbers: { rsrpDbm: null, monthRxBytes: null },
    })
    await t.rejects(async () => modem.reboot?.(), { code: 'modem-auth', message: /no password/ })
  })
})

t.test('a modem', async (t) => {
  t.test('comes back from a reboot: gone, then without radio, then as before', async (t) => {
    const { clock, modem } = bench({ password: 'right' })
    const before = await modem.read()
    await modem.reboot?.()
    await t.rejects(async () => modem.reboot?.(), { code: 'modem-unreachable' })
    t.equal((await modem.read()).state.state, 'unreachable')
    await clock.advance(seconds(21))
    t.match(await modem.read(), {
      state: { state: 'searching', rat: null, operator: null, band: null },
      numbers: { rsrpDbm: null, rssiDbm: null },
    })
    await clock.advance(seconds(30))
    t.same(await modem.read(), before)
  })
  t.test('that hangs costs one timeout and no more questions', async (t) => {
    const { clock, device, modem } = bench({ password: 'right' })
    await modem.read()
    device.hang(true)
    const reading = modem.read()
    await settle()
    await clock.advance(milliseconds(1500))
    t.match((await reading).state, { state: 'unreachable', cause: /1500 ms/ })
  })
  t.test('is asked once a poll', async (t) => {
    const { device, modem } = bench({}, { firmware: MF79U })
    for (let i = 0; i < 10; i++) await modem.read()
    t.same([...device.asked()], [['loginfo', 10]])
  })
  t.test('whose firmware changes under us is read as what it then says', async (t) => {
    const { clock, device, modem } = bench({ password: 'right' }, { firmware: MF79U })
    t.match(await modem.read(), { state: { rat: 'lte' }, numbers: { rsrpDbm: -86 } })
    device.setFirmware(MC801A)
    device.setNetwork('ENDC')
    t.match(await modem.read(), {
      state: { state: 'online', rat: 'nr', band: 'n78', pci: 745 },
      numbers: { rsrpDbm: -97, rsrqDb: null, sinrDb: 13.5 },
    })
    device.setNetwork('SA')
    t.match(await modem.read(), { state: { rat: 'nr' }, numbers: { rsrpDbm: -97 } })
    await clock.advance(minutes(6))
    device.setFirmware({ ...MC888, login: 'LOGIN' })
    t.equal((await modem.read()).state.state, 'online')
    await modem.reconnect?.()
    t.equal((await modem.read()).state.state, 'online', 'and its forms are signed by the longer hash')
  })
  t.test('that says no signal but is connected is online, and its signal is not known', async (t) => {
    const { device, modem } = bench({ password: 'right' })
    device.setRadio({ rsrpDbm: null, rsrqDb: null, sinrDb: null, rssiDbm: null })
    t.match(await modem.read(), {
      state: { state: 'online', cause: /no signal/ },
      numbers: { rsrpDbm: null },
    })
  })
  t.test('is connected again only when it has hung up', async (t) => {
    const { clock, device, modem } = bench({ password: 'right' }, { firmware: MF79U })
    let hangingUp = true
    device.setAnswers((body, what) =>
      what === 'ppp_status' && hangingUp ? '{"ppp_status":"ppp_disconnecting"}' : body,
    )
    const done = modem.reconnect?.()
    await settle()
    await clock.advance(seconds(3))
    t.equal(device.asked().get('CONNECT_NETWORK'), undefined)
    hangingUp = false
    await clock.advance(seconds(1))
    await done
    t.equal(device.asked().get('CONNECT_NETWORK'), 1)
    hangingUp = true
    const forced = modem.reconnect?.()
    await settle()
    await clock.advance(seconds(11))
    await forced
    t.equal(device.asked().get('CONNECT_NETWORK'), 2, 'or when that took too long: never left without')
  })
})

t.test('a short message', async (t) => {
  const message = { to: '+33612345678', text: 'Line down: 12 € left' }
  const send = async (setUp: (at: ReturnType<typeof bench>) => void = () => {}) => {
    const at = bench({ password: 'right' })
    setUp(at)
    const sent = at.modem.sendSms?.(message).then(
      () => 'taken',
      (error: unknown) => error,
    )
    for (let i = 0; i < 35; i++) await at.clock.advance(seconds(1))
    return { ...at, outcome: await sent }
  }
  t.test('is taken by the network', async (t) => {
    const { device, outcome } = await send()
    t.equal(outcome, 'taken')
    t.same(device.card.sent(), [{ ...message, alphabet: 'GSM7_default' }])
    t.equal(device.asked().get('sms_cmd_status_info'), 1)
  })
  t.test('is not sent when the network refuses it, or says nothing', async (t) => {
    const refused = await send(({ device }) => device.card.setNetwork('refuses'))
    t.match(refused.outcome, { code: 'modem-refused', message: /did not take/ })
    const silent = await send(({ device }) => device.card.setNetwork('says-nothing'))
    t.match(silent.outcome, { code: 'modem-refused', message: /within 30 s/ })
    t.equal(silent.device.card.sent().length, 1, 'and is not sent again by itself')
  })
  t.test('does not hold up reading', async (t) => {
    const { clock, device, modem } = bench({ password: 'right' })
    device.card.setNetwork('says-nothing')
    const sent = modem.sendSms?.(message)
    sent?.catch(() => {})
    await settle()
    await clock.advance(seconds(2))
    t.equal((await modem.read()).state.state, 'online')
    device.card.setNetwork('takes')
    await clock.advance(seconds(2))
    await sent
  })
})

t.test('the SIM', async (t) => {
  const locked = () => {
    const at = bench({ password: 'right' })
    at.device.setSim('locked')
    return at
  }
  t.test('is unlocked by its PIN', async (t) => {
    const { modem } = locked()
    t.match((await modem.read()).state, { state: 'sim-locked', sim: 'locked' })
    await modem.simUnlock?.('1234')
    t.match((await modem.read()).state, { state: 'online', sim: 'ready' })
  })
  t.test('is given a wrong PIN once and never again', async (t) => {
    const { device, modem } = locked()
    await t.rejects(async () => modem.simUnlock?.('4321'), { code: 'modem-refused', message: /failure/ })
    for (let i = 0; i < 5; i++)
      await t.rejects(async () => modem.simUnlock?.('4321'), {
        code: 'modem-refused',
        message: /tries left: 2/,
      })
    t.equal(device.asked().get('ENTER_PIN'), 1)
  })
  t.test(
    'is left alone where a person could need the tries, or nobody knows how many there are',
    async (t) => {
      const { device, modem } = locked()
      for (const [answer, why] of [
        ['"pinnumber":"2"', /tries left: 2/],
        ['"pinnumber":"1"', /tries left: 1/],
        ['"pinnumber":"0"', /tries left: 0/],
        ['"pinnumber":""', /does not say/],
        ['"pinnumber":"three"', /does not say/],
      ] as const) {
        device.setAnswers((body) => body.replace('"pinnumber":"3"', answer))
        await t.rejects(async () => modem.simUnlock?.('1234'), { code: 'modem-refused', message: why })
      }
      device.setAnswers('whole')
      for (const pin of ['', '123', '123456789', '12a4', '1234&AD=x'])
        await t.rejects(async () => modem.simUnlock?.(pin), {
          code: 'modem-refused',
          message: /four to eight digits/,
        })
      device.setSim('ready')
      await t.rejects(async () => modem.simUnlock?.('1234'), {
        code: 'modem-refused',
        message: /does not wait/,
      })
      t.equal(device.asked().get('ENTER_PIN'), undefined)
    },
  )
  t.test('is left alone by a modem that says nothing to strangers', async (t) => {
    const { device, modem } = bench({}, { firmware: MC888 })
    device.setSim('locked')
    await t.rejects(async () => modem.simUnlock?.('1234'), { code: 'modem-refused', message: /does not say/ })
    t.equal(device.asked().get('ENTER_PIN'), undefined)
  })
  t.test('and its PIN never stand in an error', async (t) => {
    const { modem } = locked()
    const error = await modem.simUnlock?.('9753').then(() => null, String)
    t.type(error, 'string')
    t.notMatch(error, /9753/)
  })
})
