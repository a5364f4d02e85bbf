import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import { writeWhole } from './write-whole.ts'

const LOOK_EVERY_MS = 1000

/** A small JSON file that this process writes and others may: it is read again when it has changed. */
export type Book<T> = {
  /** What stands in it; the file is looked at once a second at the most. @throws InfraError config-invalid */
  read(): T
  /** The same, looked at now. @throws InfraError config-invalid */
  readNow(): T
  /** Survives a power cut once it has returned. */
  write(next: T): void
}

/**
 * @param empty what stands in a file that is not there
 * @param now milliseconds, monotonic
 */
export const openBook = <T>(file: string, empty: T, now: () => number = () => performance.now()): Book<T> => {
  let known: { readonly stamp: string; readonly content: T } = { stamp: '', content: empty }
  let looked = -Infinity
  const readNow = (): T => {
    looked = now()
    const stamp = stampOf(file)
    if (stamp !== known.stamp) known = { stamp, content: stamp === '' ? empty : parse<T>(file) }
    return known.content
  }
  return {
    read: () => (now() - looked < LOOK_EVERY_MS ? known.content : readNow()),
    readNow,
    write(content) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      writeWhole(file, `${JSON.stringify(content, null, 2)}\n`)
      known = { stamp: stampOf(file), content }
      looked = now()
    },
  }
}

/** Changes when the file does; empty when there is none. */
const stampOf = (file: string): string => {
  if (!existsSync(file)) return ''
  const { mtimeMs, size, ino } = statSync(file)
  return `${mtimeMs}-${size}-${ino}`
}

const parse = <T>(file: string): T => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T
  } catch (cause) {
    throw new InfraError('config-invalid', `${file}: cannot be read as JSON`, { cause, context: { file } })
  }
}
