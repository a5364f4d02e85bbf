import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from './eventually.ts'

const CGROUPS = '/sys/fs/cgroup/systemd'
const FIRST = join(import.meta.dirname, 'systemd-machine.sh')

/** Why systemd cannot run as the first process of a namespace here; null when it can. Tried up to the point at which it would start. */
export const noSystemd = (): string | null => {
  if (!existsSync('/lib/systemd/systemd'))
    return process.env['CI'] === 'true' ? null : 'systemd is not installed'
  const cgroup = freshCgroup()
  try {
    mkdirSync(cgroup)
    const trial = [...NAMESPACES, FIRST, cgroup, 'sh', '-c', `exit ${AS_FAR_AS_THIS}`]
    const { status, stderr } = spawnSync('unshare', trial, { encoding: 'utf8' })
    return status === AS_FAR_AS_THIS ? null : `no machine of its own for systemd here: ${stderr?.trim()}`
  } catch (error) {
    return `no cgroup of its own for systemd here: ${String(error)}`
  } finally {
    removeTree(cgroup)
  }
}

const AS_FAR_AS_THIS = 42
const freshCgroup = (): string => join(CGROUPS, `infra-home-${randomBytes(4).toString('hex')}`)

const NAMESPACES = '--kill-child --pid --fork --mount --uts --ipc --cgroup --net'.split(' ')

/** What tests run under, and children inherit, names files that are not there. */
const CLEAN = ['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']

export type SystemdMachine = {
  /** Runs a command on it as root. @returns standard output @throws what it said, when it fails */
  run(command: string, input?: string): string
  /** Ends everything that runs on it; what was written is gone. */
  end(): Promise<void>
}

/**
 * Boots systemd over a copy-on-write view of this machine's files, in namespaces of its own.
 * @param furnish a script for sh that puts things into its root, where it starts
 */
export const bootSystemd = async (furnish: string): Promise<SystemdMachine> => {
  const cgroup = freshCgroup()
  mkdirSync(cgroup)
  const child = spawn(
    'sh',
    [
      '-c',
      `echo 0 > ${cgroup}/cgroup.procs; exec unshare "$@"`,
      'sh',
      ...NAMESPACES,
      FIRST,
      cgroup,
      'sh',
      '-ec',
      furnish,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr.on('data', (part: Buffer) => (said += part.toString()))
  const run = (command: string, input = ''): string => {
    const target = [
      '--target',
      String(firstOf(child)),
      '--mount',
      '--uts',
      '--ipc',
      '--net',
      '--pid',
      '--root',
    ]
    const { status, stdout, stderr } = spawnSync(
      'nsenter',
      [...target, ...CLEAN, 'sh', '-c', `cd / && ${command}`],
      {
        input,
        encoding: 'utf8',
      },
    )
    if (status !== 0) throw new Error(`${command}: ${stdout + stderr}`)
    return stdout
  }
  const end = async (): Promise<void> => {
    const gone = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await gone
    await eventually('an empty cgroup', () => removeTree(cgroup))
  }
  try {
    await eventually('systemd', () => {
      if (child.exitCode !== null) throw new Error(`systemd did not start: ${said}`)
      return firstOf(child) !== null && isUp(run)
    })
  } catch (error) {
    await end()
    throw error
  }
  return { run, end }
}

const isUp = (run: SystemdMachine['run']): boolean => {
  try {
    return run('systemctl is-active basic.target').trim() === 'active'
  } catch {
    return false
  }
}

/** The process that is systemd, by the number that it has here: the only child of unshare. */
const firstOf = ({ pid }: ChildProcess): number | null => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return children === '' ? null : Number(children.split(' ')[0])
}

const removeTree = (folder: string): boolean => {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeTree(join(folder, entry.name))
    rmdirSync(folder)
    return true
  } catch {
    return false // who was killed is not gone yet
  }
}
