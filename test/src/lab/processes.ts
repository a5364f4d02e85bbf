import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

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

export type Heard = {
  /** Every line until now. */
  readonly said: readonly string[]
  /** Resolves with the next line, or when there will be none. */
  more(): Promise<unknown>
  /** The last line of all. */
  readonly last: Promise<string>
}

/** What a program says, line by line. */
export const hear = ({ stdout }: ChildProcess): Heard => {
  if (!stdout) throw new Error('nobody can hear it')
  const lines = createInterface({ input: stdout })
  const said: string[] = []
  lines.on('line', (line) => said.push(line))
  const closed = once(lines, 'close')
  return {
    said,
    more: () => Promise.race([once(lines, 'line'), closed]),
    last: closed.then(() => said.at(-1) ?? ''),
  }
}

/** Resolves when each of them has said something: they do so when they are ready. */
export const ready = (...programs: readonly ChildProcess[]): Promise<unknown> =>
  Promise.all(programs.flatMap(({ stdout }) => (stdout ? [once(stdout, 'data')] : [])))
