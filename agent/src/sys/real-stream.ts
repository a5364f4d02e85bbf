import { spawn } from 'node:child_process'
import type { ToCommand } from './real-exec.ts'
import type { Program } from './allow-list.ts'
import type { LineStream } from './sys.ts'

/** A longer line is cut: nobody reads that far. */
const LONGEST_LINE = 65_536

/** Runs a program and hands over its lines until it is stopped or ends by itself. */
export const realStream = (
  toCommand: ToCommand,
  { program, args }: { readonly program: Program; readonly args: readonly string[] },
  on: { line(text: string): void; ended(reason: string): void },
): LineStream => {
  const { file, args: words, env } = toCommand(program, args)
  const child = spawn(file, [...words], { stdio: ['ignore', 'pipe', 'ignore'], env })
  let rest = ''
  let over = false
  const end = (reason: string): void => {
    if (over) return
    over = true
    on.ended(reason)
  }
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(-LONGEST_LINE)
    for (const line of lines) if (!over) on.line(line)
  })
  child.on('error', (error) => end(error.message))
  child.on('close', (code, signal) => end(`${program} ended (${signal ?? code})`))
  return {
    stop() {
      over = true
      child.kill('SIGKILL')
    },
  }
}
