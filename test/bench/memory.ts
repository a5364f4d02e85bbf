import { readFileSync } from 'node:fs'

export type Usage = { readonly rssBytes: number; readonly anonBytes: number; readonly cpuSeconds: number }

const TICKS_PER_SECOND = 100

/** What a process uses now: smaps_rollup, and its own and its reaped children's processor time. */
export const usageOf = (pid: number): Usage => {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0)
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + (fields[i] ?? 0), 0)
  return {
    rssBytes: kilobytes('Rss') * 1024,
    anonBytes: kilobytes('Pss_Anon') * 1024,
    cpuSeconds: ticks / TICKS_PER_SECOND,
  }
}
