import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { findProgram } from '../src/helpers/real-server.ts'
import { runInNamespace, seenIn, withNamespaces } from '../src/helpers/netns.ts'
import { ROOT } from './child.ts'
import { type Bench, figure, type Figure, median, type Of, sum, worst } from './figure.ts'
import { NAMED_FIGURES, namedFigures, wantsNames } from './wan-named.ts'
import { RIVALS, type Rival } from './wan-rivals.ts'

/** One line of a program's: what was measured, by us and by each rival. */
export type Seen = { readonly what: string; readonly ours: number } & Readonly<Record<string, unknown>>

/** What a quick run leaves out: everything else it does once. */
const QUICK =
  'quick: one run of each (the whole does 20 and 5), 8 s of loss (300), 1 outage (10), 8 under mixes of users (48), rivals beside the blackhole alone; without blackhole-60ms, blackhole-jitter, blackhole-full-queue, false-switches-loss25-idle and named-…'

/**
 * What a fault of an uplink costs, beside keepalived and lsm (Debian's packages), who watch the same line in the same minutes and only say that it is
 * dead; how often each gives up a line that lives; and what watching costs. A rival that is not installed has no figure, and says why.
 */
export const wan: Bench = async ({ quick, only, say }) => {
  for (const program of ['nft', 'conntrack', 'perl'])
    if (spawnSync(program, ['--version']).error) throw new Error(`${program} is not installed`)
  if (quick) say(QUICK)
  const wanted = [...new Set(RACES.filter(([name]) => name.includes(only)).map(([, what]) => what))]
  const race = [quick ? '1' : '20', quick ? 'quick' : 'whole', wanted.join(',')]
  const wantsCost = COST_PARTS.some((name) => name.includes(only))
  const said =
    (wanted.length > 0 ? await run('wan-race-program.ts', race, say) : '') +
    (wantsNames(quick, only) ? await run('../src/real/services-program.ts', [], say) : '') +
    (wantsCost ? await run('wan-cost-program.ts', [quick ? '5' : '60'], say) : '')
  const seen = said.trim() === '' ? [] : seenIn<Seen>(said)
  const why = (rival: Rival): string =>
    whyNone(rival, quick ? 'left out by --quick' : 'it asks at its own pace, whatever users do')
  return wanFigures(seen, why)
}

const run = (program: string, args: readonly string[], say: (line: string) => void): Promise<string> =>
  withNamespaces(4, (names) => runInNamespace(join(ROOT, 'test/bench', program), [...names, ...args], say))

const whyNone = ({ program }: Rival, otherwise: string): string =>
  findProgram(program) === null ? `${program} is not installed` : otherwise

/** The figure, what was seen for it, and what of all runs it is. */
const TIMES: readonly [name: string, what: string, of: Of][] = [
  ['blackhole-median', 'blackhole', median],
  ['blackhole-worst', 'blackhole', worst],
  ['blackhole-60ms-median', 'blackhole-60ms', median],
  ['blackhole-60ms-worst', 'blackhole-60ms', worst],
  ...[
    'blackhole-upload',
    'blackhole-full-queue',
    'blackhole-upstream-only',
    'blackhole-idle',
    'blackhole-jitter',
    'carrier-loss',
  ].flatMap((what): [string, string, Of][] => [
    [what, what, median],
    [`${what}-worst`, what, worst],
  ]),
]
const COUNTS = [
  'false-switches-outage1s',
  'false-switches-mixes',
  'false-switches-loss25',
  'false-switches-loss25-idle',
] as const
const STOPPED = 'false-switches-stopped'

/** The names of figures, and what is raced for each. */
const RACES: readonly (readonly [name: string, what: string])[] = [
  ...TIMES.map(([name, what]) => [name, what] as const),
  ['coordinator-killed-median', 'coordinator-killed'],
  ...[...COUNTS, STOPPED, 'failback-lost-packets'].map((what) => [what, what] as const),
]

/** Why a rival has no figure. */
type Why = (rival: Rival) => string
type Rows = { readonly seen: readonly Seen[]; readonly why: Why }

/** Figures under the contract's names. Pure. */
export const wanFigures = (seen: readonly Seen[], why: Why): Figure[] => [
  ...raceFigures(seen, why),
  ...namedFigures(seen),
  ...costFigures(seen),
]

const raceFigures = (seen: readonly Seen[], why: Why): Figure[] => {
  const of = (what: string): readonly Seen[] => seen.filter((one) => one.what === what)
  const ours = (what: string): number[] => of(what).map((one) => one.ours)
  const secondsOf = (what: string): number[] => ours(what).map(inSeconds)
  const killed = secondsOf('coordinator-killed')
  const lost = ours('failback-lost-packets')
  return [
    ...TIMES.flatMap(([name, what, at]) =>
      besideRivals(name, { unit: 's', of: at, each: inSeconds }, { seen: of(what), why }),
    ),
    ...(killed.length > 0
      ? [
          figure('coordinator-killed-median', 's', {
            ours: killed,
            yardstick: secondsOf('blackhole'),
            against: 'blackhole-median',
            why: 'left out by --only',
          }),
        ]
      : []),
    ...COUNTS.flatMap((what) =>
      besideRivals(what, { unit: 'count', of: sum, each: asIs }, { seen: of(what), why }),
    ),
    ...(ours(STOPPED).length > 0
      ? [
          figure(STOPPED, 'count', {
            ours: ours(STOPPED),
            yardstick: [],
            against: 'none',
            why: 'which of a rival’s programs are stopped would make the figure',
            of: sum,
          }),
        ]
      : []),
    ...(lost.length > 0
      ? [
          figure('failback-lost-packets', 'count', {
            ours: lost,
            yardstick: of('failback-lost-packets').map((one) => Number(one['unpinned'])),
            against: 'plain masquerade',
            of: sum,
          }),
        ]
      : []),
  ]
}
const inSeconds = (ms: number): number => ms / 1000
const asIs = (count: number): number => count

type How = { readonly unit: string; readonly of: Of; readonly each: (value: number) => number }

/** A figure against keepalived as its users set it, under the figure's own name, and one more for each other rival. */
const besideRivals = (name: string, { unit, of, each }: How, { seen, why }: Rows): Figure[] =>
  seen.length === 0
    ? []
    : RIVALS.flatMap((rival, i) => {
        const yardstick = seen.flatMap(({ [rival.name]: one }) =>
          typeof one === 'number' ? [each(one)] : [],
        )
        if (i > 0 && yardstick.length === 0) return []
        const ours = seen.map((one) => each(one.ours))
        const title = i === 0 ? name : `${name}-beside-${rival.name}`
        return [figure(title, unit, { ours, yardstick, against: rival.name, why: why(rival), of })]
      })

const COSTS = [
  ['bytes-active-day', 'bytes'],
  ['bytes-standby-day', 'bytes'],
  ['router-cpu', 'share of a core'],
  ['router-cpu-in-use', 'share of a core'],
] as const
/** All of them are measured together, with what each question costs. */
const COST_PARTS = ['cost', 'bytes-question', ...COSTS.map(([name]) => name)]

/** What may be measured alone. */
export const WAN_PARTS: readonly string[] = [...RACES.map(([name]) => name), ...NAMED_FIGURES, ...COST_PARTS]

const costFigures = (seen: readonly Seen[]): Figure[] => [
  ...COSTS.flatMap(([name, unit]) =>
    seen
      .filter(({ what }) => what === name)
      .map(({ ours, rival }) =>
        figure(name, unit, {
          ours: [ours],
          yardstick: typeof rival === 'number' ? [rival] : [],
          against: typeof rival === 'number' ? 'a ping each 2 s' : 'none',
          why: 'a share of its own',
        }),
      ),
  ),
  ...seen
    .filter(({ what }) => what.startsWith('bytes-question-'))
    .map(({ what, ours }) =>
      figure(what, 'bytes', { ours: [ours], yardstick: [], against: 'none', why: 'compared by the day' }),
    ),
]
