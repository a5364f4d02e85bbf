import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'

/** It is public; the broker, another user, has to read it. */
const MODE = 0o644

export type RevocationFileOptions = {
  readonly file: string
  /** What does not count any more, as it is now: PEM (CRL). */
  readonly list: () => Promise<string>
  readonly log: Log
}

/**
 * Keeps the revocation list that a broker reads. The function that it returns is to be called after each change, and resolves when
 * the file says what was so at the call or later, or the log says why not. One is written at a time, and made when its turn has
 * come, so that no older one can overtake it; the broker finds the one before or the new one, whole, whenever it looks.
 */
export const revocationFile = ({ file, list, log }: RevocationFileOptions): (() => Promise<void>) => {
  let due = false
  let writing: Promise<void> | null = null

  const write = async (): Promise<void> => {
    while (due) {
      due = false
      await list()
        .then((text) => replace(file, text))
        .catch((error: unknown) =>
          log('error', 'could not write the revocation list for the broker', {
            file,
            error: describeError(error),
          }),
        )
    }
    writing = null
  }

  return () => {
    due = true
    writing ??= write()
    return writing
  }
}

const replace = async (file: string, text: string): Promise<void> => {
  const fresh = `${file}.new`
  await synced(await open(fresh, 'w'), async (handle) => {
    await handle.chmod(MODE) // whatever our umask
    await handle.writeFile(text)
  })
  await rename(fresh, file)
  await synced(await open(dirname(file), 'r'), async () => {}) // until then the folder may still have the old one
}

const synced = async (handle: FileHandle, work: (handle: FileHandle) => Promise<void>): Promise<void> => {
  try {
    await work(handle)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
