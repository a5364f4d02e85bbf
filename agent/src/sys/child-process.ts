import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Readable } from 'node:stream'

/** What a stream says, as text; more than `most` bytes are told. */
export const gather = (stream: Readable, most: number, onTooMuch: () => void): (() => string) => {
  const parts: Buffer[] = []
  let length = 0
  stream.on('data', (part: Buffer) => {
    parts.push(part)
    length += part.length
    if (length > most) onTooMuch()
  })
  return () => Buffer.concat(parts).toString('utf8')
}

/** Ends a child with all of its group, and hears no more of one that left it. */
export const endGroup = ({ pid, stdout, stderr }: ChildProcessWithoutNullStreams): void => {
  stdout.destroy()
  stderr.destroy()
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
