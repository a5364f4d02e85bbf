import { type ChildProcess, spawn } from 'node:child_process'
import { type DurationMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Program } from './allow-list.ts'
import { endGroup, gather } from './child-process.ts'

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
      case 'su-dumpsys':
        return { file: 'su', args: ['-c', ['dumpsys', ...args.map(shellWord)].join(' ')], env }
      case 'tether': {
        const [file = 'tether', ...words] = scripts.tether?.[args[0] === 'on' ? 'on' : 'off'] ?? []
        return { file, args: words, env }
      }
      default:
        return { file: program, args, env }
    }
  }
}

/** su hands its command to a shell: only what no shell reads anything into may stand there. @throws InfraError not-allowed */
const shellWord = (word: string): string => {
  if (/^[\w.-]+$/.test(word)) return word
  throw new InfraError('not-allowed', 'su is given plain words alone')
}

type Run = {
  readonly program: Program
  readonly args: readonly string[]
  readonly timeout?: DurationMs | undefined
  /** What it reads; nothing unless given. */
  readonly input?: string | undefined
}

/**
 * Runs a program to its end. It leads a group of its own, which is ended as a whole: what a script waits for would outlive it, and a
 * phone allows a few processes only.
 * @throws InfraError exec-failed, exec-timeout, not-allowed
 */
export const realExec = async (
  toCommand: ToCommand,
  { program, args, timeout = LIMIT, input }: Run,
): Promise<string> => {
  const { file, args: words, env } = toCommand(program, args)
  const child: ChildProcess = spawn(file, [...words], { stdio: 'pipe', env, detached: true })
  const failed = (code: string, said = ''): InfraError => {
    const context = { program, args: args.join(' '), code }
    const why = code === 'ENOENT' ? 'is not installed' : `failed (${code})${said ? `: ${said}` : ''}`
    return new InfraError('exec-failed', `${program} ${why}`, { context })
  }
  child.stdin?.on('error', () => {}) // it need not read
  child.stdin?.end(input)
  return new Promise((resolve, reject) => {
    const giveUp = (error: InfraError): void => {
      endGroup(child)
      reject(error)
    }
    const tooMuch = (): void => giveUp(failed('ERR_CHILD_PROCESS_STDIO_MAXBUFFER'))
    const stdout = gather(child.stdout, MOST_BYTES, tooMuch)
    const stderr = gather(child.stderr, MOST_BYTES, tooMuch)
    const timer = setTimeout(() => {
      const context = { program, args: args.join(' ') }
      giveUp(new InfraError('exec-timeout', `${program} did not end within ${timeout} ms`, { context }))
    }, timeout)
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      reject(failed(error.code ?? error.message))
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(stdout())
      else reject(failed(String(code ?? signal), stderr().trim().split('\n')[0]))
    })
  })
}

/** What the agent's own environment gives to its children. */
export type OwnEnvironment = {
  readonly path: string
  readonly notifySocket: string | null
  /** What Android's own programs want: see androidEnvironment. */
  readonly android: Readonly<Record<string, string>>
  /** A folder that others read, too, and that is gone after a restart of the machine; null for none. */
  readonly runtimeFolder: string | null
}

/** Programs are looked for where administrators' ones and Android's lie too, and speak English; mmcli needs UTF-8 for messages and names. */
const environmentFor = ({
  path,
  notifySocket,
  android,
}: Omit<OwnEnvironment, 'runtimeFolder'>): Record<string, string> => ({
  ...android,
  PATH: `${path}:/usr/sbin:/sbin:/run/current-system/sw/bin:/system/bin:/system/xbin`,
  LC_ALL: 'C.UTF-8',
  ...(notifySocket === null ? {} : { NOTIFY_SOCKET: notifySocket }),
})
