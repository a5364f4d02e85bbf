import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Renames those of the files `names` in `folder` that are there to `NAME.SUFFIX`.
 * @throws Error of node:fs when the folder cannot be written
 */
export const putAside = (folder: string, names: readonly string[], suffix: string): void => {
  for (const name of names) {
    const file = join(folder, name)
    if (existsSync(file)) renameSync(file, `${file}.${suffix}`)
  }
}
