import { chmod, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Sys } from './sys.ts'

const READABLE = 0o644

/** Over the folder that systemd gave us below /run (systemd.exec(5), RuntimeDirectory), if it did. */
export const realShare =
  (folder: string | null): Sys['share'] =>
  async (name, text) => {
    if (folder === null) return null
    const file = join(folder, name)
    try {
      await writeFile(`${file}.new`, text)
      await chmod(`${file}.new`, READABLE) // whatever our umask is
      await rename(`${file}.new`, file)
    } catch (cause) {
      throw new InfraError('disk-failed', `${file} could not be written`, { cause })
    }
    return file
  }
