import { execFile } from 'node:child_process'
import { type DurationMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Program } from './sys.ts'

const LIMIT = seconds(10)
const MOST_BYTES = 4 * 1024 * 1024

/** The command line of each program that an agent may run; nothing else can be run. */
export type CommandLine = (
  program: Program,
  args: readonly string[],
) => readonly [file: string, args: readonly string[]]

/** @param inventoryScript the script that looks up what the machine is made of */
export const commandLine =
  (inventoryScript: string): CommandLine =>
  (program, args) =>
    program === 'inventory' ? [process.execPath, [inventoryScript, ...args]] : [program, args]

/** Runs a program to its end. @throws InfraError exec-failed, exec-timeout */
export const realExec = (
  toCommand: CommandLine,
  {
    program,
    args,
    timeout = LIMIT,
  }: { program: Program; args: readonly string[]; timeout?: DurationMs | undefined },
): Promise<string> => {
  const [file, words] = toCommand(program, args)
  const options = {
    timeout,
    maxBuffer: MOST_BYTES,
    killSignal: 'SIGKILL',
    encoding: 'utf8',
    env: environment(),
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

/** Programs are looked for where administrators' ones lie too, and speak English. */
export const environment = (): Record<string, string> => ({
  PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin:/run/current-system/sw/bin`,
  LC_ALL: 'C',
  ...(process.env['NOTIFY_SOCKET'] ? { NOTIFY_SOCKET: process.env['NOTIFY_SOCKET'] } : {}),
})
