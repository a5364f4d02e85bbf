import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import { writeWhole } from './write-whole.ts'

const LOOK_EVERY_MS = 1000

/** A small JSON file that this process writes and others may: it is read again when it has changed. */
export type Book<T> = {
  /** What stands in it; the file is looked at once a second at the most. One that broke meanwhile says what it said before. */
  read(): T
  /** The same, looked at now. */
  look(): T
  /** The same for who goes on to write. @throws InfraError config-invalid when it is broken */
  readNow(): T
  /** Survives a power cut once it has returned. */
  write(next: T): void
  /** What is wrong with the file since it was looked at last; null when nothing is. */
  fault(): string | null
}

/**
 * @param empty what stands in a file that is not there; what is there has the same outer shape
 * @param now milliseconds, monotonic
 * @throws InfraError config-invalid when the file is broken already
 */
export const openBook = <T>(file: string, empty: T, now: () => number = () => performance.now()): Book<T> => {
  const load = (): { readonly stamp: string; readonly content: T } => {
    const stamp = stampOf(file)
    return { stamp, content: stamp === '' ? empty : parse(file, empty) }
  }
  let known = load()
  let looked = -Infinity
  let fault: string | null = null

  const readNow = (): T => {
    looked = now()
    if (stampOf(file) !== known.stamp) known = load()
    fault = null
    return known.content
  }
  /** Whoever asks here must not fail: the broker lets in and refuses by it. */
  const look = (): T => {
    try {
      return readNow()
    } catch (error) {
      fault = `${describeError(error)}; going on with what stood there`
      return known.content
    }
  }
  return {
    look,
    readNow,
    read: () => (now() - looked < LOOK_EVERY_MS ? known.content : look()),
    write(content) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      writeWhole(file, `${JSON.stringify(content, null, 2)}\n`)
      known = { stamp: stampOf(file), content }
      looked = now()
      fault = null
    },
    fault: () => fault,
  }
}

/** Changes when the file does; empty when there is none. */
const stampOf = (file: string): string => {
  if (!existsSync(file)) return ''
  const { mtimeMs, size, ino } = statSync(file)
  return `${mtimeMs}-${size}-${ino}`
}

const parse = <T>(file: string, empty: T): T => {
  let content: unknown
  try {
    content = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw broken(file, 'cannot be read as JSON', cause)
  }
  const problem = shapeProblem(content, empty)
  if (problem !== null) throw broken(file, problem)
  return content as T
}

const broken = (file: string, what: string, cause?: unknown): InfraError =>
  new InfraError('config-invalid', `${file}: ${what}: mend it, or put it back from a backup`, {
    cause,
    context: { file },
  })

/** What is not as in `empty`: an object with its lists and objects, or a list. */
const shapeProblem = (content: unknown, empty: unknown): string | null => {
  if (empty === null) return null
  if (kindOf(content) !== kindOf(empty)) return `is ${kindOf(content)}, expected ${kindOf(empty)}`
  if (Array.isArray(empty)) return null
  for (const [key, inner] of Object.entries(empty as object)) {
    const found = kindOf((content as Record<string, unknown>)[key])
    if (found !== kindOf(inner)) return `"${key}" is ${found}, expected ${kindOf(inner)}`
  }
  return null
}

const kindOf = (value: unknown): string => {
  if (value === null || value === undefined) return 'missing'
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
