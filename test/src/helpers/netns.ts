import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import type { Test } from 'tap'

/** Why a network namespace cannot be had here; null when it can. */
export const noNamespaces = (): string | null => {
  const name = freshName()
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' })
  if (made.status !== 0) return `no network namespaces here: ${made.error?.message ?? made.stderr.trim()}`
  spawnSync('ip', ['netns', 'delete', name])
  return null
}

/** Runs a program in a network namespace of its own and returns what it printed. @throws when it fails */
export const runInNamespace = async (
  program: string,
  args: readonly string[],
  say: (line: string) => void = () => {},
): Promise<string> => {
  const name = makeNamespace()
  try {
    const child = spawn('ip', ['netns', 'exec', name, process.execPath, program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString()
      say(part.toString().trimEnd())
    })
    child.stderr.on('data', (part: Buffer) => (err += part.toString()))
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${err || out}`)
    return out
  } finally {
    endNamespace(name)
  }
}

/** Ends what still runs in it, such as helpers of a daemon that outlive it, and takes it away. */
const endNamespace = (name: string): void => {
  const { stdout } = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' })
  for (const pid of stdout.split('\n').filter((line) => line !== ''))
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // it has just ended
    }
  spawnSync('ip', ['netns', 'delete', name])
  living.delete(name)
}

/** Those of this process that are there. */
const living = new Set<string>()

const makeNamespace = (): string => {
  const name = freshName()
  living.add(name)
  spawnSync('ip', ['netns', 'add', name])
  return name
}

/** Whoever ends this process by Ctrl-C, or kills it gently, leaves none of its network namespaces behind. */
export const endNamespacesBySignal = (): void => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      for (const name of living) endNamespace(name)
      process.exit(128 + constants.signals[signal])
    })
}

/** Network namespaces that go with the test, by name. */
export const freshNamespaces = (t: Test, count: number): string[] => {
  const names = Array.from({ length: count }, makeNamespace)
  t.teardown(() => {
    for (const name of names) endNamespace(name)
  })
  return names
}

/** Runs something with network namespaces that go with it. */
export const withNamespaces = async <T>(
  count: number,
  work: (names: readonly string[]) => Promise<T>,
): Promise<T> => {
  const names = Array.from({ length: count }, makeNamespace)
  try {
    return await work(names)
  } finally {
    for (const name of names) endNamespace(name)
  }
}

/** What a program told of what it saw, a JSON line each. */
export const seenIn = <T>(out: string): readonly T[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T)

const freshName = (): string => `ih-${randomBytes(4).toString('hex')}`
