import { type ChildProcess, spawn } from 'node:child_process'
import type { DurationMs } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Conversing } from './converse.ts'
import { turnstile } from '../turnstile.ts'
import type { Program } from './allow-list.ts'
import type { ToCommand } from './real-exec.ts'

type Waiting = { readonly resolve: (line: string) => void; readonly reject: (error: InfraError) => void }

/** Starts the program at the first question, and again at the next after it ended: a question answered costs a tenth of a start. */
export const realConverse = (
  toCommand: ToCommand,
  { program, args }: { readonly program: Program; readonly args: readonly string[] },
): Conversing => {
  let child: ChildProcess | null = null
  let waiting: Waiting | null = null
  const inTurn = turnstile()

  const settle = (by: (one: Waiting) => void): void => {
    const one = waiting
    waiting = null
    if (one) by(one)
  }
  const failed = (code: 'exec-failed' | 'exec-timeout', why: string): void =>
    settle(({ reject }) => reject(new InfraError(code, `${program}: ${why}`)))
  const end = (): void => {
    const old = child
    child = null
    old?.kill('SIGKILL')
  }

  const start = (): ChildProcess => {
    const { file, args: words, env } = toCommand(program, args)
    const fresh = spawn(file, [...words], { stdio: ['pipe', 'pipe', 'pipe'], env })
    let rest = ''
    fresh.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) settle(({ resolve }) => resolve(line))
    })
    fresh.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => failed('exec-failed', text.split('\n')[0] ?? ''))
    fresh.stdin.on('error', () => {}) // it ended: said by its close
    const over = (why: string): void => {
      if (child !== fresh) return
      child = null
      failed('exec-failed', why)
    }
    fresh.on('error', (error) => over(error.message))
    fresh.on('close', (code, signal) => over(`ended (${signal ?? code})`))
    return fresh
  }

  const askNow = (line: string, timeout: DurationMs): Promise<string> =>
    new Promise((resolve, reject) => {
      child ??= start()
      const timer = setTimeout(() => {
        failed('exec-timeout', `no answer in ${timeout} ms`)
        end() // what it says later would be taken for the answer to something else
      }, timeout)
      const ended =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer)
          settle(value)
        }
      waiting = { resolve: ended(resolve), reject: ended(reject) }
      child.stdin?.write(`${line}\n`)
    })

  return {
    ask: (line, timeout) => inTurn(() => askNow(line, timeout)),
    stop() {
      end()
      failed('exec-failed', 'it was stopped')
    },
  }
}
