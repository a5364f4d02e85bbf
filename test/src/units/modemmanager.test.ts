import { readFileSync } from 'node:fs'
import { modemmanager } from '@infra-home/agent/modems/modemmanager.ts'
import { believe } from '@infra-home/agent/modems/modemmanager/believe.ts'
import { quoted } from '@infra-home/agent/modems/modemmanager/orders.ts'
import { parseMmBearer } from '@infra-home/agent/parse/mmcli-bearer.ts'
import { parseMmCell } from '@infra-home/agent/parse/mmcli-location.ts'
import { parseMmList, parseMmModem } from '@infra-home/agent/parse/mmcli-modem.ts'
import { parseMmRefusal } from '@infra-home/agent/parse/mmcli-refusal.ts'
import { parseMmSignal } from '@infra-home/agent/parse/mmcli-signal.ts'
import { simulatedMmcli } from '@infra-home/agent/sys/simulated/mmcli-modem.ts'
import { milliseconds, seconds } from '@infra-home/shared/clock.ts'
import { checker } from '@infra-home/shared/problem.ts'
import t from 'tap'
import { fakeClock, settle } from '../helpers/fake-clock.ts'
import { modemPorts } from '../helpers/modem-ports.ts'

const FIXTURES = new URL('../../fixtures/modems/modemmanager/', import.meta.url)
const fixture = (name: string): string => readFileSync(new URL(name, FIXTURES), 'utf8')
const V = '1.20.4-'

/** A driver beside a simulated ModemManager. */
const plugIn = (modem = 'any') => {
  const clock = fakeClock()
  const device = simulatedMmcli({ clock })
  const driver = modemmanager.create({ modem }, modemPorts({ exec: device.exec, clock }))
  /** A read that waits for a signal that does not come. */
  const readSilence = async () => {
    const reading = driver.read()
    await settle()
    await settle()
    await clock.advance(seconds(1))
    return reading
  }
  return { clock, device, driver, readSilence }
}

t.test('what mmcli printed', async (t) => {
  const states: [file: string, wanted: object][] = [
    [
      `${V}modem.connected.json`,
      {
        state: 'connected',
        registration: 'home',
        rat: 'lte',
        plmn: '20801',
        imei: '490154203237518',
        ports: ['ttyUSB2', 'ttyUSB3'],
        quality: { percent: 54, recent: true },
      },
    ],
    [`${V}modem.registered.json`, { state: 'registered', bearers: [] }],
    [`${V}modem.disabled.json`, { state: 'disabled', registration: 'unknown', rat: null, operator: null }],
    [`${V}modem.locked.json`, { state: 'locked', unlockRequired: 'sim-pin', pinTries: 3 }],
    [`${V}modem.locked-two-tries.json`, { state: 'locked', pinTries: 2 }],
    [
      `${V}modem.lost-40s.json`,
      { state: 'connected', registration: 'home', quality: { percent: 0, recent: true } },
    ],
    ['em7455.json', { state: 'connected', rat: 'lte', operator: 'AT&T', plmn: '310410', pinTries: null }],
    [
      'rm500q-gl.json',
      { state: 'connected', rat: 'nr', operator: 'Verizon', quality: { percent: 71, recent: true } },
    ],
  ]
  for (const [file, wanted] of states) t.match(parseMmModem(fixture(file)), wanted, file)

  const measured = { rsrpDbm: -103, rsrqDb: -10, sinrDb: null, rssiDbm: null }
  const signals: [file: string, radio: object | null][] = [
    [`${V}signal.before-setup.json`, null],
    [`${V}signal.measured.json`, measured],
    [`${V}signal.lost-40s.json`, measured],
    [`${V}signal.lost-asked-anew.json`, null],
  ]
  for (const [file, radio] of signals)
    t.same(parseMmSignal(fixture(file)), { radio, hasThresholds: false }, file)

  t.same(parseMmList(fixture(`${V}list.json`)), ['/org/freedesktop/ModemManager1/Modem/0'])
  t.equal(parseMmCell(fixture(`${V}location.json`)), String(0x1122bb))
  t.same(parseMmBearer(fixture(`${V}bearer.connected.json`)), {
    connected: true,
    rxBytes: null,
    txBytes: null,
  })

  const refusals: [file: string, code: string, why: RegExp][] = [
    ['absent.txt', 'modem-unreachable', /^couldn't find modem$/],
    ['pin.wrong.txt', 'modem-refused', /^couldn't send PIN code to the SIM: Incorrect password$/],
    [
      'reset.refused.txt',
      'modem-refused',
      /^couldn't reset the modem: Cannot reset the modem: operation not supported$/,
    ],
    [
      'setup.forbidden.txt',
      'modem-auth',
      /not authorized for 'org.freedesktop.ModemManager1.Device.Control'$/,
    ],
    ['signal.locked.txt', 'modem-refused', /^modem has no extended signal capabilities$/],
  ]
  for (const [file, code, why] of refusals)
    t.match(parseMmRefusal(fixture(`${V}${file}`).trim()), { code, why }, file)
})

t.test('what no modem says is no answer', async (t) => {
  for (const text of [
    '',
    '{}',
    '[]',
    '{"modem":',
    '{"modem":{}}',
    '{"modem":{"dbus-path":"--all"}}',
    '<html>',
  ])
    t.throws(() => parseMmModem(text), { code: 'parse-failed' }, text)
  t.equal(parseMmCell('{"modem":{"location":{"3gpp":{"cid":"FFFFFFFF"}}}}'), null, 'a cell that is none')
})

t.test('what is believed of a signal', async (t) => {
  const radio = { rsrpDbm: -103, rsrqDb: -10, sinrDb: null, rssiDbm: null }
  const other = { ...radio, rsrpDbm: -104 }
  const good = { percent: 54, recent: true }
  const none = { percent: 0, recent: true }
  const old = { percent: 54, recent: false }
  const unknown = { percent: null, recent: false }
  type Row = [
    what: string,
    shown: typeof radio | null,
    fresh: boolean,
    quality: typeof good | typeof unknown,
    before: typeof radio | null,
    kind: string,
  ]
  const rows: Row[] = [
    ['measured now', radio, true, good, radio, 'heard'],
    ['measured now, while the quality is still that of the loss', radio, true, none, null, 'heard'],
    ['nothing measured by one that could before', null, true, good, radio, 'lost'],
    ['nothing measured, and no quality', null, true, none, null, 'lost'],
    ['nothing measured by one that never could', null, true, good, null, 'untold'],
    ['kept, and vouched for by the quality', radio, false, good, radio, 'heard'],
    ['kept, but changed', other, false, old, radio, 'heard'],
    ['kept, while the quality fell to 0', radio, false, none, radio, 'lost'],
    ['kept, while the quality is of long ago', radio, false, old, radio, 'stale'],
    ['kept, at the first look, while nothing vouches for it', radio, false, old, null, 'stale'],
    ['kept, and no quality is known', radio, false, unknown, radio, 'stale'],
    ['nothing kept with thresholds, by one that could before', null, false, good, radio, 'lost'],
    ['nothing kept with thresholds, by one that never could', null, false, good, null, 'untold'],
  ]
  for (const [what, shown, fresh, quality, before, kind] of rows)
    t.equal(believe({ radio: shown, fresh, why: null }, { quality, before, isBusy: false }).kind, kind, what)
  t.equal(
    believe({ radio: null, fresh: false, why: 'no' }, { quality: good, before: radio, isBusy: false }).kind,
    'untold',
    'nothing shown, and we may not ask',
  )
  t.equal(
    believe({ radio: null, fresh: true, why: null }, { quality: good, before: radio, isBusy: true }).kind,
    'untold',
    'an order of ours keeps it from answering',
  )
})

t.test('with what ModemManager keeps', async (t) => {
  await t.test('a loss is told at the next read, while mmcli goes on showing the old value', async (t) => {
    const { device, driver, readSilence, clock } = plugIn()
    await driver.read()
    device.setRadio(null)
    t.match(await readSilence(), {
      state: { state: 'searching', registration: 'unknown' },
      numbers: { rsrpDbm: null },
    })
    device.setRadio({ rsrpDbm: -90 })
    t.match(await driver.read(), { state: { state: 'online' }, numbers: { rsrpDbm: -90 } })
    await clock.advance(seconds(30))
    t.match(await driver.read(), { state: { state: 'online' } })
  })

  await t.test('a loss is told although the IMEI cannot be read meanwhile', async (t) => {
    const clock = fakeClock()
    const device = simulatedMmcli({ clock })
    let isGarbled = false
    const exec: typeof device.exec = async (...asked) => {
      const said = await device.exec(...asked)
      return isGarbled ? said.replace('equipment-identifier', 'xxx') : said
    }
    const driver = modemmanager.create({ modem: 'any' }, modemPorts({ exec, clock }))
    await driver.read()
    isGarbled = true
    device.setRadio(null)
    const reading = driver.read()
    for (let waited = 0; waited < 20; waited++) {
      await settle()
      await clock.advance(milliseconds(100))
    }
    t.match(await reading, { state: { state: 'searching' }, numbers: { rsrpDbm: null } })
  })

  for (const [what, hinder] of [
    ['without rights', (device) => device.forbid(true)],
    ['with thresholds of somebody else', (device) => device.setThresholds(true)],
  ] as [string, (device: ReturnType<typeof simulatedMmcli>) => void][])
    await t.test(`${what} a loss is told when the quality falls`, async (t) => {
      const { device, driver, clock } = plugIn()
      await driver.read()
      hinder(device)
      device.setRadio(null)
      t.match(await driver.read(), { state: { state: 'online' }, numbers: { rsrpDbm: -86 } }, 'not yet')
      await clock.advance(seconds(30))
      t.match(await driver.read(), {
        state: { state: 'searching' },
        numbers: { rsrpDbm: null, rsrqDb: null },
      })
    })
})

t.test('a modem is found again by what does not change', async (t) => {
  for (const modem of [
    'any',
    '490154203237518',
    'ttyUSB2',
    '/dev/cdc-wdm0',
    '/sys/devices/platform/usb1/1-1',
  ]) {
    const { device, driver } = plugIn(modem)
    const before = await driver.read()
    t.equal(before.state.state, 'online', modem)
    device.replug()
    t.same(await driver.read(), before, `${modem}, under its new number, measured again`)
  }
  const { driver } = plugIn('356938035643809')
  t.match(await driver.read(), { state: { state: 'unreachable', cause: /none of 1 modems/ } })
  const check = checker(modemmanager.configSchema)
  for (const modem of ['--reset', 'any;x', '', '../x', 'a b', '-m'])
    t.not(check({ modem }).length, 0, `${modem} is refused`)
})

t.test('messages', async (t) => {
  const rows: [text: string, wanted: string][] = [
    ['plain', '"plain"'],
    [`it's`, `"it's"`],
    ['a "b", c=d', `'a "b", c=d'`],
    [`"it's"`, `"'it's'"`],
    ['a\0b', '"ab"'],
  ]
  for (const [text, wanted] of rows) t.equal(quoted(text), wanted)
  const { device, driver } = plugIn()
  await driver.sendSms({ to: '+33612345678', text: 'fort, "weg"' })
  t.same(device.sent(), [`number=+33612345678,text='fort, "weg"'`])
  t.ok([...device.asked().keys()].some((asked) => asked.endsWith('--send')))
  for (const to of ['0612345678', '+33 6', '+336,smsc=1', ''])
    await t.rejects(driver.sendSms({ to, text: 'x' }), { code: 'modem-refused' }, to)
  t.equal(device.sent().length, 1)
})

t.test('a SIM', async (t) => {
  const rows: [what: string, pin: string, tries: number, wanted: string | null][] = [
    ['gets the right PIN', '1234', 3, null],
    ['does not get what is none', '12ab', 3, 'a PIN is four to eight digits'],
    ['keeps its last but one try', '1234', 2, 'tries left: 2, for a person'],
    ['keeps its last try', '1234', 1, 'tries left: 1, for a person'],
    [
      'says how many tries there were',
      '0000',
      3,
      "couldn't send PIN code to the SIM: Incorrect password; there were 3 tries before this one",
    ],
  ]
  for (const [what, pin, tries, wanted] of rows) {
    const { device, driver } = plugIn()
    device.setSim('locked')
    device.setPin('1234', tries)
    const done = driver.simUnlock(pin)
    if (wanted === null) await done
    else
      await t.rejects(done, { code: 'modem-refused', message: `the SIM was not unlocked: ${wanted}` }, what)
    t.equal((await driver.read()).state.state, wanted === null ? 'online' : 'sim-locked', what)
  }
  const { driver, device } = plugIn()
  device.setSim('absent')
  await t.rejects(driver.simUnlock('1234'), { code: 'modem-refused', message: /does not know it/ })
  device.setSim('ready')
  await driver.simUnlock('9999')
  t.notOk(
    [...device.asked().keys()].some((asked) => asked.includes('--pin')),
    'is not asked when it is open',
  )
})

t.test('a wrong PIN is in no error', async (t) => {
  const { device, driver } = plugIn()
  device.setSim('locked')
  const error: unknown = await driver.simUnlock('7391').catch((caught: unknown) => caught)
  t.match(error, { code: 'modem-refused', cause: undefined })
  t.notMatch(`${JSON.stringify(error)} ${String(error)}`, /7391/)
})

t.test('orders', async (t) => {
  const { device, driver } = plugIn()
  device.setConnection('disconnected')
  t.equal((await driver.read()).state.state, 'no-data')
  await driver.reconnect()
  t.match(await driver.read(), { state: { state: 'online' }, numbers: { rxBytes: 31_003_595_763 } })
  await driver.reboot()
  t.ok([...device.asked().keys()].some((asked) => asked.endsWith('Modem/0 --reset')))
  device.forbid(true)
  await t.rejects(driver.reboot(), { code: 'modem-auth', message: /does not allow it/ })
  await t.rejects(plugIn('356938035643809').driver.reboot(), { code: 'modem-unreachable' })
})
