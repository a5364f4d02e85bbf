import { readFileSync } from 'node:fs'
import { android } from '@infra-home/agent/modems/android.ts'
import type { ModemReading } from '@infra-home/agent/modems/modem.ts'
import { termux } from '@infra-home/agent/modems/termux.ts'
import { parseSimStates } from '@infra-home/agent/parse/android-sim.ts'
import { parseOldPhoneService } from '@infra-home/agent/parse/dumpsys-telephony-old-service.ts'
import { parsePhoneSignal } from '@infra-home/agent/parse/dumpsys-telephony-signal.ts'
import { parseTelephonyRegistry } from '@infra-home/agent/parse/dumpsys-telephony.ts'
import { androidEnvironment } from '@infra-home/agent/sys/android-environment.ts'
import { commands, realExec } from '@infra-home/agent/sys/real-exec.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import { milliseconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import t from 'tap'
import { fakeClock } from '../helpers/fake-clock.ts'

const FIXTURES = new URL('../../fixtures/modems/', import.meta.url)
const fixture = (name: string): string => readFileSync(new URL(name, FIXTURES), 'utf8')
const registry = (name: string): string => fixture(`android/telephony-registry.${name}.txt`)

type Answers = Readonly<Record<string, string | InfraError>>
/** A phone that says what stands here, and keeps what it was asked. */
const phone = (answers: Answers): { exec: Sys['exec']; asked: string[] } => {
  const asked: string[] = []
  return {
    asked,
    async exec(program, args, _timeout, input) {
      asked.push([program, ...args, ...(input === undefined ? [] : [`< ${input}`])].join(' '))
      const answer = answers[program] ?? new InfraError('exec-failed', `${program} is not installed`)
      if (answer instanceof InfraError) throw answer
      return answer
    },
  }
}
const readAndroid = (dumpsys: string, slot = 0, getprop = 'LOADED,LOADED\n'): Promise<ModemReading> =>
  android.create({ slot }, phone({ dumpsys, getprop })).read()
const readTermux = (device: string | InfraError, cells: string | InfraError): Promise<ModemReading> => {
  const { exec } = phone({ 'termux-telephony-deviceinfo': device, 'termux-telephony-cellinfo': cells })
  return termux.create({}, { exec, clock: fakeClock() }).read()
}

const NONE = { rsrpDbm: null, rsrqDb: null, sinrDb: null, rssiDbm: null }
const ANDROID_12 = `${registry('android12')}  mDataConnectionState=2\n`

t.test('what phones say of their network', async (t) => {
  const rows: [string, string, number, object, object][] = [
    [
      'Android 9',
      registry('android9'),
      0,
      {
        state: 'no-data',
        cause: 'disconnected',
        rat: 'lte',
        operator: 'Carrier',
        plmn: '46000',
        registration: 'home',
      },
      { rsrpDbm: -87, rsrqDb: -7, sinrDb: 26.2, rssiDbm: -61 },
    ],
    [
      'Android 9 without service',
      registry('android9-no-service.synthetic'),
      0,
      { state: 'searching', dataSession: 'unknown', operator: null, plmn: null, rat: null },
      NONE,
    ],
    [
      'Android 10 with mobile data switched off, which counts in tenths of a dB',
      registry('android10.synthetic'),
      0,
      {
        state: 'no-data',
        cause: 'mobile data is switched off on the phone',
        operator: 'Example Mobile',
        plmn: '45204',
        cellId: null,
      },
      { rsrpDbm: -97, rsrqDb: -11, sinrDb: 5.4, rssiDbm: -67 },
    ],
    [
      'Android 12',
      ANDROID_12,
      0,
      {
        state: 'online',
        operator: 'Chunghwa Telecom',
        plmn: '46692',
        cellId: '54052639',
        pci: 462,
        registration: 'home',
      },
      { rsrpDbm: -77, rsrqDb: -4, sinrDb: 18, rssiDbm: -55 },
    ],
    [
      'a national partner that counts as home, with 5G beside its 4G and its cell kept secret',
      registry('android14-two-sims.synthetic'),
      0,
      {
        state: 'online',
        registration: 'home',
        rat: 'lte',
        band: '66',
        operator: 'Example, Inc.',
        plmn: '311480',
        cellId: null,
        pci: 423,
      },
      { rsrpDbm: -77, rsrqDb: -9, sinrDb: 26, rssiDbm: -51 },
    ],
    [
      'the second SIM abroad on 5G, suspended by a call',
      registry('android14-two-sims.synthetic'),
      1,
      {
        state: 'no-data',
        registration: 'roaming',
        rat: 'nr',
        band: '78',
        operator: '例',
        cellId: '5600100101',
        pci: 879,
      },
      { rsrpDbm: -73, rsrqDb: null, sinrDb: 13, rssiDbm: null },
    ],
    [
      'a refused SIM whose calls go by Wi-Fi',
      registry('denied.synthetic'),
      0,
      { state: 'denied', cause: 'the network refuses the SIM card (cause 13)', rat: 'lte' },
      NONE,
    ],
    [
      'flight mode, with a registration and a signal that are old',
      registry('flight-mode.synthetic'),
      0,
      { state: 'searching', registration: 'not-registered', cause: 'the phone’s radio is off (flight mode)' },
      NONE,
    ],
    [
      'a slot that is not there',
      registry('android9'),
      1,
      { state: 'unknown', cause: /none of them is 1/ },
      NONE,
    ],
    ['half a dump', registry('android12'), 0, { state: 'unknown', cause: /cut off/ }, NONE],
  ]
  for (const [name, text, slot, state, numbers] of rows)
    t.match(await readAndroid(text, slot), { state, numbers }, name)
  t.match(await readAndroid(ANDROID_12, 0, 'PIN_REQUIRED,LOADED\n'), { state: { state: 'sim-locked' } })
})

t.test('every cut of every dump gives its own numbers or none', async (t) => {
  const texts: [string, number][] = [
    [registry('android9'), 0],
    [ANDROID_12, 0],
    [registry('android10.synthetic'), 0],
    [registry('android14-two-sims.synthetic'), 0],
    [registry('android14-two-sims.synthetic'), 1],
    [registry('denied.synthetic'), 0],
  ]
  for (const [text, slot] of texts) {
    const whole = parseTelephonyRegistry(text, slot)
    const others: unknown[] = []
    for (let at = 0; at < text.length; at++)
      try {
        const cut = parseTelephonyRegistry(text.slice(0, at), slot)
        if (JSON.stringify(cut) !== JSON.stringify(whole)) others.push([at, cut])
      } catch (error) {
        if (!(error instanceof InfraError)) throw error
      }
    t.same(others, [])
  }
})

t.test('a dump of megabytes is read at once', async (t) => {
  const lines = '    mServiceState={\n    mSignalStrength=SignalStrength: 1\n'.repeat(40_000)
  const start = performance.now()
  t.throws(() => parseTelephonyRegistry(`  Phone Id=0\n${lines}`, 0), { message: /cut off/ })
  t.equal(parseTelephonyRegistry(`${ANDROID_12}registrations:\n${lines}`, 0).signal.rsrpDbm, -77)
  t.ok(performance.now() - start < 2000)
})

t.test('mSignalStrength', async (t) => {
  const lte = (rssnr: string) =>
    `SignalStrength:{mLte=CellSignalStrengthLte: rssi=99 rsrp=-85 rsrq=-10 ${rssnr},mNr=Invalid}`
  const rows: [string, number | null][] = [
    ['rssnr=150 cqi=15 ta=1 level=4', 15],
    ['rssnr=-31 cqi=15 ta=1 level=4', -3.1],
    ['rssnr=15 ta=1 level=4 parametersUseForLevel=0', 15],
    ['rssnr=15 cqiTableIndex=1 cqi=15 level=4', 15],
    ['rssnr=150 cqiTableIndex=1 cqi=15 level=4', null],
    ['rssnr=2147483647 cqi=15 ta=1 level=4', null],
    ['cqi=15 ta=1 level=4', null],
  ]
  for (const [words, sinrDb] of rows)
    t.same(
      parsePhoneSignal(lte(words), 'lte'),
      { rsrpDbm: -85, rsrqDb: -10, sinrDb, rssiDbm: null, strayValues: 1 },
      `${words}: 99 dBm cannot be true`,
    )
  const gsm = 'SignalStrength:{mGsm=CellSignalStrengthGsm: rssi=-83 ber=1 mTa=1 mLevel=3,mLte=Invalid}'
  t.same(parsePhoneSignal(gsm, 'gsm'), { ...NONE, rssiDbm: -83 })
  t.same(parsePhoneSignal(gsm, 'lte'), NONE, 'another technology’s value is none')
  t.same(parsePhoneSignal(gsm, null), NONE)
  const old = 'SignalStrength: 20 0 -120 -160 -120 -1 -1 99 -87 -7 262 2147483647 gsm|lte'
  t.same(parsePhoneSignal(old, 'umts'), { ...NONE, rssiDbm: -73 })
  t.same(parsePhoneSignal(old, 'nr'), NONE)
  t.same(parsePhoneSignal(old.replace(' gsm|lte', ''), 'lte'), NONE, 'a row without its end')
})

t.test('mServiceState of Android 9', async (t) => {
  const line = (names: string) =>
    `0 0 voice home data roaming ${names} (manual) HSPA LTE CSS not supported -1 -1`
  const operators: [string, string | null, string | null][] = [
    ['Orange F Orange F 20801 Orange F Orange F 20801', 'Orange F', '20801'],
    ['Orange France Orange F 20801 Orange France Orange F 20801', 'Orange France', '20801'],
    ['Free Mobile FM 20815 Free Mobile FM 20815', 'Free Mobile FM', '20815'],
    ['null null null Orange F Orange F 20801', 'Orange F', '20801'],
  ]
  for (const [names, operator, plmn] of operators)
    t.match(parseOldPhoneService(line(names)), { operator, plmn, rat: 'lte', registration: 'roaming' }, names)
  t.match(
    parseOldPhoneService('3 3 voice home data home null null null null null null  Unknown Unknown CSS x'),
    {
      registration: 'not-registered',
      why: /flight mode/,
    },
  )
  for (const rubbish of ['', '0', '0 0 voice', line('').slice(0, 40)])
    t.match(parseOldPhoneService(rubbish), { registration: 'unknown', rat: null, operator: null }, rubbish)
})

t.test('gsm.sim.state', async (t) => {
  const rows: [string, number, string][] = [
    ['LOADED\n', 0, 'ready'],
    ['READY,ABSENT\n', 1, 'absent'],
    ['LOADED,PUK_REQUIRED\n', 1, 'locked'],
    ['PERM_DISABLED\n', 0, 'invalid'],
    ['NOT_READY\n', 0, 'unknown'],
    ['LOADED\n', 1, 'unknown'],
    ['LOADED', 0, 'unknown'],
    ['\n', 0, 'unknown'],
    ['__proto__\n', 0, 'unknown'],
  ]
  for (const [text, slot, sim] of rows) t.equal(parseSimStates(text, slot), sim, text)
})

t.test('an android asks in the way that is let in', async (t) => {
  const refusal = 'Permission Denial: can’t dump telephony.registry from from pid=1, uid=10123\n'
  const rooted = phone({ dumpsys: refusal, 'su-dumpsys': ANDROID_12, getprop: 'LOADED\n' })
  const modem = android.create({}, rooted)
  t.equal((await modem.read()).state.state, 'online')
  t.equal((await modem.read()).state.state, 'online')
  t.same(
    rooted.asked.filter((words) => words.includes('dumpsys')),
    ['dumpsys telephony.registry', 'su-dumpsys telephony.registry', 'su-dumpsys telephony.registry'],
    'once by itself, then by su alone',
  )
  const kept = await android.create({}, phone({ dumpsys: refusal, getprop: 'LOADED\n' })).read()
  t.match(kept, { state: { state: 'auth-failed', cause: /root or the permission DUMP/ }, numbers: NONE })
  t.match(await android.create({}, phone({})).read(), {
    state: { state: 'unreachable', cause: /not installed/ },
  })
})

t.test('what Termux:API says', async (t) => {
  const json = (name: string): string => fixture(`termux/${name}.synthetic.json`)
  const timeout = new InfraError('exec-timeout', 'termux-telephony-cellinfo did not end within 2500 ms')
  const nr = json('deviceinfo.lte').replace('"lte"', '"nr"').replace('46001', '46011')
  const rows: [string, string | InfraError, string | InfraError, object, object][] = [
    [
      'the cell of its own network',
      json('deviceinfo.lte'),
      json('cellinfo.lte'),
      { state: 'online', plmn: '46001', band: '3', cellId: '193618110', pci: 120, rat: 'lte' },
      { rsrpDbm: -97, rsrqDb: -11, sinrDb: null, rssiDbm: -67 },
    ],
    [
      '5G',
      nr,
      json('cellinfo.nr'),
      { rat: 'nr', band: '78' },
      { rsrpDbm: -73, rsrqDb: -11, sinrDb: 13, rssiDbm: null },
    ],
    [
      'values that it does not know',
      json('deviceinfo.lte'),
      json('cellinfo.unknown'),
      { state: 'online' },
      NONE,
    ],
    [
      'no cells, for location is off',
      json('deviceinfo.lte'),
      '[]\n',
      { state: 'online', cause: /location has to be on/ },
      NONE,
    ],
    [
      'cells that it may not tell',
      json('deviceinfo.lte'),
      json('no-permission'),
      { state: 'online', cause: /signal is not known: Please grant/ },
      NONE,
    ],
    ['cells that never come', json('deviceinfo.lte'), timeout, { state: 'online', cause: /2500 ms/ }, NONE],
    ['a SIM that wants its PIN', json('deviceinfo.pin-required'), '[]', { state: 'sim-locked' }, NONE],
    ['that it may not tell', json('no-permission'), '[]', { state: 'auth-failed', cause: /grant/ }, NONE],
    [
      'an error of its own',
      json('api-error'),
      '[]',
      { state: 'unknown', cause: /No current connection/ },
      NONE,
    ],
    ['nothing', '', '', { state: 'unknown' }, NONE],
    ['that it hangs', timeout, timeout, { state: 'unreachable' }, NONE],
    [
      'that mobile data is off',
      json('deviceinfo.lte').replace('"true"', 'false').replace('"connected"', '"disconnected"'),
      json('cellinfo.lte'),
      { state: 'no-data', cause: 'mobile data is switched off on the phone' },
      { rsrpDbm: -97 },
    ],
  ]
  for (const [name, device, cells, state, numbers] of rows)
    t.match(await readTermux(device, cells), { state: { driver: 'termux', ...state }, numbers }, name)
})

t.test('short messages', async (t) => {
  const healthy = {
    'termux-telephony-deviceinfo': fixture('termux/deviceinfo.lte.synthetic.json'),
    'termux-telephony-cellinfo': '[]',
    dumpsys: ANDROID_12,
  }
  const message = { to: '+33612345678', text: '-n WAN down: 50 % \\c "$(reboot)"' }
  const send = async (answers: Answers, what = message, slot?: number): Promise<string | undefined> => {
    const { exec, asked } = phone({ ...healthy, ...answers })
    const config = slot === undefined ? {} : { slot }
    for (const modem of [
      termux.create(config, { exec, clock: fakeClock() }),
      android.create(config, { exec }),
    ])
      await modem.sendSms?.(what)
    return asked.at(-1)
  }
  const ok = { 'termux-sms-send': '' }
  t.equal(await send(ok), `termux-sms-send -n +33612345678 < ${message.text}`, 'the text is no argument')
  t.equal(await send(ok, message, 0), `termux-sms-send -n +33612345678 -s 0 < ${message.text}`)
  const secretive = { ...ok, dumpsys: 'Permission Denial: no\n', 'termux-telephony-deviceinfo': '{}' }
  t.match(await send(secretive), 'termux-sms-send', 'a phone that does not tell its state is tried')
  const failures: [string, Answers, { code: string; message: RegExp }][] = [
    ['without the program', {}, { code: 'modem-refused', message: /not installed/ }],
    [
      'without the permission',
      { 'termux-sms-send': fixture('termux/no-permission.synthetic.json') },
      { code: 'modem-refused', message: /grant the following permission/ },
    ],
    [
      'when it hangs',
      { 'termux-sms-send': new InfraError('exec-timeout', 'it hangs') },
      { code: 'modem-unreachable', message: /not known whether/ },
    ],
    [
      'on no network',
      {
        ...ok,
        'termux-telephony-deviceinfo': fixture('termux/deviceinfo.pin-required.synthetic.json'),
      },
      { code: 'modem-refused', message: /PIN/ },
    ],
  ]
  for (const [name, answers, error] of failures) await t.rejects(send(answers), error, name)
  for (const to of ['0612345678', '+336,+337', '+33612345678 -s 1', '+3361234$(id)'])
    await t.rejects(send(ok, { to, text: 'x' }), { code: 'modem-refused', message: /form/ }, to)
  await t.rejects(send(ok, { to: '+33612345678', text: ' ' }), { code: 'modem-refused', message: /no text/ })
})

t.test('programs on a phone', async (t) => {
  const own = { path: '/usr/bin:/bin', notifySocket: null, android: {}, runtimeFolder: null }
  const toCommand = commands({ inventory: [], renew: [], powerCycle: {}, tether: null }, own)
  t.match(toCommand('su-dumpsys', ['telephony.registry']), {
    file: 'su',
    args: ['-c', 'dumpsys telephony.registry'],
  })
  for (const word of ['; reboot', '$(id)', 'a b', ''])
    t.throws(
      () => toCommand('su-dumpsys', [word]),
      new InfraError('not-allowed', 'su is given plain words alone'),
      word,
    )
  await t.rejects(realExec(toCommand, { program: 'su-dumpsys', args: ['a;b'] }), { code: 'not-allowed' })
  t.same(androidEnvironment({ HOME: '/root', PREFIX: '/usr' }), {}, 'nothing on another machine')
  t.same(
    androidEnvironment({ HOME: '/h', ANDROID_ROOT: '/system', BOOTCLASSPATH: '/a.jar', LD_PRELOAD: 'x' }),
    { ANDROID_ROOT: '/system', BOOTCLASSPATH: '/a.jar' },
  )
  const cat = (input?: string): Promise<string> =>
    realExec(() => ({ file: 'cat', args: [], env: { PATH: own.path } }), {
      program: 'ip',
      args: [],
      input,
      timeout: milliseconds(5000),
    })
  t.equal(await cat('é\\n\0'), 'é\\n\0', 'what it reads comes as it is')
  t.equal(await cat(), '', 'and is at its end when there is nothing')
})
