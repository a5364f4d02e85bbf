import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type WallMs, rfc3339 } from '@infra-home/shared/clock.ts'

const NAME = /^infra-home-\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z\.db$/

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
  const partial = join(folder, `${name}.partial`)
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
