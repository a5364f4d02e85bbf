import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { LockFiles } from '@infra-home/shared/state-lock.ts'

/** Of the disk. */
export const lockFiles: LockFiles = {
  link(file, name) {
    try {
      linkSync(file, name)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      return false
    }
  },
  read(file) {
    try {
      return readFileSync(file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      return ''
    }
  },
  write: (file, text) => writeFileSync(file, text, { mode: 0o600 }),
  rename: renameSync,
  remove: (file) => rmSync(file, { force: true }),
}
