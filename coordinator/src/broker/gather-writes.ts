import type { Duplex } from 'node:stream'

/**
 * Lets what is written to `stream` in one turn of the event loop go out together: the answers to what came in one segment
 * go back in one.
 */
export const gatherWrites = (stream: Duplex): void => {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean
  let gathering = false
  const release = (): void => {
    gathering = false
    stream.uncork()
  }
  stream.write = (...args: unknown[]): boolean => {
    if (!gathering) {
      gathering = true
      stream.cork()
      setImmediate(release)
    }
    return write(...args)
  }
}
