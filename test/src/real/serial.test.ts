// A simulated modem at a real terminal of this machine: what the kernel, Node and the agent make of a serial line between them.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { at, type AtConfig } from '@infra-home/agent/modems/at.ts'
import { realClock } from '@infra-home/agent/sys/real-clock.ts'
import { realSerial } from '@infra-home/agent/sys/real-serial.ts'
import { simulatedAt, type SimulatedAtOptions } from '@infra-home/agent/sys/simulated/at-device.ts'
import { milliseconds, seconds } from '@infra-home/shared/clock.ts'
import t, { type Test } from 'tap'
import { fakeClock } from '../helpers/fake-clock.ts'
import { openPty } from '../helpers/pty.ts'
import { orSkip } from '../helpers/real-server.ts'

const CHATTER = ['+CEREG: 1,"E02E","2A3E124",7', '^RSSI: 31', 'RING']
const HEALTHY = {
  state: { state: 'online', rat: 'lte', operator: 'Orange', plmn: '26003', cellId: '44294436' },
  numbers: { rsrpDbm: -86, rsrqDb: -14, rssiDbm: -61 },
}

/** A modem at a terminal that keeps its name when it is plugged in anew. */
const plugIn = async (t: Test, options: Partial<SimulatedAtOptions>, config: Partial<AtConfig> = {}) => {
  const device = simulatedAt({ clock: fakeClock(), ...options })
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-serial-'))
  const address = join(folder, 'modem')
  let delay = 0
  let unplugAt: RegExp | null = null
  const plug = async () => {
    const pty = await openPty((characters) => {
      if (unplugAt?.test(characters)) return void pty.hangUp()
      const answer = device.talker.hear(characters)
      setTimeout(() => pty.say(answer), delay).unref()
    })
    rmSync(address, { force: true })
    symlinkSync(pty.path, address)
    return pty
  }
  const line = { pty: await plug() }
  const modem = at.create({ address, timeoutMs: 2000, ...config }, { serial: realSerial, clock: realClock() })
  t.teardown(async () => {
    await modem.close()
    await line.pty.hangUp()
    rmSync(folder, { recursive: true })
  })
  return {
    device,
    modem,
    address,
    hangUp: () => line.pty.hangUp(),
    unplugAt: (command: RegExp | null) => (unplugAt = command),
    replug: async () => void (line.pty = await plug()),
    /** From now on an answer takes so long, milliseconds. */
    setDelay: (ms: number) => void (delay = ms),
  }
}

const serialTest = (name: string, test: (t: Test, plug: typeof plugIn) => Promise<void>): void =>
  void t.test(name, async (t) => {
    if (await orSkip(t, name, () => openPty(() => {}).then((pty) => pty.hangUp().then(() => true))))
      await test(t, plugIn)
  })

for (const [name, options] of [
  ['that echoes', {}],
  ['that does not', { echo: false }],
  ['that speaks up in between', { unsolicited: CHATTER }],
] as const)
  serialTest(`a modem ${name} is read over a real line, by two at once`, async (t, plug) => {
    const { modem, device } = await plug(t, options)
    const started = performance.now()
    const both = await Promise.all([modem.read(), modem.read()])
    t.comment(`two readings in ${Math.round(performance.now() - started)} ms`)
    for (const reading of both) t.match(reading, HEALTHY)
    device.setRadio(null)
    t.match(await modem.read(), { state: { state: 'searching' }, numbers: { rsrpDbm: null } })
    device.setRadio({})
    t.match(await modem.read(), HEALTHY)
  })

serialTest('what comes too late is not taken for an answer', async (t, plug) => {
  const { modem, setDelay } = await plug(t, {})
  t.match(await modem.read(), HEALTHY)
  setDelay(2030)
  t.match(await modem.read(), {
    state: { state: 'unreachable', cause: /2000 ms/ },
    numbers: { rsrpDbm: null },
  })
  setDelay(15)
  t.match(await modem.read(), HEALTHY)
})

serialTest('a slow modem is read, though not told all its habits', async (t, plug) => {
  const { modem, setDelay } = await plug(t, {})
  setDelay(120)
  t.match(await modem.read(), HEALTHY)
})

serialTest('a question ends when its line is closed', async (t, plug) => {
  const { address, setDelay } = await plug(t, {})
  setDelay(5000)
  const line = realSerial(address)
  const asked = t.rejects(
    line.ask('AT', seconds(5), () => true),
    { code: 'serial-failed', message: /closed/ },
  )
  setTimeout(() => line.close(), 150)
  await asked
})

serialTest('a line that hangs up is told, and found again', async (t, plug) => {
  const { modem, hangUp, unplugAt, replug } = await plug(t, {})
  t.match(await modem.read(), HEALTHY)
  await hangUp()
  t.match(await modem.read(), { state: { state: 'unreachable' }, numbers: { rsrpDbm: null } }, 'between')
  await replug()
  t.match(await modem.read(), HEALTHY)
  unplugAt(/CESQ/)
  t.match(await modem.read(), { state: { state: 'unreachable' }, numbers: { rsrpDbm: null } }, 'in the midst')
  unplugAt(null)
  await replug()
  t.match(await modem.read(), HEALTHY)
  unplugAt(/CFUN/)
  await modem.reboot()
  t.match(await modem.read(), { state: { state: 'unreachable' } }, 'rebooting')
})

serialTest('a long message goes out over a real line', async (t, plug) => {
  const { modem, device } = await plug(t, { unsolicited: CHATTER })
  const text = 'The 4G line is down since 03:12 — '.repeat(6)
  await modem.sendSms({ to: '+33612345678', text })
  t.same(device.sent(), [{ to: '+33612345678', text, parts: 4 }])
  t.match(await modem.read(), HEALTHY)
})

serialTest('what is no terminal is not opened', async (t) => {
  for (const device of ['/dev/null', '/dev/no-such-device', import.meta.filename]) {
    const line = realSerial(device)
    await t.rejects(
      line.ask('AT', milliseconds(200), () => true),
      { code: 'serial-failed' },
      device,
    )
    await t.rejects(
      line.ask('AT', seconds(1), () => true),
      { code: 'serial-failed' },
      `${device} again`,
    )
  }
})
