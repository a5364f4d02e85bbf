import { execFile } from 'node:child_process'
import { type DurationMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Program } from './allow-list.ts'

const LIMIT = seconds(10)
const MOST_BYTES = 4 * 1024 * 1024

export type Command = {
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** The command of each program that an agent may run; nothing else can be run. */
export type ToCommand = (program: Program, args: readonly string[]) => Command

/** What we run of our own: each as arguments of Node.js. */
export type OwnScripts = {
  /** Looks up what the machine is made of. */
  readonly inventory: readonly string[]
  /** Has our certificate renewed. */
  readonly renew: readonly string[]
  /** By uplink: a program and its arguments, written down by the owner. */
  readonly powerCycle: Readonly<Record<string, readonly string[]>>
  /** What lends a phone's network and what puts it away, written down by the owner; null for none. */
  readonly tether: Readonly<Record<'on' | 'off', readonly string[]>> | null
}

export const commands = (scripts: OwnScripts, own: OwnEnvironment): ToCommand => {
  const env = environmentFor(own)
  return (program, args) => {
    switch (program) {
      case 'inventory':
      case 'renew':
        return { file: process.execPath, args: [...scripts[program], ...args], env }
      case 'power-cycle': {
        const [file = 'power-cycle', ...words] = scripts.powerCycle[args[0] ?? ''] ?? []
        return { file, args: words, env }
      }
      case 'tether': {
        const [file = 'tether', ...words] = scripts.tether?.[args[0] === 'on' ? 'on' : 'off'] ?? []
        return { file, args: words, env }
      }
      default:
        return { file: program, args, env }
    }
  }
}

/** Runs a program to its end. @throws InfraError exec-failed, exec-timeout */
export const realExec = (
  toCommand: ToCommand,
  {
    program,
    args,
    timeout = LIMIT,
  }: { program: Program; args: readonly string[]; timeout?: DurationMs | undefined },
): Promise<string> => {
  const { file, args: words, env } = toCommand(program, args)
  const options = {
    timeout,
    maxBuffer: MOST_BYTES,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
    env,
  } as const
  return new Promise((resolve, reject) => {
    execFile(file, [...words], options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      const context = { program, args: args.join(' '), code: String(error.code ?? error.signal ?? '') }
      if (error.killed)
        return reject(
          new InfraError('exec-timeout', `${program} did not end within ${timeout} ms`, { context }),
        )
      const said = stderr.trim().split('\n')[0] ?? ''
      const why =
        error.code === 'ENOENT' ? 'is not installed' : `failed (${context.code})${said ? `: ${said}` : ''}`
      reject(new InfraError('exec-failed', `${program} ${why}`, { context, cause: error }))
    })
  })
}

/** What the agent's own environment gives to its children. */
export type OwnEnvironment = {
  readonly path: string
  readonly notifySocket: string | null
  /** A folder that others read, too, and that is gone after a restart of the machine; null for none. */
  readonly runtimeFolder: string | null
}

/** Programs are looked for where administrators' ones lie too, and speak English. */
const environmentFor = ({
  path,
  notifySocket,
}: Omit<OwnEnvironment, 'runtimeFolder'>): Record<string, string> => ({
  PATH: `${path}:/usr/sbin:/sbin:/run/current-system/sw/bin`,
  LC_ALL: 'C',
  ...(notifySocket === null ? {} : { NOTIFY_SOCKET: notifySocket }),
})
