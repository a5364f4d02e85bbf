import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commands, realExec } from '@infra-home/agent/sys/real-exec.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import type { Test } from 'tap'
import { eventually } from './eventually.ts'
import { CannotBeHad, needPrograms, runProgram } from './real-server.ts'

export type RealModemManager = {
  /** An agent's way to run mmcli, on this bus. */
  readonly exec: Sys['exec']
  /** Makes ModemManager take sockets for the ports of a modem; it knows the device by `name`. */
  take(name: string, ports: readonly string[]): Promise<void>
  /** Ends it and starts it again: it knows no modem then, and numbers them from 0. */
  restart(): Promise<void>
  /** Whether polkit lets us do things. */
  allow(everything: boolean): Promise<void>
}

const MM = 'org.freedesktop.ModemManager1'
const POLKIT = 'org.freedesktop.PolicyKit1'
const PYTHON = '/usr/bin/python3'
const IN_TEST_MODE = ['--test-no-udev', '--test-enable', '--test-no-suspend-resume', '--test-no-qrtr']

/** @throws CannotBeHad which names the packages that are missing */
export const needModemManager = (): void => {
  needPrograms({
    ModemManager: 'modemmanager',
    mmcli: 'modemmanager',
    'dbus-daemon': 'dbus-daemon',
    busctl: 'systemd',
  })
  if (spawnSync(PYTHON, ['-c', 'import dbusmock']).status !== 0)
    throw new CannotBeHad('no dbusmock here: install python3-dbusmock')
}

/** A real ModemManager with a bus of its own and a mocked polkit; all of them end with the test. */
export const startModemManager = async (t: Pick<Test, 'teardown'>): Promise<RealModemManager> => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-mm-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const address = `unix:path=${join(folder, 'bus')}`
  const path = `${process.env['PATH']}:/usr/sbin:/sbin`
  const env = { PATH: path, LC_ALL: 'C.UTF-8', DBUS_SYSTEM_BUS_ADDRESS: address }
  const run = (program: string, ...args: readonly string[]): ChildProcess => {
    const child = spawn(program, args, { env, stdio: 'ignore' })
    t.teardown(() => ended(child))
    return child
  }
  const call = (...words: readonly string[]): Promise<string> =>
    runProgram('busctl', [`--address=${address}`, 'call', ...words])
  const owned = (name: string) => (): Promise<boolean> =>
    call('org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'NameHasOwner', 's', name).then(
      (said) => said.includes('true'),
      () => false,
    )
  const allow = async (everything: boolean): Promise<void> => {
    const authority = '/org/freedesktop/PolicyKit1/Authority'
    await call(POLKIT, authority, 'org.freedesktop.DBus.Mock', 'AllowUnknown', 'b', String(everything))
  }

  writeFileSync(join(folder, 'bus.conf'), busConfig(address))
  run('dbus-daemon', '--nofork', `--config-file=${join(folder, 'bus.conf')}`)
  await eventually('the bus', owned('org.freedesktop.DBus'))
  run(PYTHON, '-m', 'dbusmock', '--template', 'polkitd')
  await eventually('polkit', owned(POLKIT))
  await allow(true)
  const start = async (): Promise<ChildProcess> => {
    const child = run('ModemManager', ...IN_TEST_MODE)
    await eventually('ModemManager', owned(MM), 60)
    return child
  }
  let manager = await start()

  const asAgents = commands(
    { inventory: [], renew: [], powerCycle: {}, tether: null },
    { path, notifySocket: null, runtimeFolder: null, android: {} },
  )
  return {
    exec: (program, args, timeout) =>
      realExec(
        (file, words) => {
          const command = asAgents(file, words)
          return { ...command, env: { ...command.env, DBUS_SYSTEM_BUS_ADDRESS: address } }
        },
        { program, args, timeout },
      ),
    async take(name, ports) {
      const object = '/org/freedesktop/ModemManager1'
      await call(MM, object, `${MM}.Test`, 'SetProfile', 'ssas', name, 'generic', `${ports.length}`, ...ports)
    },
    async restart() {
      await ended(manager)
      await eventually('its end', async () => !(await owned(MM)()))
      manager = await start()
    },
    allow,
  }
}

/** Everything is allowed to everybody who reaches the socket, which is in a folder of ours. */
const busConfig = (address: string): string => `<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>${address}</listen>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const over = once(child, 'exit')
  child.kill('SIGKILL')
  await over
}
