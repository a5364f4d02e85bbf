import { existsSync, readFileSync, renameSync, statSync } from 'node:fs'
import type { TSchema } from 'typebox'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'
import { checker, type Problem } from '@infra-home/shared/problem.ts'
import { writeWhole } from './write-whole.ts'

const LOOK_EVERY_MS = 1000

/** A small JSON file that this process writes and others may: it is read again when it has changed. One that broke or went says what it said before. */
export type Book<T> = {
  /** What stands in it; the file is looked at once a second at the most. */
  read(): T
  /** The same, looked at now: for who goes on to write. */
  look(): T
  /** Survives a power cut once it has returned. What was broken is kept beside it, as `NAME.broken`. */
  write(next: T): void
  /** What is wrong with the file, looked at once a second at the most; null when nothing is. */
  fault(): string | null
}

export type BookOptions<T> = {
  /** What stands in a file that is not there. */
  readonly empty: T
  /** Of what is there. */
  readonly schema: TSchema
  /** Milliseconds, monotonic. */
  readonly now?: (() => number) | undefined
}

/** @throws InfraError config-invalid when the file is broken already */
export const openBook = <T>(
  file: string,
  { empty, schema, now = () => performance.now() }: BookOptions<T>,
): Book<T> => {
  const load = (): { readonly stamp: string; readonly content: T } => {
    const stamp = stampOf(file)
    return { stamp, content: stamp === '' ? empty : readBook<T>(file, schema) }
  }
  let known = load()
  let looked = -Infinity
  let fault: string | null = null

  /** Whoever asks here must not fail: the broker lets in and refuses by it, and who is to be revoked cannot wait. */
  const look = (): T => {
    looked = now()
    const stamp = stampOf(file)
    const isGone = stamp === '' && known.stamp !== ''
    fault = isGone ? `${file}: is not there any more; going on with what stood there` : null
    try {
      if (stamp !== known.stamp && !isGone) known = load()
    } catch (error) {
      fault = `${describeError(error)}; going on with what stood there`
    }
    return known.content
  }
  const read = (): T => (now() - looked < LOOK_EVERY_MS ? known.content : look())
  return {
    look,
    read,
    write(content) {
      look()
      if (fault !== null && existsSync(file)) renameSync(file, `${file}.broken`)
      writeWhole(file, `${JSON.stringify(content, null, 2)}\n`)
      known = { stamp: stampOf(file), content }
      looked = now()
      fault = null
    },
    fault() {
      read()
      return fault
    },
  }
}

/** Changes when the file does; empty when there is none. */
const stampOf = (file: string): string => {
  if (!existsSync(file)) return ''
  const { mtimeMs, size, ino } = statSync(file)
  return `${mtimeMs}-${size}-${ino}`
}

/**
 * What stands in a book's file.
 * @throws InfraError config-invalid: what is wrong and where, never what stands there, which may be a secret
 */
export const readBook = <T>(file: string, schema: TSchema): T => {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw broken(file, `cannot be read: ${describeError(cause)}`, cause)
  }
  return bookOf(file, text, schema)
}

/** The same for the text of one. @throws InfraError config-invalid */
export const bookOf = <T>(file: string, text: string, schema: TSchema): T => {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw broken(file, 'cannot be read as JSON', cause)
  }
  const [problem] = checkOf(schema)(content)
  if (problem) throw broken(file, `${problem.path || '/'} is wrong, expected ${problem.expected}`)
  return content as T
}

const checks = new WeakMap<TSchema, (value: unknown) => Problem[]>()
const checkOf = (schema: TSchema): ((value: unknown) => Problem[]) => {
  const check = checks.get(schema) ?? checker(schema)
  checks.set(schema, check)
  return check
}

const broken = (file: string, what: string, cause?: unknown): InfraError =>
  new InfraError('config-invalid', `${file}: ${what}: mend it, or put it back from a backup`, {
    cause,
    context: { file },
  })
