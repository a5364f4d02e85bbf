import {
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { isInfraError } from '@infra-home/shared/errors.ts'
import { type LockFiles, lockState } from '@infra-home/shared/state-lock.ts'
import { diskError } from './real-disk.ts'

/**
 * Makes the state folder this process's alone until the returned function is called. On a full disk it stays anybody's: that is no reason to be silent.
 * @param options.at RFC 3339
 * @throws InfraError store-failed when an agent that lives has it, disk-failed
 */
export const lockStateFolder = (
  stateDir: string,
  options: { readonly boot: string; readonly at: string },
): (() => void) => {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    return lockState(stateDir, { ...options, name: 'agent', files, pid: process.pid })
  } catch (error) {
    const fault = isInfraError(error) ? error : diskError(error)
    if (fault.code === 'disk-full') return () => {}
    throw fault
  }
}

/** Android and FAT know no second names: there a copy is made, which nobody may have made before. */
const NO_LINKS = new Set(['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])

const files: LockFiles = {
  link: (file, name) =>
    isNew(() => {
      try {
        linkSync(file, name)
      } catch (error) {
        if (!NO_LINKS.has(codeOf(error))) throw error
        copyFileSync(file, name, constants.COPYFILE_EXCL)
      }
    }),
  read(file) {
    try {
      return readFileSync(file, 'utf8')
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
      return ''
    }
  },
  write: (file, text) => writeFileSync(file, text, { mode: 0o600 }),
  rename: renameSync,
  remove: (file) => rmSync(file, { force: true }),
}

const isNew = (make: () => void): boolean => {
  try {
    make()
    return true
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
    return false
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? ''
