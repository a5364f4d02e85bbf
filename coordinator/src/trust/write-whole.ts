import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes a file of secrets (mode 0600) so that after a power cut it is the old one or the new one, whole. */
export const writeWhole = (file: string, text: string): void => {
  const fresh = `${file}.new`
  synced(openSync(fresh, 'w', 0o600), (handle) => writeFileSync(handle, text))
  renameSync(fresh, file)
  synced(openSync(dirname(file), 'r'), () => {}) // until then the folder may still have the old one
}

const synced = (handle: number, work: (handle: number) => void): void => {
  try {
    work(handle)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
