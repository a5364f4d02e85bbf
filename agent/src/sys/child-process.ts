import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'

/** What a stream says, as text; more than `most` bytes are told. A child that could not be started for want of files has no streams. */
export const gather = (stream: Readable | null, most: number, onTooMuch: () => void): (() => string) => {
  const parts: Buffer[] = []
  let length = 0
  stream?.on('data', (part: Buffer) => {
    parts.push(part)
    length += part.length
    if (length > most) onTooMuch()
  })
  return () => Buffer.concat(parts).toString('utf8')
}

/** Ends a child with all of its group, and hears no more of one that left it. */
export const endGroup = ({ pid, stdout, stderr }: ChildProcess): void => {
  stdout?.destroy()
  stderr?.destroy()
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // All of them are gone, or belong to root: what su started ends by itself.
  }
}
