import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { realExec } from '@infra-home/agent/sys/real-exec.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import type { Test } from 'tap'
import { eventually } from './eventually.ts'
import { runProgram } from './real-server.ts'

/** A bus of our own, on which everything is allowed to everybody who reaches its socket in a folder of ours. */
const busConfig = (socket: string): string => `<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=${socket}</listen>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

const MM = 'org.freedesktop.ModemManager1'

export type RealModemManager = {
  readonly address: string
  /** An agent's way to run mmcli on this bus. */
  readonly exec: Sys['exec']
  /** Makes ModemManager take a port for a modem at device `/virtual/<name>`. */
  plug(name: string, port: string): Promise<void>
  /** Ends ModemManager, so that every modem is gone, and starts it again. */
  restart(): Promise<void>
}

/** A real ModemManager with a bus and a polkit of its own; all of them end with the test. */
export const startModemManager = async (t: Pick<Test, 'teardown'>): Promise<RealModemManager> => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-mm-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const socket = join(folder, 'bus')
  writeFileSync(join(folder, 'bus.conf'), busConfig(socket))
  const address = `unix:path=${socket}`
  const env = {
    PATH: `${process.env['PATH']}:/usr/sbin:/sbin`,
    LC_ALL: 'C',
    DBUS_SYSTEM_BUS_ADDRESS: address,
  }
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
  run('dbus-daemon', '--nofork', `--config-file=${join(folder, 'bus.conf')}`)
  await eventually('the bus', owned('org.freedesktop.DBus'))
  run('/usr/bin/python3', '-m', 'dbusmock', '--template', 'polkitd')
  await eventually('polkit', owned('org.freedesktop.PolicyKit1'))
  await call(
    'org.freedesktop.PolicyKit1',
    '/org/freedesktop/PolicyKit1/Authority',
    'org.freedesktop.DBus.Mock',
    'AllowUnknown',
    'b',
    'true',
  )
  const start = async (): Promise<ChildProcess> => {
    const child = run(
      'ModemManager',
      '--test-no-udev',
      '--test-enable',
      '--test-no-suspend-resume',
      '--test-no-qrtr',
      ...(process.env['MM_LOG'] ? ['--debug', `--log-file=${process.env['MM_LOG']}`] : []),
    )
    await eventually('ModemManager', owned(MM), 60)
    return child
  }
  let manager = await start()
  return {
    address,
    exec: (program, args, timeout) =>
      realExec((file, words) => ({ file, args: words, env }), { program, args, timeout }),
    async plug(name, port) {
      await call(
        MM,
        '/org/freedesktop/ModemManager1',
        `${MM}.Test`,
        'SetProfile',
        'ssas',
        name,
        'generic',
        '2',
        port,
        `${port}d`,
      )
    },
    async restart() {
      await ended(manager)
      manager = await start()
    },
  }
}

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const over = once(child, 'exit')
  child.kill('SIGKILL')
  await over
}
