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
 * The number of this start, on the disk before it is used.
 * It counts up by one. Without a readable counter (a new or a reflashed disk, damage), or when the disk takes no new
 * one, it jumps to the seconds since 1970, so that a number that this node's coordinator has seen does not come again;
 * a wrong wall clock can only break that on a disk that also lost the counter and every segment.
 * @param seen the highest session in the segments, 0 for none
 */
export const nextSession = async (disk: Disk, seen: number, now: WallMs): Promise<SessionNumber> => {
  const stored = await readSession(disk)
  const jump = Math.max(seen + 1, Math.floor(now / 1000), 1)
  const session = stored === null ? jump : Math.max(stored, seen) + 1
  if (await keepSession(disk, session)) return { session, durable: true }
  return { session: Math.max(session, jump), durable: false }
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
