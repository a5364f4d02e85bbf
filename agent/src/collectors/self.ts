import { minutes } from '@infra-home/shared/clock.ts'
import { parseCpuTicks, parseSmapsRollup } from '../parse/proc-host.ts'
import type { Collector } from './collector.ts'

const TICKS_PER_SECOND = 100

/** What this agent itself costs: memory, and its share of a core since the last look. Walking the memory map is not free. */
export const self = (): Collector => {
  let last: { readonly ticks: number; readonly mono: number } | null = null
  return {
    name: 'self',
    pace: minutes(5),
    wakesOn: [],
    async collect(sys) {
      const [rollup, stat] = await Promise.all([
        sys.readText('/proc/self/smaps_rollup'),
        sys.readText('/proc/self/stat'),
      ])
      const { rssBytes, anonBytes } = parseSmapsRollup(rollup ?? '')
      const { mono } = sys.clock.now()
      const ticks = parseCpuTicks(stat ?? '')
      const share =
        last && ticks !== null && mono > last.mono
          ? (ticks - last.ticks) / TICKS_PER_SECOND / ((mono - last.mono) / 1000)
          : null
      if (ticks !== null) last = { ticks, mono }
      const numbers = { agentRssBytes: rssBytes, agentAnonBytes: anonBytes, agentCpuShare: share }
      return { states: [], numbers: { 'host/host': numbers }, whole: [] }
    },
  }
}
