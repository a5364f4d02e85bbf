import { type Clock, type MonoMs, later, seconds } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'
import type { Disk } from '../sys/sys.ts'
import type { Place } from './entry.ts'
import { recordAt } from './segment.ts'

type OnDisk = Extract<Place, { kind: 'disk' }>

/** later: it is being read; unreadable: the disk does not give it now; gone: what was there is damaged or not there */
export type WindowAnswer = object | 'later' | 'unreadable' | 'gone'

/** The few segments that are being sent again, in memory while they are. */
export type Window = {
  look(place: OnDisk): WindowAnswer
  close(): void
}

/** One of events and one of numbers, since the two are sent interleaved. */
const MOST_OPEN = 2
const TRY_AGAIN = seconds(10)

/** @param sizeOf bytes that were durably written to a segment so far */
export const createWindow = (disk: Disk, clock: Clock, sizeOf: (segment: string) => number): Window => {
  const open = new Map<string, { readonly bytes: Uint8Array; readonly promised: number }>()
  const failed = new Map<string, MonoMs>()
  const loading = new Set<string>()

  const load = async (name: string): Promise<void> => {
    loading.add(name)
    const promised = sizeOf(name)
    try {
      const bytes = (await disk.read(name)) ?? new Uint8Array()
      open.delete(name)
      for (const oldest of [...open.keys()].slice(0, Math.max(0, open.size - MOST_OPEN + 1)))
        open.delete(oldest)
      open.set(name, { bytes, promised })
    } catch (error) {
      if (!isInfraError(error)) throw error
      failed.set(name, later(clock.now().mono, TRY_AGAIN))
    } finally {
      loading.delete(name)
    }
  }

  return {
    look({ segment, offset, length }) {
      const until = failed.get(segment)
      if (until !== undefined && clock.now().mono < until) return 'unreadable'
      failed.delete(segment)
      const here = open.get(segment)
      if (here && offset + length <= here.promised) {
        const record = recordAt(here.bytes, offset)
        return record?.length === length ? record.value : 'gone'
      }
      if (!loading.has(segment)) void load(segment)
      return 'later'
    },
    close: () => open.clear(),
  }
}
