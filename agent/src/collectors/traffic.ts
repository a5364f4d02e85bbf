import type { StateKey } from '@infra-home/shared/messages/states.ts'
import type { Numbers } from '@infra-home/shared/messages/tm.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { parseNetDev } from '../parse/proc-net.ts'
import type { Collector } from './collector.ts'
import { interesting, MOST_INTERFACES } from './interfaces.ts'

/** Bytes, errors and drops of every link: one file, read on every sample. */
export const traffic = (options: { readonly ignored?: readonly string[] } = {}): Collector => {
  const keeps = interesting(options.ignored)
  return {
    name: 'traffic',
    pace: 'sample',
    wakesOn: [],
    async collect(sys) {
      const text = await sys.readText('/proc/net/dev')
      if (text === null) throw new InfraError('parse-failed', '/proc/net/dev cannot be read')
      const numbers: Record<StateKey, Numbers> = {}
      const kept = [...parseNetDev(text)].filter(([name]) => keeps(name)).slice(0, MOST_INTERFACES)
      for (const [name, counters] of kept) numbers[`link/${name}`] = counters
      return { states: [], numbers, whole: [] }
    },
  }
}
