import { mkdirSync } from 'node:fs'
import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { Disk } from './sys.ts'

/** What a replacement is called until it is whole; one that a power cut left behind is no file of the agent's. */
const UNFINISHED = '.new'

/** A folder of files; what resolves has been fsynced, the folder's own entries included. */
export const realDisk = (folder: string): Disk => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const at = (name: string): string => join(folder, plain(name))
  const inTurn = turns()
  return {
    list: () => guarded(async () => (await readdir(folder)).filter((name) => !name.endsWith(UNFINISHED))),
    read: (name) => guarded(() => readFile(at(name)).catch(absentIs(null))),
    append: (name, bytes) =>
      guarded(async () => {
        const isNew = await writeSynced(at(name), 'a', bytes)
        if (isNew) await syncFolder(folder)
      }),
    replace: (name, bytes) =>
      inTurn(name, () =>
        guarded(async () => {
          await writeSynced(at(name + UNFINISHED), 'w', bytes)
          await rename(at(name + UNFINISHED), at(name))
          await syncFolder(folder)
        }),
      ),
    remove: (name) => guarded(() => rm(at(name), { force: true })),
  }
}

/** A name that leads out of the folder is nobody's. */
const plain = (name: string): string => {
  if (!name.includes('/') && name !== '..' && name !== '.') return name
  throw new InfraError('not-allowed', `${name} is no plain file name`)
}

/** One after the other for each name: two at once would write into the same unfinished file. */
const turns = (): ((name: string, work: () => Promise<void>) => Promise<void>) => {
  const last = new Map<string, Promise<void>>()
  return (name, work) => {
    const turn = (last.get(name) ?? Promise.resolve()).then(work, work)
    last.set(name, turn)
    return turn
  }
}

/** Writes everything and syncs; says whether the file was empty before. */
const writeSynced = async (path: string, flags: 'a' | 'w', bytes: Uint8Array): Promise<boolean> => {
  const file = await open(path, flags, 0o600)
  try {
    const { size } = await file.stat()
    await file.writeFile(bytes)
    await file.datasync()
    return size === 0
  } finally {
    await file.close()
  }
}

/** Makes a folder's own entries durable. */
export const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const absentIs =
  <T>(value: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT') return value
    throw error
  }

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (cause) {
    throw diskError(cause)
  }
}

/** What a file system threw, in our words. */
export const diskError = (cause: unknown): InfraError => {
  if (isInfraError(cause)) return cause
  const { code, message } = cause as NodeJS.ErrnoException
  return new InfraError(FULL.has(code ?? '') ? 'disk-full' : 'disk-failed', message, { cause })
}
