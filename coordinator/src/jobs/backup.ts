import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fromRfc3339, type WallMs, rfc3339 } from '@infra-home/shared/clock.ts'

const NAME = /^infra-home-(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2})Z\.db$/
const PARTIAL = '.partial'

/**
 * Writes a whole copy of the database into `folder` and removes the oldest until `keep` are left. A copy that is not
 * complete never has a backup's name.
 */
export const backUp = async (
  backup: (file: string) => Promise<void>,
  options: { readonly folder: string; readonly keep: number; readonly now: WallMs },
): Promise<string> => {
  const { folder, keep, now } = options
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const name = `infra-home-${rfc3339(now).slice(0, 19).replaceAll(':', '-')}Z.db`
  const partial = join(folder, `${name}${PARTIAL}`)
  rmSync(partial, { force: true })
  await backup(partial)
  renameSync(partial, join(folder, name))
  for (const old of backupsIn(folder).slice(0, -keep)) rmSync(join(folder, old), { force: true })
  return join(folder, name)
}

/** Names of complete backups, oldest first. */
export const backupsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => NAME.test(name))
    .sort()

/** When the backup of this name was made. @throws RangeError when it is no backup's name */
export const backupTime = (name: string): WallMs => fromRfc3339(name.replace(NAME, '$1T$2:$3:$4Z'))

/** Removes what a restart interrupted. */
export const removeUnfinished = (folder: string): void => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(folder))
    if (name.endsWith(PARTIAL)) rmSync(join(folder, name), { force: true })
}
