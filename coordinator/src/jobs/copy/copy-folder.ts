import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { COPY_SUFFIX } from './copy-suffix.ts'
import { type Encrypted, encryptInto } from './encrypt-into.ts'

/** The encrypted copy of the newest backup, which other nodes fetch. */
export type Copy = Encrypted & { readonly file: string; readonly recipient: string }

export type CopyFolder = {
  current(): Copy | null
  pathOf(copy: Copy): string
  /** Puts an encrypted copy of the file `from` in the place of the current one. */
  replace(
    from: { readonly path: string; readonly name: string },
    recipient: string,
    signal: AbortSignal,
  ): Promise<Copy>
}

const RECORD = 'copy.json'

/** Opens the folder in which the one copy lies, beside a record of what it is; what a restart interrupted is removed. */
export const openCopyFolder = (folder: string): CopyFolder => {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const at = (name: string): string => join(folder, name)
  let current = recorded(folder)

  const removeOthers = (): void => {
    for (const name of readdirSync(folder))
      if (name !== RECORD && name !== current?.file) rmSync(at(name), { force: true })
  }
  removeOthers()

  return {
    current: () => current,
    pathOf: ({ file }) => at(file),
    async replace({ path, name }, recipient, signal) {
      const file = `${name}${COPY_SUFFIX}`
      const partial = at(`${file}.partial`)
      rmSync(partial, { force: true })
      try {
        const copy: Copy = {
          file,
          recipient,
          ...(await encryptInto(partial, { from: path, recipient, signal })),
        }
        renameSync(partial, at(file))
        writeRecord(folder, copy)
        current = copy
        return copy
      } finally {
        removeOthers()
      }
    },
  }
}

/** What the record says, if its file is there. */
const recorded = (folder: string): Copy | null => {
  try {
    const copy = JSON.parse(readFileSync(join(folder, RECORD), 'utf8')) as Copy
    return statSync(join(folder, copy.file)).size === copy.bytes ? copy : null
  } catch {
    return null // there is none, or half of one: it is made anew
  }
}

const writeRecord = (folder: string, copy: Copy): void => {
  const fresh = join(folder, `${RECORD}.partial`)
  writeFileSync(fresh, JSON.stringify(copy), { mode: 0o600, flush: true })
  renameSync(fresh, join(folder, RECORD))
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
