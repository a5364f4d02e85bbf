import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { describeError, InfraError } from '@infra-home/shared/errors.ts'

type Owner = Pick<Stats, 'uid' | 'gid'>

/**
 * Replaces a file of the agent's own: after a power cut it is the old one or the new one, whole. Whoever does that as root does it
 * for the user that the folder belongs to, since an agent does not run as root.
 * @param like whose owner and mode it gets; by default the folder's owner, who alone may read it
 * @throws InfraError disk-failed
 */
export const writeWhole = (file: string, text: string, like?: Stats): void => {
  try {
    makeFolder(dirname(file))
    const fresh = `${file}.new`
    const handle = openSync(fresh, 'w', 0o600)
    try {
      fchmodSync(handle, (like?.mode ?? 0o600) & 0o777)
      give(handle, like ?? statSync(dirname(file)))
      writeFileSync(handle, text)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    moveWhole(fresh, file)
  } catch (cause) {
    throw new InfraError('disk-failed', `${file} cannot be written: ${describeError(cause)}`, { cause })
  }
}

/** Renames at one instant, durable when it returns. */
export const moveWhole = (from: string, to: string): void => {
  renameSync(from, to)
  withHandle(dirname(to), fsyncSync)
}

/** Its owner's alone, and of the owner of the one above it; what has to be made above it may be passed by everybody. */
const makeFolder = (folder: string, mode = 0o700): void => {
  if (statSync(folder, { throwIfNoEntry: false })) return
  makeFolder(dirname(folder), 0o755)
  mkdirSync(folder, { mode })
  const owner = statSync(dirname(folder))
  withHandle(folder, (handle) => give(handle, owner))
}

const give = (handle: number, { uid, gid }: Owner): void => {
  if (process.getuid?.() === 0) fchownSync(handle, uid, gid)
}

const withHandle = (path: string, use: (handle: number) => void): void => {
  const handle = openSync(path, 'r')
  try {
    use(handle)
  } finally {
    closeSync(handle)
  }
}
