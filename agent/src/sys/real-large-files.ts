import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import { connectChecked } from './real-checked-https.ts'
import { diskError, syncFolder } from './real-disk.ts'
import type { FileSource, LargeFiles } from './sys.ts'

/** A source that falls silent for so long has gone. */
const SILENCE_MS = 30_000
/** What was written is on the disk after so many bytes at the latest: a small machine has little memory to keep it in. */
const SYNC_BYTES = 8 * 1024 * 1024
const ALL = 0o700

/** Where files come from. */
export type LargeFilesFrom = {
  /** The host; null while none is known. */
  readonly host: () => string | null
  /** The authority (PEM) that a server must be of, and then TLS is spoken; null where plain HTTP does. */
  readonly authority: () => string | null
}

/** Large files in `folder`, which appears with the first of them. */
export const realLargeFiles = (folder: string, from: LargeFilesFrom): LargeFiles => {
  const at = (name: string): string => join(folder, name)
  return {
    async list() {
      const names = await readdir(folder).catch((): string[] => [])
      names.sort()
      const sizes = await Promise.all(
        names.map(async (name) => (await stat(at(name)).catch(() => null))?.size),
      )
      return names.flatMap((name, i) => (sizes[i] === undefined ? [] : [{ name, bytes: sizes[i] }]))
    },
    space: () =>
      mkdir(folder, { recursive: true, mode: ALL })
        .then(() => statfs(folder))
        .then(
          ({ bsize, blocks, bavail }) => ({ totalBytes: bsize * blocks, availableBytes: bsize * bavail }),
          () => null,
        ),
    async fetch(name, source, most) {
      await onDisk(mkdir(folder, { recursive: true, mode: ALL }))
      const file = await onDisk(open(at(name), 'a', 0o600))
      try {
        await fetchInto(file, { ...source, host: from.host(), authority: from.authority() }, most)
      } finally {
        await file.close()
      }
    },
    async sha256(name) {
      const hash = process.getBuiltinModule('node:crypto').createHash('sha256')
      for await (const part of createReadStream(at(name))) hash.update(part as Uint8Array)
      return hash.digest('hex')
    },
    rename: (from, to) =>
      onDisk(
        (async () => {
          await rename(at(from), at(to))
          await syncFolder(folder)
        })(),
      ),
    remove: (name) => onDisk(rm(at(name), { force: true })),
  }
}

type Source = FileSource & { readonly host: string | null; readonly authority: string | null }

const fetchInto = async (file: FileHandle, source: Source, most: number): Promise<void> => {
  const { size } = await onDisk(file.stat())
  if (size >= most) return
  const answer = await ask(source, size)
  try {
    if (answer.statusCode !== 206) await onDisk(file.truncate(0))
    await append(file, answer, answer.statusCode === 206 ? most - size : most)
  } finally {
    answer.destroy()
    await onDisk(file.datasync())
  }
}

/** Asks for what lies behind `from`. node:http is loaded with the first copy: see ./real-http.ts. */
const ask = async ({ host, port, path, authority }: Source, from: number): Promise<IncomingMessage> => {
  if (host === null) throw new InfraError('http-failed', 'no broker has answered yet')
  const secure = authority === null ? null : await connectChecked({ host, port }, { authority })
  return new Promise((resolve, reject) => {
    const { request } = process.getBuiltinModule('node:http')
    const headers = from > 0 ? { range: `bytes=${from}-` } : {}
    const way = secure ? { createConnection: () => secure } : { agent: false as const }
    const asking = request({ host, port, path, headers, timeout: SILENCE_MS, ...way })
    asking.on('timeout', () =>
      asking.destroy(new InfraError('http-timeout', `${host}:${port} was silent for ${SILENCE_MS} ms`)),
    )
    asking.on('error', (error) => reject(networkError(error)))
    asking.on('response', (answer) => {
      const { statusCode: status = 0 } = answer
      const fits = answer.headers['content-range']?.startsWith(`bytes ${from}-`) ?? false
      if (status === 200 || (status === 206 && fits)) return resolve(answer)
      answer.destroy()
      reject(
        new InfraError('http-failed', `${host}:${port} answered HTTP ${status}`, { context: { status } }),
      )
    })
    asking.end()
  })
}

const append = async (file: FileHandle, answer: IncomingMessage, most: number): Promise<void> => {
  let arrived = 0
  let synced = 0
  for await (const part of partsOf(answer)) {
    arrived += part.length
    if (arrived > most) throw new InfraError('http-failed', `more than ${most} bytes came`)
    await onDisk(file.appendFile(part))
    if (arrived - synced < SYNC_BYTES) continue
    await onDisk(file.datasync())
    synced = arrived
  }
}

async function* partsOf(answer: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const part of answer) yield part as Uint8Array
  } catch (error) {
    throw networkError(error)
  }
}

const networkError = (error: unknown): InfraError =>
  error instanceof InfraError
    ? error
    : new InfraError('http-failed', (error as Error).message || 'the connection was cut', { cause: error })

const onDisk = <T>(work: Promise<T>): Promise<T> =>
  work.catch((cause: unknown) => {
    throw diskError(cause)
  })
