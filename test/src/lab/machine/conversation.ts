import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { newTranscript, type Transcript } from './transcript.ts'

export type Conversation = {
  /** Resolves when the script begins, with performance.now(). */
  readonly began: Promise<number>
  send(line: string): void
  /** The next line that matches; those before it are passed over and not offered again. */
  nextLine(matching: RegExp): Promise<string>
  readonly transcript: Transcript
}

/** Listens to a machine's script over its line. */
export const converse = (line: Duplex, onLine: (line: string) => void = () => {}): Conversation => {
  const began = Promise.withResolvers<number>()
  const transcript = newTranscript()
  const unread = newQueue()
  // A machine that goes off takes its line with it; that it did is told by qemu's end.
  line.on('error', () => {})
  createInterface({ input: line }).on('line', (text) => {
    if (text === '::boot') return began.resolve(performance.now())
    transcript.line(text)
    unread.push(text)
    onLine(text)
  })
  return {
    began: began.promise,
    send: (text) => void line.write(`${text}\n`),
    nextLine: unread.next,
    transcript,
  }
}

const newQueue = () => {
  const lines: string[] = []
  let waiting: { matching: RegExp; found(line: string): void }[] = []
  const offer = (): void => {
    const [first, ...others] = waiting
    if (first === undefined) return
    for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
      if (!first.matching.test(line)) continue
      waiting = others
      first.found(line)
      return offer()
    }
  }
  return {
    push: (line: string): void => {
      lines.push(line)
      offer()
    },
    next: (matching: RegExp): Promise<string> =>
      new Promise((found) => {
        waiting.push({ matching, found })
        offer()
      }),
  }
}
