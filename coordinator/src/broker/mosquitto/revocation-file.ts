import { type FileHandle, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type CancelTimer, type Clock, seconds } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'

/** It is public; the broker, another user, has to read it. */
const MODE = 0o644

export type RevocationFileOptions = {
  readonly file: string
  /** What does not count any more, as it is now: PEM (CRL). */
  readonly list: () => Promise<string>
  readonly clock: Clock
  readonly log: Log
}

export type RevocationFile = {
  /** To be called after each change; resolves when the file says what was so at the call or later, or `fault` says why not. */
  write(): Promise<void>
  /** Why the broker does not know who was revoked; null when it can. */
  fault(): string | null
  stop(): void
}

/** A full or missing disk may be put right. */
const TRY_AGAIN = seconds(30)

/**
 * Keeps the revocation list that a broker reads. One is written at a time, and made when its turn has come, so that no older one can
 * overtake it; the broker finds the one before or the new one, whole, whenever it looks. What failed is tried again.
 */
export const revocationFile = ({ file, list, clock, log }: RevocationFileOptions): RevocationFile => {
  let due = false
  let writing: Promise<void> | null = null
  let fault: string | null = null
  let cancel: CancelTimer = () => {}

  const succeeded = (): void => {
    if (fault !== null) log('info', 'the broker can read who was revoked again', { file })
    fault = null
  }

  const failed = (error: unknown): void => {
    const now = `${file}: cannot be written (${describeError(error)}): the broker does not know who was revoked`
    if (now !== fault) log('error', 'could not write the revocation list for the broker', { error: now })
    fault = now
    cancel()
    cancel = clock.after(TRY_AGAIN, () => void begin())
  }

  const write = async (): Promise<void> => {
    while (due) {
      due = false
      await list()
        .then((text) => replace(file, text))
        .then(succeeded, failed)
    }
    writing = null
  }

  const begin = (): Promise<void> => {
    due = true
    writing ??= write()
    return writing
  }
  return { write: begin, fault: () => fault, stop: () => cancel() }
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
