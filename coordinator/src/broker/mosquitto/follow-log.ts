import { open, stat } from 'node:fs/promises'
import { type CancelTimer, type Clock, every, seconds } from '@infra-home/shared/clock.ts'

const LOOK_EVERY = seconds(1)
const MOST_BYTES = 1024 * 1024

/**
 * Hears every line that is written to `file` from now on, once a second; a file that was rotated away is followed by the new one. A
 * burst of more than 1 MB a second is heard in part.
 */
export const followLog = (file: string, clock: Clock, onLine: (line: string) => void): CancelTimer => {
  let place: { ino: number; offset: number } | null = null
  let half = ''
  let busy = false

  const look = async (): Promise<void> => {
    const { ino, size } = await stat(file)
    if (place === null) place = { ino, offset: size }
    if (place.ino !== ino || size < place.offset) place = { ino, offset: 0 }
    if (size === place.offset) return
    const from = Math.max(place.offset, size - MOST_BYTES)
    if (from > place.offset) half = ''
    const lines = (half + (await read(file, from, size))).split('\n')
    half = lines.pop() ?? ''
    place = { ino, offset: size }
    for (const line of lines) onLine(line)
  }

  const glance = (): void => {
    if (busy) return
    busy = true
    look()
      .catch(() => {}) // not there yet, or not for us to read: the next second may be luckier
      .finally(() => {
        busy = false
      })
  }
  glance()
  return every(clock, LOOK_EVERY, glance)
}

const read = async (file: string, from: number, to: number): Promise<string> => {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(to - from), 0, to - from, from)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}
