import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const PROGRAMS = join(import.meta.dirname, '../real')
const children: ChildProcess[] = []
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

/** A child that goes when this process does. */
export const started = (
  file: string,
  words: readonly string[],
  stderr: 'inherit' | 'ignore' = 'inherit',
): ChildProcess => {
  const child = spawn(file, [...words], { stdio: ['ignore', 'pipe', stderr] })
  children.push(child)
  return child
}

/** One of the test's own programs, inside a network namespace. */
export const inside = (name: string, program: string, ...words: string[]): ChildProcess =>
  started('ip', ['netns', 'exec', name, process.execPath, join(PROGRAMS, program), ...words])

/** Resolves when each of them has said something: they do so when they are ready. */
export const ready = (...programs: readonly ChildProcess[]): Promise<unknown> =>
  Promise.all(programs.flatMap(({ stdout }) => (stdout ? [once(stdout, 'data')] : [])))
