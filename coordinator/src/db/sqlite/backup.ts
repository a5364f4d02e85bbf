import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import Database from 'better-sqlite3'
import { markBackup } from './epoch.ts'
import { storeError } from './failure.ts'

/**
 * Copies a database that is in use, through a connection of its own, into a file that appears whole or not at all.
 * @throws InfraError store-full, store-failed
 */
export const backupInto = (path: string, toFile: string): void => {
  if (existsSync(toFile)) throw new InfraError('store-failed', `${toFile} exists already`)
  const partial = `${toFile}.partial`
  rmSync(partial, { force: true })
  let db: Database.Database | undefined
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: 5000 })
    db.prepare('VACUUM INTO ?').run(partial)
    mark(partial)
    sync(partial)
    renameSync(partial, toFile)
    sync(dirname(toFile))
  } catch (error) {
    rmSync(partial, { force: true })
    throw storeError(error)
  } finally {
    db?.close()
  }
}

const mark = (file: string): void => {
  const copy = new Database(file)
  try {
    markBackup(copy)
  } finally {
    copy.close()
  }
}

const sync = (path: string): void => {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
