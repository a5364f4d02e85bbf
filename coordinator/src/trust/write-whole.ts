import {
  closeSync,
  existsSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'

/**
 * Writes a file of secrets (mode 0600) so that after a power cut it is the old one or the new one, whole. Whoever does that as root does it
 * for the user that the folder belongs to, since a coordinator does not run as root.
 */
export const writeWhole = (file: string, text: string): void => {
  makeFolder(dirname(file))
  const fresh = `${file}.new`
  synced(openSync(fresh, 'w', 0o600), (handle) => {
    giveTo(handle, dirname(file))
    writeFileSync(handle, text)
  })
  renameSync(fresh, file)
  synced(openSync(dirname(file), 'r'), () => {}) // until then the folder may still have the old one
}

/** Makes a folder for its owner alone, who is the owner of the one above it. */
export const makeFolder = (folder: string): void => {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
  synced(openSync(folder, 'r'), (handle) => giveTo(handle, dirname(folder)))
}

const giveTo = (handle: number, folder: string): void => {
  const { uid, gid } = statSync(folder)
  if (process.getuid?.() === 0) fchownSync(handle, uid, gid)
}

const synced = (handle: number, work: (handle: number) => void): void => {
  try {
    work(handle)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
