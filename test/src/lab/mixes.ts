import type { ChildProcess } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { inside } from './processes.ts'
import { type Line, SERVER, type Uplinks } from './uplinks.ts'

type Users = { readonly line: Line; readonly words: readonly string[] | null }

const packets = (everyMs: number, ...how: string[]): string[] => [
  'stream',
  SERVER,
  '100000',
  String(everyMs),
  ...how,
]

/** What users do, and over what kind of line. */
export const MIXES = {
  'both ways': { line: {}, words: packets(50) },
  idle: { line: {}, words: null },
  'one-way upload': { line: {}, words: packets(20, 'up') },
  'TCP upload': { line: { bitsPerSecond: 4_000_000, queueMs: 200 }, words: ['upload', SERVER] },
  'a full queue': { line: { bitsPerSecond: 2_000_000, queueMs: 800 }, words: packets(4, 'both', '1200') },
  'both ways at 60 ms': { line: { delayMs: 30 }, words: packets(50) },
  'both ways at 200 ms': { line: { delayMs: 100 }, words: packets(50) },
  'a sparse chat': { line: {}, words: packets(4000) },
} as const satisfies Readonly<Record<string, Users>>

export type Mix = keyof typeof MIXES

/** So that the rhythm of users, and the round trip, are known before something happens to them. */
const SETTLED_MS = 2000

/** Does `work` while users are at theirs. */
export const withUsers = async <T>(
  { house, lines }: { readonly house: string; readonly lines: Uplinks },
  mix: Mix,
  work: () => Promise<T>,
): Promise<T> => {
  const { line, words }: Users = MIXES[mix]
  lines.line(line)
  const users: ChildProcess | null = words && inside(house, 'echo-program.ts', ...words)
  await wait(SETTLED_MS)
  try {
    return await work()
  } finally {
    users?.kill('SIGKILL')
    lines.line({})
  }
}
