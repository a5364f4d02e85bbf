import { existsSync, renameSync } from 'node:fs'

/**
 * Moves a database that cannot be opened out of the way, with its logs, and returns where it went: nothing is deleted,
 * a person may want to look.
 * @param stamp makes the name unique, a time for instance
 */
export const setAside = (path: string, stamp: string): string => {
  const aside = `${path}.${stamp}.corrupt`
  for (const end of ['', '-wal', '-shm']) if (existsSync(path + end)) renameSync(path + end, aside + end)
  return aside
}
