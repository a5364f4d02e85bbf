import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { runInNamespace, seenIn, withNamespaces } from '../src/helpers/netns.ts'
import { ROOT } from './child.ts'
import { type Bench, figure, type Figure, latency } from './figure.ts'
import { RIVALS } from './wan-rivals.ts'

type Seen = { readonly what: string; readonly ours: number } & Readonly<Record<string, unknown>>

/**
 * Milliseconds from a fault of an uplink to traffic going elsewhere, beside keepalived and lsm (Debian's packages), who watch the same line in
 * the same minutes and only say that it is dead; and how often each gives up a line that lives.
 */
export const wan: Bench = async ({ quick, only, say }) => {
  for (const program of ['keepalived', 'lsm', 'nft', 'conntrack', 'perl'])
    if (spawnSync(program, ['--version']).error) throw new Error(`${program} is not installed`)
  const race =
    only === 'cost'
      ? ''
      : await run('wan-race-program.ts', [quick ? '3' : '20', quick ? 'quick' : 'whole', only], say)
  const cost =
    only === '' || only === 'cost' ? await run('wan-cost-program.ts', [quick ? '10' : '60'], say) : ''
  const seen = seenIn<Seen>(race + cost)
  return [...new Set(seen.map(({ what }) => what))].flatMap((what) =>
    figuresOf(
      what,
      seen.filter((one) => one.what === what),
    ),
  )
}

const run = (program: string, args: readonly string[], say: (line: string) => void): Promise<string> =>
  withNamespaces(4, (names) => runInNamespace(join(ROOT, 'test/bench', program), [...names, ...args], say))

const unitOf = (what: string): string => {
  if (/outages|lost/.test(what)) return 'false moves'
  if (what.startsWith('bytes')) return 'bytes'
  return what.startsWith('router') ? '% of a core' : 'ms'
}

const figuresOf = (what: string, seen: readonly Seen[]): Figure[] => {
  const [first] = seen
  if (!first || typeof first.ours !== 'number') return []
  const ours = seen.map((one) => one.ours)
  const unit = unitOf(what)
  const beside = RIVALS.filter((rival) => rival in first).map((rival) => {
    const theirs = seen.flatMap((one) => (typeof one[rival] === 'number' ? [one[rival]] : []))
    return figure(what, unit, { ours, yardstick: theirs, against: rival })
  })
  const worst = latency(`${what}, worst`, unit, ours, (values) => Math.max(...values))
  return beside.length > 0 ? [...beside, worst] : [latency(what, unit, ours), worst]
}
