// What the bench of the way out makes of what its programs saw, and what a bench says when it is asked wrongly.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { figureRows } from '../../bench/figure.ts'
import { wanFigures } from '../../bench/wan.ts'

const RUN = join(import.meta.dirname, '../../bench/run.ts')

/** The contract's, and in which unit. */
const CONTRACT = {
  'blackhole-median': 's',
  'blackhole-worst': 's',
  'blackhole-upload': 's',
  'blackhole-upstream-only': 's',
  'blackhole-idle': 's',
  'carrier-loss': 's',
  'coordinator-killed-median': 's',
  'false-switches-loss25': 'count',
  'false-switches-outage1s': 'count',
  'failback-lost-packets': 'count',
  'bytes-active-day': 'bytes',
  'bytes-standby-day': 'bytes',
  'router-cpu': 'share of a core',
}

t.test('figures have the names and units that were promised, each once', async (t) => {
  const rivals = { keepalived: 7000, lsm: 7600 }
  const seen = [
    { what: 'blackhole', ours: 1300, ...rivals },
    { what: 'blackhole', ours: 1200, ...rivals },
    { what: 'blackhole', ours: 1700, keepalived: 9000, lsm: null },
    ...['blackhole-upload', 'blackhole-upstream-only', 'blackhole-idle', 'carrier-loss'].map((what) => ({
      what,
      ours: 900,
    })),
    { what: 'coordinator-killed', ours: 1950 },
    { what: 'false-switches-outage1s', ours: 0, keepalived: 0 },
    { what: 'false-switches-loss25', ours: 0, keepalived: 3 },
    { what: 'failback-lost-packets', ours: 0, unpinned: 7 },
    { what: 'failback-lost-packets', ours: 0, unpinned: 5 },
    { what: 'bytes-active-day', ours: 1_980_000, rival: 7_260_000 },
    { what: 'bytes-standby-day', ours: 180_000, rival: 7_260_000 },
    { what: 'router-cpu', ours: 0.018 },
    { what: 'said of the loss', ours: Number.NaN },
  ]
  const figures = wanFigures(seen, ({ program }) => `${program} is not installed`)
  const of = (name: string) => figures.filter((one) => one.name === name)
  for (const [name, unit] of Object.entries(CONTRACT)) t.match(of(name), [{ unit }], name)
  t.equal(new Set(figures.map(({ name }) => name)).size, figures.length)
  t.match(of('blackhole-median'), [
    { ours: 1.3, yardstick: { name: 'keepalived', value: 7 }, ratio: 0.1857, runs: 3 },
  ])
  t.match(of('blackhole-worst'), [{ ours: 1.7, yardstick: { value: 9 } }])
  t.match(of('blackhole-median-beside-lsm'), [{ yardstick: { name: 'lsm', value: 7.6 } }])
  t.match(of('coordinator-killed-median'), [
    { ours: 1.95, yardstick: { name: 'blackhole-median', value: 1.3 }, ratio: 1.5 },
  ])
  t.match(of('failback-lost-packets'), [
    { ours: 0, yardstick: { name: 'plain masquerade', value: 12 }, runs: 2 },
  ])
  t.match(
    of('carrier-loss'),
    [
      {
        ours: 0.9,
        yardstick: { name: 'keepalived', value: null, why: 'keepalived is not installed' },
        ratio: null,
      },
    ],
    'a rival that is not there is null, and says why',
  )
  t.match(
    figureRows(of('carrier-loss')),
    /carrier-loss +0\.9 s {2}keepalived: – \(keepalived is not installed\) {2}1 runs/,
  )
})

t.test('a bench that is asked for wrongly says so and measures nothing', async (t) => {
  const rows: [args: readonly string[], says: RegExp][] = [
    [['wan', '--quik'], /^Unknown option '--quik'[^]*\nusage: .*\n[^]*--only=PART/],
    [['wan', '--only=nothing'], /^--only=nothing: there is no such figure.* blackhole-median, [^]*\nusage: /],
    [['radio', '--only='], /^--only=: there is no such figure.* rules-tick, /],
    [['ingest', '--only=x'], /^--only: ingest measures all together\nusage: /],
    [['wan', 'radio'], /^one at a time: wan, radio\nusage: /],
  ]
  for (const [args, says] of rows) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [RUN, ...args], { encoding: 'utf8' })
    t.match({ status, stdout, stderr }, { status: 2, stdout: /^$/, stderr: says }, args.join(' '))
  }
})
