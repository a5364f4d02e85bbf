import { describeError, isInfraError } from '@infra-home/shared/errors.ts'
import type { BackupWish, CopyProblem } from '@infra-home/shared/messages/backup.ts'
import type { LargeFiles } from '../sys/sys.ts'
import { hasRoom } from './room.ts'

export type Failure = { readonly problem: CopyProblem; readonly detail: string }

/**
 * Fetches the wished copy into `partial`, from where it ends, and verifies all of it. Resolves with null when it is whole, and
 * otherwise with what was wrong: what may still be gone on with is left there.
 */
export const bringCopy = async (
  files: LargeFiles,
  { bytes, sha256, port, path }: BackupWish,
  { partial, here }: { readonly partial: string; readonly here: number },
): Promise<Failure | null> => {
  try {
    const space = await files.space()
    if (!hasRoom(space, bytes - here))
      return { problem: 'no-room', detail: `${bytes - here} bytes more, ${space?.availableBytes} are free` }
    await files.fetch(partial, { port, path }, bytes)
    const length = (await files.list()).find(({ name }) => name === partial)?.bytes ?? 0
    if (length < bytes) return { problem: 'wrong-length', detail: `${length} bytes of ${bytes}` }
    const found = await files.sha256(partial)
    if (length === bytes && found === sha256) return null
    await files.remove(partial)
    return { problem: 'wrong-sha256', detail: `it is ${found}` }
  } catch (error) {
    return { problem: problemOf(error), detail: describeError(error).slice(0, 256) }
  }
}

const problemOf = (error: unknown): CopyProblem => {
  if (isInfraError(error, 'disk-full')) return 'no-room'
  if (isInfraError(error, 'http-timeout')) return 'unreachable'
  if (isInfraError(error, 'http-failed')) return 'status' in error.context ? 'refused' : 'unreachable'
  return 'disk'
}
