import type { DurationMs } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { StateKey } from '@infra-home/shared/messages/states.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import type { Collector, Reading } from './collectors/collector.ts'
import type { Sys } from './sys/sys.ts'
import { withLimit } from './with-limit.ts'

const LONGEST_ERROR = 512

/**
 * Looks with one collector. Its failure, or its taking longer than `limit`, is a reading too: state/collector/<name>.
 */
export const look = async (collector: Collector, sys: Sys, limit: DurationMs): Promise<Reading> => {
  try {
    const reading = await withLimit(collector.collect(sys), sys.clock, limit)
    return { ...reading, states: [...reading.states, health(collector.name, null)] }
  } catch (error) {
    return { states: [health(collector.name, describeError(error))], numbers: {}, whole: [] }
  }
}

const health = (id: string, error: string | null): Reading['states'][number] => ({
  kind: 'collector',
  id,
  body: { ok: error === null, error: error?.slice(0, LONGEST_ERROR) ?? null },
})

/** Numbers of several readings as one: what speaks of the same thing is laid together, the later wins. */
export const mergeNumbers = (readings: readonly Reading[]): Record<StateKey, Numbers> => {
  const merged: Record<StateKey, Numbers> = {}
  for (const { numbers } of readings)
    for (const [key, values] of Object.entries(numbers) as [StateKey, Numbers][])
      merged[key] = { ...merged[key], ...values }
  return merged
}
