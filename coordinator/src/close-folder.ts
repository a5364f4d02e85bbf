import { chmodSync, existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { databaseFile } from './database-file.ts'

/** Makes what is in the state folder, and the backups, its owner's alone: an earlier umask may have left them open. */
export const closeFolder = (stateDir: string, backups: string): void => {
  const database = databaseFile(stateDir)
  chmodSync(stateDir, 0o700)
  for (const name of readdirSync(stateDir))
    if (name.startsWith(basename(database))) chmodSync(join(dirname(database), name), 0o600)
  if (!existsSync(backups)) return
  for (const name of readdirSync(backups))
    if (/^infra-home-.*\.db/.test(name)) chmodSync(join(backups, name), 0o600)
}
