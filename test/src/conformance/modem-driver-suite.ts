import type { ModemDriver, ModemPorts, ModemReading } from '@infra-home/agent/modems/modem.ts'
import {
  type Clock,
  days,
  type DurationMs,
  hours,
  milliseconds,
  seconds,
  sleep,
} from '@infra-home/shared/clock.ts'
import { type ModemCondition, ModemState } from '@infra-home/shared/messages/modem.ts'
import { givingPin } from '@infra-home/agent/modems/orders/giving-pin.ts'
import { shownPasswords } from '@infra-home/agent/modems/web/shown-passwords.ts'
import type { HttpAnswer, HttpClient } from '@infra-home/agent/sys/sys.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { signalQuality } from '@infra-home/shared/signal-quality.ts'
import { inRange, isMetric, type Metric } from '@infra-home/shared/units.ts'
import type { Test } from 'tap'
import { Compile } from 'typebox/compile'
import { type FakeClock, fakeClock, settle } from '../helpers/fake-clock.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { modemPorts } from '../helpers/modem-ports.ts'
import { mangle, randomFrom } from './mangle.ts'

type Radio = {
  rsrpDbm?: number | null
  rsrqDb?: number | null
  sinrDb?: number | null
  rssiDbm?: number | null
}

/** What the suite turns on a simulated modem; it starts healthy and online on LTE. */
type ModemUnderTest = {
  /** By what the driver reaches it. */
  readonly ports: Partial<Omit<ModemPorts, 'clock'>>
  /** null: no signal; a part: the rest as it was, or healthy after null. */
  setRadio(radio: Radio | null): void
  setSim(sim: 'ready' | 'absent' | 'locked'): void
  setConnection(connection: 'connected' | 'disconnected' | 'denied'): void
  /** Where the device can be busy. */
  setBusy?(busy: boolean): void
  /** How often it was shown a password; for what has one. */
  tries?(): number
  /** Forgets who is logged in; for what has a password. */
  expireSessions?(): void
  hang(on: boolean): void
  power(on: boolean): void
  setAnswers(distortion: 'whole' | 'half' | 'html' | ((body: string, path: string) => string)): void
}

export type ModemDriverSuite<Config> = {
  readonly driver: ModemDriver<Config>
  readonly config: Config
  readonly device: (clock: Clock) => ModemUnderTest
  /** The radio values that such a device reports; all of them unless told. */
  readonly radio?: readonly (typeof RADIO)[number][]
  /** What such a device cannot tell of: a SIM that is locked, a network that refuses. */
  readonly cannotTell?: readonly ModemCondition[]
  /** The way to a device that refuses the first two orders to begin a data session; for what can reconnect. */
  readonly refusingToBegin?: (ports: ModemUnderTest['ports']) => ModemUnderTest['ports']
  /** The way to a device that obeys the first order to end a data session, but whose answer is lost; for what can reconnect. */
  readonly losingTheEnd?: (ports: ModemUnderTest['ports']) => ModemUnderTest['ports']
  /** For what has a password: by what its login is known, and a refusal of it that says nothing of the password. */
  readonly login?: { readonly is: RegExp; readonly refusal: Partial<HttpAnswer> }
  /** With what the device takes orders, where that is more than for reading. */
  readonly forOrders?: Partial<Config>
  /** What in its answers says whether a network serves it; for what has words of its own for that, beside those for the connection. */
  readonly service?: RegExp
  /** By what words such a device may have said a radio value; the value itself unless told. */
  readonly wordsFor?: (metric: (typeof RADIO)[number], value: number) => readonly string[]
}

const LONGEST_READ = seconds(4)
const RADIO = ['rsrpDbm', 'rsrqDb', 'sinrDb', 'rssiDbm'] as const satisfies readonly Metric[]
const stateSchema = Compile(ModemState)

/** Everything that every modem driver must do. */
export const modemDriverSuite = <Config>(t: Test, suite: ModemDriverSuite<Config>): void => {
  readsTheTruth(t, suite)
  survivesTheDevice(t, suite)
  survivesRubbish(t, suite)
  begins(t, suite)
  beginsAfterSilence(t, suite)
  triesOnce(t, suite)
  losesNoRightPassword(t, suite)
  givesPin(t, suite)
}

const plugIn = <Config>({ driver, config, device }: ModemDriverSuite<Config>) => {
  const clock = fakeClock()
  const modem = device(clock)
  const made = driver.create(config, modemPorts({ ...modem.ports, clock }))
  return { device: modem, modem: made, clock }
}

const readsTheTruth = <Config>(t: Test, suite: ModemDriverSuite<Config>): void => {
  t.test('reads a healthy modem', async (t) => {
    const { modem } = plugIn(suite)
    const reading = await modem.read()
    checkShape(t, reading, suite.driver.name)
    t.match(reading.state, {
      state: 'online',
      dataSession: 'connected',
      sim: 'ready',
      registration: 'home',
      rat: 'lte',
    })
    for (const metric of suite.radio ?? RADIO) t.type(reading.numbers[metric], 'number', metric)
    t.same((await modem.read()).numbers, reading.numbers, 'and says the same when nothing changed')
  })

  t.test('reads twice at once', async (t) => {
    const { modem } = plugIn(suite)
    const [a, b] = await Promise.all([modem.read(), modem.read()])
    t.same(a, b)
    t.equal(a.state.state, 'online')
  })

  for (const metric of suite.radio ?? RADIO)
    t.test(`reads an unreported ${metric} as null and keeps the others`, async (t) => {
      const { device, modem } = plugIn(suite)
      const { numbers } = await modem.read()
      device.setRadio({ [metric]: null })
      t.same((await modem.read()).numbers, { ...numbers, [metric]: null })
    })

  t.test('reads values that 3GPP does not allow as null', async (t) => {
    const { device, modem } = plugIn(suite)
    for (const wrong of [
      { rsrpDbm: -200, rsrqDb: -60, sinrDb: -99, rssiDbm: -200 },
      { rsrpDbm: 0, rsrqDb: 30, sinrDb: 99, rssiDbm: -999 },
    ]) {
      device.setRadio(wrong)
      const reading = await modem.read()
      for (const value of radioOf(reading)) t.ok(value === null || value === undefined)
      // Words in steps cannot say most of these.
      if (!suite.wordsFor) t.ok((reading.numbers.strayValues ?? 0) > 0, 'and counts them')
    }
    device.setRadio(null)
    device.setRadio({})
    t.notOk('strayValues' in (await modem.read()).numbers, 'a count of none is left out')
  })

  const changes: [
    string,
    (device: ModemUnderTest) => void,
    ModemCondition,
    (device: ModemUnderTest) => void,
  ][] = [
    ['the signal', (d) => d.setRadio(null), 'searching', (d) => d.setRadio({})],
    ['the SIM', (d) => d.setSim('absent'), 'no-sim', (d) => d.setSim('ready')],
    ['the unlocked SIM', (d) => d.setSim('locked'), 'sim-locked', (d) => d.setSim('ready')],
    [
      'the data session',
      (d) => d.setConnection('disconnected'),
      'no-data',
      (d) => d.setConnection('connected'),
    ],
    ['the network’s leave', (d) => d.setConnection('denied'), 'denied', (d) => d.setConnection('connected')],
  ]
  for (const [what, lose, state, regain] of changes.filter(([, , told]) => !suite.cannotTell?.includes(told)))
    t.test(`says ${state} at the next read when it loses ${what}, and online when it is back`, async (t) => {
      const { device, modem, clock } = plugIn(suite)
      const before = await modem.read()
      lose(device)
      const lost = await within(clock, modem.read())
      if (!lost) throw new Error('the read took too long')
      checkShape(t, lost, suite.driver.name)
      t.equal(lost.state.state, state)
      t.ok(lost.state.cause)
      if (what === 'the signal')
        for (const value of radioOf(lost)) t.ok(value === null || value === undefined)
      regain(device)
      t.same(await modem.read(), before)
    })
}

const survivesTheDevice = <Config>(t: Test, suite: ModemDriverSuite<Config>): void => {
  const failures: [string, (device: ModemUnderTest, on: boolean) => void, ModemCondition[]][] = [
    ['refuses connections', (d, on) => d.power(!on), ['unreachable']],
    ['hangs', (d, on) => d.hang(on), ['unreachable']],
    ['is busy', (d, on) => d.setBusy?.(on), ['busy']],
    ['sends half its answers', (d, on) => d.setAnswers(on ? 'half' : 'whole'), ['unknown', 'unreachable']],
    ['answers with a web page', (d, on) => d.setAnswers(on ? 'html' : 'whole'), ['unknown', 'unreachable']],
    ['answers with nothing', (d, on) => d.setAnswers(on ? () => '' : 'whole'), ['unknown', 'unreachable']],
  ]
  for (const [what, fail, states] of failures.filter(
    ([, , told]) => !told.some((state) => suite.cannotTell?.includes(state)),
  ))
    for (const from of ['the start', 'a healthy reading on'])
      t.test(
        `says so within ${LONGEST_READ} ms when the modem ${what} from ${from}, and recovers`,
        async (t) => {
          const { device, modem, clock } = plugIn(suite)
          if (from !== 'the start') t.equal((await modem.read()).state.state, 'online')
          fail(device, true)
          const reading = await within(clock, modem.read())
          if (!reading) throw new Error('the read took too long')
          checkShape(t, reading, suite.driver.name)
          t.ok(states.includes(reading.state.state), reading.state.state)
          t.ok(reading.state.cause)
          for (const [metric, value] of Object.entries(reading.numbers)) t.equal(value, null, metric)
          fail(device, false)
          t.equal((await modem.read()).state.state, 'online')
        },
      )
}

/** How the device is while its answers are cut and mangled, and whether a reading calls it fine that is not. */
const PLIGHTS: readonly [
  what: string,
  bring: (device: ModemUnderTest) => void,
  isCalledFine: (reading: ModemReading) => boolean,
][] = [
  ['is well', () => {}, () => false],
  [
    'has no signal',
    (device) => device.setRadio(null),
    ({ state, numbers }) => state.state === 'online' || isGood(numbers),
  ],
  ['has no SIM', (device) => device.setSim('absent'), ({ state }) => state.state === 'online'],
]

const isGood = (numbers: ModemReading['numbers']): boolean =>
  ['good', 'excellent'].includes(signalQuality(numbers) ?? '')

const survivesRubbish = <Config>(t: Test, suite: ModemDriverSuite<Config>): void => {
  for (const plight of PLIGHTS) survivesRubbishWhile(t, suite, plight)
  const { service } = suite
  if (service)
    t.test('is not online that claims a connection, and tells neither service nor signal', async (t) => {
      const { device, modem } = plugIn(suite)
      device.setRadio({ rsrpDbm: null, rsrqDb: null, sinrDb: null, rssiDbm: null })
      device.setAnswers((body) => body.replace(service, ''))
      const { state } = await modem.read()
      t.match(state, { state: 'unknown', dataSession: 'connected', registration: 'unknown', cause: /serves/ })
      device.setRadio({ rsrpDbm: -86 })
      const heard = await modem.read()
      t.equal(heard.state.state, typeof heard.numbers.rsrpDbm === 'number' ? 'online' : 'unknown')
    })
}

const survivesRubbishWhile = <Config>(
  t: Test,
  suite: ModemDriverSuite<Config>,
  [what, bring, isCalledFine]: (typeof PLIGHTS)[number],
): void => {
  const isIll = what !== 'is well'
  const wordsFor = suite.wordsFor ?? ((_: Metric, value: number) => [String(value)])
  const step = isIll ? 7 : 1
  const where = isIll ? 'every seventh byte' : 'any byte'
  t.test(`never takes a number from an answer that was cut at ${where}, when it ${what}`, async (t) => {
    const first = Math.floor(Math.random() * step)
    t.comment(`from byte ${first}`)
    const { device, modem, clock } = plugIn(suite)
    await modem.read()
    bring(device)
    const lengths = new Map<string, number>()
    device.setAnswers((body, path) => {
      lengths.set(path, body.length)
      return body
    })
    const whole = await within(clock, modem.read())
    if (!whole) throw new Error('the read took too long')
    const { numbers } = whole
    const wrong: string[] = []
    let cuts = 0
    for (const [path, length] of lengths)
      for (let at = first; at < length; at += step) {
        device.setAnswers((body, asked) => (asked === path ? body.slice(0, at) : body))
        const reading = await within(clock, modem.read())
        if (!reading || !isSubset(reading.numbers, numbers) || isCalledFine(reading))
          wrong.push(`${path} cut at ${at}: ${reading?.state.state}`)
        cuts++
      }
    t.ok(cuts > 0, `${cuts} cuts`)
    t.same(wrong, [])
  })

  t.test(
    `never throws and never invents a radio value when fields turn to rubbish and it ${what}`,
    async (t) => {
      const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
      t.comment(`SEED=${seed}`)
      const random = randomFrom(seed)
      const { device, modem, clock } = plugIn(suite)
      await modem.read()
      bring(device)
      for (let round = 0; round < (isIll ? 100 : 400); round++) {
        const sent: string[] = []
        device.setAnswers((body) => {
          const text = mangle(body, random, isIll)
          sent.push(text)
          return text
        })
        const reading = await within(clock, modem.read())
        if (!reading || !stateSchema.Check(reading.state)) throw new Error(`round ${round} of SEED=${seed}`)
        if (isCalledFine(reading)) {
          throw new Error(`it is called fine: round ${round} of SEED=${seed}: ${sent.join(' ')}`)
        }
        for (const metric of RADIO) {
          const value = reading.numbers[metric]
          if (typeof value !== 'number') continue
          const words = wordsFor(metric, value)
          if (!words.some((word) => sent.some((text) => text.includes(word))))
            throw new Error(`${metric} ${value} was never sent: round ${round} of SEED=${seed}`)
        }
      }
      device.setAnswers('whole')
      device.setRadio({})
      device.setSim('ready')
      await clock.advance(hours(2))
      const { state } = await modem.read()
      t.ok(
        state.state === 'online' || state.state === 'auth-failed',
        'recovers, or trusts its password no more',
      )
    },
  )
}

const begins = <Config>(t: Test, suite: ModemDriverSuite<Config>): void =>
  void t.test('a reconnect does not leave it without data because "on" is refused at first', async (t) => {
    const { refusingToBegin = (ports) => ports } = suite
    const clock = fakeClock()
    const device = suite.device(clock)
    const modem = suite.driver.create(
      { ...suite.config, ...suite.forOrders },
      modemPorts({ ...refusingToBegin(device.ports), clock }),
    )
    if (!modem.reconnect) return t.comment('it cannot reconnect')
    t.ok(suite.refusingToBegin, 'its device can be made to refuse')
    t.equal((await modem.read()).state.state, 'online')
    let isOver = false
    const done = modem.reconnect().finally(() => void (isOver = true))
    for (let second = 0; second < 30 && !isOver; second++) await clock.advance(seconds(1))
    t.ok(isOver, 'it is over in half a minute')
    await done
    await clock.advance(seconds(5))
    t.equal((await modem.read()).state.state, 'online')
  })

const beginsAfterSilence = <Config>(t: Test, suite: ModemDriverSuite<Config>): void =>
  void t.test('a reconnect does not leave it without data when the end’s answer is lost', async (t) => {
    const { losingTheEnd = (ports) => ports } = suite
    const clock = fakeClock()
    const device = suite.device(clock)
    const modem = suite.driver.create(
      { ...suite.config, ...suite.forOrders },
      modemPorts({ ...losingTheEnd(device.ports), clock }),
    )
    if (!modem.reconnect) return t.comment('it cannot reconnect')
    t.ok(suite.losingTheEnd, 'its device can lose an answer')
    t.equal((await modem.read()).state.state, 'online')
    const outcome: { error?: unknown } = {}
    const done = modem.reconnect().catch((error: unknown) => void (outcome.error = error))
    await settle()
    await clock.advance(seconds(60))
    await done
    t.match(outcome.error, { code: 'modem-unreachable' }, 'the first failure is told')
    t.equal((await modem.read()).state.state, 'online')
  })

/** Starts of one agent: with the same device and disk, each with a driver of its own. */
const starts = <Config>(suite: ModemDriverSuite<Config>) => {
  const clock = fakeClock()
  const device = suite.device(clock)
  const disk = fakeDisk()
  const start = (password: string, way = (http: HttpClient): HttpClient => http) => {
    const { http, ...ports } = device.ports
    if (!http) throw new Error('a device with a password speaks HTTP')
    const shown = shownPasswords({ disk: disk.mount(), boot: 'this-boot' })
    return suite.driver.create(
      { ...suite.config, ...suite.forOrders, password },
      modemPorts({ ...ports, http: way(http), clock, shown }),
    )
  }
  return { clock, device, disk, start }
}

const triesOnce = <Config>(t: Test, suite: ModemDriverSuite<Config>): void => {
  if (!suite.login) return
  const { is } = suite.login
  t.test('shows a refused password once, however often the agent starts', async (t) => {
    const { device, disk, start } = starts(suite)
    for (let run = 0; run < 4; run++) {
      const modem = start('wrong')
      await modem.read()
      await t.rejects(async () => modem.reboot?.(), { code: 'modem-auth', message: /not tried again/ })
    }
    t.equal(device.tries?.(), 1)
    for (const [name, bytes] of disk.files) t.notMatch(Buffer.from(bytes).toString(), /wrong\b/, name)
    disk.failReads(true)
    await t.rejects(async () => start('right').reboot?.(), { code: 'modem-auth', message: /not known/ })
    disk.failReads(false)
    disk.fail(true)
    await t.rejects(async () => start('right').reboot?.(), { code: 'modem-auth', message: /cannot be noted/ })
    disk.fail(false)
    t.equal(device.tries?.(), 1, 'nothing is risked while what is shown cannot be read or noted')
    await start('right').reboot?.()
    t.equal(device.tries?.(), 2, 'another password may be tried')
  })

  const losses: [string, (clock: Clock) => Promise<HttpAnswer>][] = [
    ['is lost', async () => Promise.reject(new InfraError('http-timeout', 'no answer'))],
    ['is half', async () => ({ status: 200, headers: {}, body: '{' })],
    ['had not come when the agent was killed', async () => new Promise<HttpAnswer>(() => {})],
  ]
  for (const [what, loss] of losses)
    t.test(`shows a wrong password whose answer ${what} once, however often the agent starts`, async (t) => {
      const { clock, device, start } = starts(suite)
      const losing =
        (http: HttpClient): HttpClient =>
        async (request) => {
          const answer = await http(request)
          return is.test(`${request.url} ${request.body ?? ''}`) ? loss(clock) : answer
        }
      for (let run = 0; run < 4; run++) {
        const modem = start('wrong', losing)
        await within(clock, modem.read())
        void modem.reboot?.().catch(() => {})
        await settle()
        await clock.advance(seconds(20))
      }
      t.equal(device.tries?.(), 1)
      await clock.advance(days(1))
      await t.rejects(async () => start('wrong').reboot?.(), {
        code: 'modem-auth',
        message: /not tried again/,
      })
      t.equal(device.tries?.(), 2, 'but after a day')
    })
}

const losesNoRightPassword = <Config>(t: Test, suite: ModemDriverSuite<Config>): void => {
  if (!suite.login) return
  const { is, refusal } = suite.login
  const isLogin = ({ url, body = '' }: { readonly url: string; readonly body?: string }): boolean =>
    is.test(`${url} ${body}`)

  t.test('tries a right password that was never sent at the next poll', async (t) => {
    const { device, start } = starts(suite)
    let isAway = true
    const modem = start('right', (http) => async (request) => {
      if (isAway && isLogin(request))
        throw new InfraError('http-failed', 'connect ECONNREFUSED', { context: { unsent: true } })
      return http(request)
    })
    if (device.tries?.() !== 0) throw new Error('it counts what it is shown')
    await t.rejects(async () => modem.reboot?.(), { code: 'modem-unreachable' })
    t.equal(device.tries(), 0)
    isAway = false
    await modem.reboot?.()
    t.equal(device.tries(), 1)
  })

  for (const pace of [400, 900, 1400])
    t.test(`gets in though each answer takes ${pace} ms`, async (t) => {
      const { clock, device, start } = starts(suite)
      const modem = start('right', (http) => delaying(http, clock, milliseconds(pace)))
      let told = ''
      for (let poll = 0; poll < 8 && told !== 'online'; poll++) {
        const reading = await within(clock, modem.read())
        if (!reading) throw new Error('the read took too long')
        t.not(reading.state.state, 'auth-failed')
        told = reading.state.state
        await clock.advance(seconds(3))
      }
      t.equal(told, 'online')
      let isDone = false
      for (let order = 0; order < 8 && !isDone; order++) {
        const over = modem.reboot?.().then(
          () => void (isDone = true),
          (error: unknown) => t.match(error, { code: 'modem-unreachable' }),
        )
        await settle()
        await clock.advance(seconds(20))
        await over
      }
      t.ok(isDone, 'and is obeyed')
      t.equal(device.tries?.(), 1)
    })

  t.test('an unknown refusal does not bar a password that was right before', async (t) => {
    const { clock, device, start } = starts(suite)
    await start('right').reboot?.()
    for (let run = 0; run < 2; run++) {
      device.expireSessions?.()
      await clock.advance(hours(1))
      let refuses = true
      const modem = start('right', (http) => async (request) => {
        if (refuses && isLogin(request)) return { status: 200, headers: {}, body: '', ...refusal }
        return http(request)
      })
      await t.rejects(async () => modem.reboot?.(), { code: 'modem-auth' })
      device.expireSessions?.()
      refuses = false
      await t.rejects(async () => modem.reboot?.(), { code: 'modem-auth' }, 'not at once')
      await clock.advance(hours(1))
      await modem.reboot?.()
    }
  })
}

/** The way to a device whose answers take their time; it has heard what it answers too late. */
const delaying =
  (http: HttpClient, clock: Clock, by: DurationMs): HttpClient =>
  async (request) => {
    const answer = await http(request)
    await sleep(clock, milliseconds(Math.min(by, request.timeout)))
    if (by > request.timeout) throw new InfraError('http-timeout', `no answer within ${request.timeout} ms`)
    return answer
  }

const givesPin = <Config>(t: Test, suite: ModemDriverSuite<Config>): void => {
  const start = (pin: string) => {
    const clock = fakeClock()
    const device = suite.device(clock)
    const { ports, count } = counting(device.ports, pin)
    const config = { ...suite.config, ...suite.forOrders }
    const modem = givingPin(suite.driver.create(config, modemPorts({ ...ports, clock })), pin)
    const read = async () => {
      const reading = await modem.read()
      for (let turn = 0; turn < 10; turn++) await settle()
      return reading
    }
    return { device, read, count, canUnlock: modem.simUnlock !== undefined }
  }
  if (suite.cannotTell?.includes('sim-locked')) return

  t.test('has its SIM unlocked by the PIN of the configuration, each time it is locked', async (t) => {
    const { device, read, canUnlock } = start('1234')
    for (let round = 0; round < 2; round++) {
      t.equal((await read()).state.state, 'online')
      device.setSim('locked')
      t.match((await read()).state, {
        state: 'sim-locked',
        cause: canUnlock ? /PIN is being given/ : /cannot give a PIN/,
      })
      if (!canUnlock) device.setSim('ready')
    }
    t.equal((await read()).state.state, 'online')
  })

  t.test('gives a wrong PIN once, and says why no more', async (t) => {
    const { device, read, count, canUnlock } = start('9876')
    device.setSim('locked')
    await read()
    for (let round = 0; round < 3; round++) {
      const { state } = await read()
      t.equal(state.state, 'sim-locked')
      t.notMatch(state.cause, /being given|9876/)
    }
    device.setSim('ready')
    await read()
    device.setSim('locked')
    t.equal((await read()).state.state, 'sim-locked')
    t.equal(count(), canUnlock ? 1 : 0)
  })
}

/** Counts how often a word goes out to the device. */
const counting = ({ http, exec, serial }: ModemUnderTest['ports'], word: string) => {
  let times = 0
  const see = (text: string): void => void (times += text.includes(word) ? 1 : 0)
  const ports: ModemUnderTest['ports'] = {
    ...(http && {
      http: async (request) => {
        see(request.body ?? '')
        return http(request)
      },
    }),
    ...(exec && {
      exec: async (program, args, ...more) => {
        see(args.join(' '))
        return exec(program, args, ...more)
      },
    }),
    ...(serial && {
      serial: (device) => {
        const line = serial(device)
        return {
          ...line,
          ask: async (command, ...more) => {
            see(command)
            return line.ask(command, ...more)
          },
        }
      },
    }),
  }
  return { ports, count: () => times }
}

/** Turns the clock as far as a read may take; null when it was not over by then. */
const within = async <T>(clock: FakeClock, promise: Promise<T>): Promise<T | null> => {
  const outcome: { value?: T } = {}
  const done = (async () => {
    outcome.value = await promise
  })()
  for (let turn = 0; turn < 20; turn++) {
    if ('value' in outcome) break
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  if (!('value' in outcome)) await clock.advance(LONGEST_READ)
  if ('value' in outcome) await done
  return outcome.value ?? null
}

const radioOf = (reading: ModemReading): (number | null | undefined)[] =>
  RADIO.map((metric) => reading.numbers[metric])

const isSubset = (numbers: ModemReading['numbers'], of: ModemReading['numbers']): boolean =>
  Object.entries(numbers).every(
    ([metric, value]) => metric === 'strayValues' || value === null || of[metric as Metric] === value,
  )

const checkShape = (t: Test, { state, numbers }: ModemReading, driver: string): void => {
  t.ok(stateSchema.Check(state), 'the state fits its schema')
  t.equal(state.driver, driver)
  for (const [metric, value] of Object.entries(numbers))
    if (!isMetric(metric) || value === undefined || inRange(metric, value) !== value)
      t.fail(`${metric} is ${String(value)}`)
}
