// A real ModemManager over modems that are simulated at the end of an AT port: what it goes on showing when it is no longer so is not believed.
import { modemmanager } from '@infra-home/agent/modems/modemmanager.ts'
import type { Modem, ModemReading } from '@infra-home/agent/modems/modem.ts'
import { pollModem } from '@infra-home/agent/modems/poll.ts'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { milliseconds } from '@infra-home/shared/clock.ts'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.ts'
import { type ModemOnSocket, modemOnSocket } from '../helpers/modem-on-socket.ts'
import { modemPorts } from '../helpers/modem-ports.ts'
import { needModemManager, type RealModemManager, startModemManager } from '../helpers/modemmanager.ts'
import { orSkip } from '../helpers/real-server.ts'

const NAME = 'a real ModemManager, and modems of which it knows less than it shows'
const IMEI = { ours: '490154203237518', locked: '356938035643809', alone: '353918052345677' }
const POLL = milliseconds(1000)
/** A poll may have begun just before the change; on a busy machine one may miss what it asks for. */
const POLLS_TO_SEE = { asARule: 2, atMost: 4 }
const TEXT = 'Kein Netz – Keller "A" 📶'

const driverFor = (mm: RealModemManager, imei: string) =>
  modemmanager.create({ modem: imei }, modemPorts({ exec: mm.exec, clock: realClock() }))

/** Reads until it looks as wanted. */
const readUntil = async (modem: Modem, wanted: (reading: ModemReading) => boolean): Promise<ModemReading> =>
  eventually('the reading', async () => {
    const reading = await modem.read()
    return wanted(reading) ? reading : null
  })

const is = (state: string) => (reading: ModemReading) => reading.state.state === state

const tests = async (t: Test): Promise<void> => {
  const mm = await startModemManager(t)
  const other = await modemOnSocket(t, { imei: IMEI.alone })
  const device = await modemOnSocket(t, { imei: IMEI.ours, pin: '1234' })
  const modem = driverFor(mm, IMEI.ours)
  const mmcli = (...args: readonly string[]): Promise<string> => mm.exec('mmcli', args)
  const connect = async (): Promise<ModemReading> => {
    const { path } = await pathOf(IMEI.ours)
    await mmcli('-m', path, '--simple-connect=apn=internet')
    return readUntil(modem, (reading) => is('online')(reading) && reading.numbers.rsrpDbm !== null)
  }
  const pathOf = async (imei: string): Promise<{ path: string; shown: string }> => {
    const paths = (await mmcli('-L', '-J')).match(/\/org\/[\w/]+\/\d+/g) ?? []
    for (const path of paths) {
      const shown = await mmcli('-m', path, '-J')
      if (shown.includes(imei)) return { path, shown }
    }
    throw new Error(`no modem ${imei}`)
  }

  await t.test('a modem that is not there is unreachable, and says so', async (t) => {
    t.match(await modem.read(), { state: { state: 'unreachable', cause: /none of 0 modems/ } })
  })

  const alone = watchAlone(mm, other)
  alone.catch(() => {})
  await eventually('the other modem', async () => (await mmcli('-L', '-J')).includes('/Modem/0'))

  await t.test('a SIM gets its PIN; a wrong one costs a try, and the last ones are kept', async (t) => {
    await mm.take('ours', device.ports)
    t.match(await readUntil(modem, is('sim-locked')), {
      state: { sim: 'locked' },
      numbers: { rsrpDbm: null },
    })
    await modem.simUnlock('1234')
    await readUntil(modem, is('no-data'))

    const guarded = await modemOnSocket(t, { imei: IMEI.locked, pin: '1234' })
    await mm.take('locked', guarded.ports)
    const locked = driverFor(mm, IMEI.locked)
    await readUntil(locked, is('sim-locked'))
    await t.rejects(locked.simUnlock('0000'), {
      code: 'modem-refused',
      message: /3 tries before/,
      cause: undefined,
    })
    await t.rejects(locked.simUnlock('1234'), { code: 'modem-refused', message: /tries left: 2/ })
    const tried = guarded.heard().filter((command) => command.startsWith('AT+CPIN='))
    t.same(tried, ['AT+CPIN="0000"'], 'and the modem has not heard of the second')
  })

  await t.test('it is read when it is connected', async (t) => {
    t.match(await connect(), {
      state: {
        driver: 'modemmanager',
        rat: 'lte',
        plmn: '20801',
        registration: 'home',
        dataSession: 'connected',
        sim: 'ready',
        cellId: String(0x1122bb),
      },
      numbers: { rsrpDbm: -103, rsrqDb: -10, sinrDb: null },
    })
  })

  await t.test('a lost signal is reported by the next poll, and so is its return', async (t) => {
    let polls = 0
    let last: ModemReading['state'] | undefined
    let rsrpDbm: number | null | undefined
    const polled = pollModem(
      { id: 'lte', driver: 'modemmanager', address: '', modem },
      {
        clock: realClock(),
        pace: { calm: POLL, alarmed: POLL },
        isForData: () => true,
        onReading(reading) {
          polls++
          const [state] = reading.states
          if (state?.kind === 'modem') last = state.body
          rsrpDbm = reading.numbers['modem/lte']?.rsrpDbm
        },
      },
    )
    await polled.start()
    await eventually('it is online', () => last?.state === 'online')
    const took: number[] = []
    const seen = async (what: string, wanted: () => boolean): Promise<void> => {
      const begun = { polls, at: performance.now() }
      await eventually(what, wanted)
      t.comment(`${what} after ${Math.round(performance.now() - begun.at)} ms, polled every ${POLL} ms`)
      took.push(polls - begun.polls)
    }
    for (const rsrp of [50, 60, 70]) {
      device.setSignal(null)
      await seen('no signal', () => last?.state === 'searching' && rsrpDbm === null)
      t.match(
        (await pathOf(IMEI.ours)).shown,
        /"registration-state":"home".*"state":"connected"/s,
        'against its word',
      )
      device.setSignal({ rsrp, rsrq: 20 })
      await seen(`RSRP ${rsrp - 141} dBm`, () => last?.state === 'online' && rsrpDbm === rsrp - 141)
    }
    await polled.stop()
    const ordered = took.toSorted((a, b) => a - b)
    t.ok(Number(ordered[ordered.length >> 1]) <= POLLS_TO_SEE.asARule, `seen after ${took.join(', ')} polls`)
    t.ok(Number(ordered.at(-1)) <= POLLS_TO_SEE.atMost)
  })

  await t.test('a message goes out as it was written', async (t) => {
    await modem.sendSms({ to: '+33612345678', text: TEXT })
    const ucs2 = Buffer.from(TEXT, 'utf16le').swap16().toString('hex')
    t.ok(device.sent().at(-1)?.toLowerCase().endsWith(ucs2), 'in UCS-2')
    t.match(
      await mmcli('-m', (await pathOf(IMEI.ours)).path, '--messaging-list-sms', '-J'),
      /\[\]/,
      'none is kept',
    )
  })

  await t.test('a data session ends and begins anew', async (t) => {
    const dialled = (): number => device.heard().filter((command) => command.startsWith('ATD')).length
    const before = dialled()
    await modem.reconnect()
    t.equal(dialled(), before + 1)
    await readUntil(modem, is('online'))
  })

  await t.test('what this modem cannot do is refused with ModemManager’s reason', async (t) => {
    await t.rejects(modem.reboot(), { code: 'modem-refused', message: /not supported/ })
  })

  await t.test('without rights it believes what the quality vouches for', async (t) => {
    await mm.allow(false)
    t.match(await readUntil(modem, is('online')), { numbers: { rsrpDbm: -71 } })
    await t.rejects(modem.reconnect(), { code: 'modem-auth' })
    await mm.allow(true)
  })

  await t.test('a modem that falls silent behind ModemManager’s back is not online', async (t) => {
    await device.plug(false)
    t.match(await readUntil(modem, is('searching')), { numbers: { rsrpDbm: null } })
    t.match((await pathOf(IMEI.ours)).shown, /"state":"connected"/, 'against its word')
    t.comment(`ModemManager alone: ${await alone}`)
  })

  await t.test('a modem that went and came back is found under its new number', async (t) => {
    const before = (await pathOf(IMEI.ours)).path
    await mm.restart()
    t.match(await readUntil(modem, is('unreachable')), { numbers: { rsrpDbm: null } })
    await device.plug(true)
    await mm.take('ours', device.ports)
    await readUntil(modem, is('no-data'))
    t.match(await connect(), { numbers: { rsrpDbm: -71 } }, 'and its signal is polled again')
    t.not((await pathOf(IMEI.ours)).path, before)
  })
}

/** What ModemManager by itself shows of a lost signal, polling every 2 s, and after how long. */
const watchAlone = async (mm: RealModemManager, device: ModemOnSocket): Promise<string> => {
  const modem = driverFor(mm, IMEI.alone)
  await mm.take('alone', device.ports)
  await readUntil(modem, is('no-data'))
  const mmcli = (...args: readonly string[]): Promise<string> => mm.exec('mmcli', ['-m', '0', ...args])
  await mmcli('--enable')
  await mmcli('--signal-setup=2')
  const quality = (wanted: string) => async (): Promise<boolean> =>
    (await mmcli('-J')).includes(`"signal-quality":{"recent":"yes","value":"${wanted}"}`)
  await eventually('its quality', quality('54'))
  device.setSignal(null)
  const begun = performance.now()
  await eventually('no quality', quality('0'), 45)
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  const rsrp = /"lte":{[^}]*"rsrp":"([^"]*)"/.exec(await mmcli('--signal-get', '-J'))?.[1]
  return `quality 0 after ${seconds} s, RSRP then still ${rsrp}`
}

const prepared = await orSkip(t, NAME, () => {
  needModemManager()
  return true
})
if (prepared) t.test(NAME, tests)
