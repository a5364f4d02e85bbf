import type { WallMs } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import type { Disk } from '../sys/sys.ts'

const SESSION_FILE = 'session'
/** Nobody starts that often: a greater number is damage. */
const MOST_SESSIONS = 2 ** 48

export type SessionNumber = {
  readonly session: number
  /** False: it could not be written; `keepSession` is owed. */
  readonly durable: boolean
}

/**
 * The number of this start, on the disk before it is used: one above the last, and at least the seconds since 1970. So it
 * grows even when the last one is not on the disk (it was full or failing, was replaced, was damaged): to whoever heard of
 * a higher session, everything that a lower one says is of the past. A wrong wall clock can only break that together with
 * such a disk.
 * @param seen the highest session in the segments, 0 for none
 */
export const nextSession = async (disk: Disk, seen: number, now: WallMs): Promise<SessionNumber> => {
  const last = Math.max((await readSession(disk)) ?? 0, seen)
  const session = Math.max(last + 1, Math.floor(now / 1000))
  return { session, durable: await keepSession(disk, session) }
}

/** Writes the counter; false when the disk does not take it. */
export const keepSession = async (disk: Disk, session: number): Promise<boolean> => {
  try {
    await disk.replace(SESSION_FILE, new TextEncoder().encode(`${session}\n`))
    return true
  } catch (error) {
    if (!isInfraError(error)) throw error
    return false
  }
}

const readSession = async (disk: Disk): Promise<number | null> => {
  try {
    const bytes = await disk.read(SESSION_FILE)
    const text = bytes ? new TextDecoder().decode(bytes) : ''
    const session = /^\d{1,16}\n$/.test(text) ? Number(text) : 0
    return session >= 1 && session <= MOST_SESSIONS ? session : null
  } catch (error) {
    if (!isInfraError(error)) throw error
    return null // as good as not there
  }
}
