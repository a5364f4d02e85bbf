import { hear, inside } from './processes.ts'

/** What became of a stream: how many datagrams came back, how many could not be sent, and from which addresses they were seen to come, in order. */
export type Streamed = {
  readonly sent: number
  readonly received: number
  readonly failed: number
  readonly sources: readonly string[]
}

export type Stream = {
  /** Resolves when the first has come back, or none ever will: a program takes its time to start on a busy machine. */
  readonly begun: Promise<unknown>
  /** Resolves when one was seen to come from `address`, or none ever will. */
  cameFrom(address: string): Promise<unknown>
  /** Sends no more: it ends. */
  stop(): void
  /** @throws when its program failed */
  readonly ended: Promise<Streamed>
}

/** Sends `count` datagrams from one port of a machine of the house, one each `everyMs`, to somebody who sends them back. */
export const startStream = (
  name: string,
  to: string,
  { count, everyMs = 10 }: { readonly count: number; readonly everyMs?: number },
): Stream => {
  const child = inside(name, 'echo-program.ts', 'stream', to, String(count), String(everyMs))
  const { said, more, last } = hear(child)
  let isOver = false
  void last.then(() => (isOver = true))
  return {
    begun: more(),
    async cameFrom(address) {
      while (!isOver && !said.includes(`from ${address}`)) await more()
    },
    stop: () => void child.kill('SIGTERM'),
    ended: last.then((line) => JSON.parse(line) as Streamed),
  }
}

/** The whole of a short one. @throws when its program failed */
export const streamed = (name: string, to: string, count: number): Promise<Streamed> =>
  startStream(name, to, { count }).ended
