import { execFileSync } from 'node:child_process'
import { realExec } from '@infra-home/agent/sys/real-exec.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import { seconds } from '@infra-home/shared/clock.ts'

/** An agent's way to run programs, for what runs inside a namespace. */
export const execHere: Pick<Sys, 'exec'> = {
  exec: (program, args) =>
    realExec((file, words) => ({ file, args: words, env: { PATH: process.env['PATH'] ?? '' } }), {
      program,
      args,
      timeout: seconds(5),
    }),
}

/** `ip`, told in one line. @throws when it fails */
export const ip = (words: string): string => execFileSync('ip', words.split(' '), { encoding: 'utf8' })

/** One JSON line for each thing seen: what `runInNamespace` returns, and `seenIn` reads. */
export const tell = (what: string, seen: object): void =>
  void process.stdout.write(`${JSON.stringify({ what, ...seen })}\n`)
