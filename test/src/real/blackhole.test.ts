// Asking over real sockets and a real kernel: a line that is dead behind a gateway that answers, and what all ways of asking promise.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { PROBE_KINDS } from '../conformance/probe-kinds.ts'
import { medianOwnMs, ownMs, tookWords } from '../helpers/late-ticks.ts'
import { freshNamespaces, noNamespaces, runInNamespace, seenIn } from '../helpers/netns.ts'

type Seen = {
  readonly what?: string
  readonly ms?: number
  readonly lateMs?: number
  readonly gaveUp?: boolean
  readonly status?: number | null
}

const noRulesets = (): string | null =>
  process.env['CI'] !== 'true' && spawnSync('nft', ['--version']).error ? 'nft is not installed' : null

t.test('a blackhole behind a gateway that answers', { skip: noNamespaces() ?? false }, async (t) => {
  const [gateway = '', internet = ''] = freshNamespaces(t, 2)
  const out = await runInNamespace(join(import.meta.dirname, 'blackhole-program.ts'), [
    '3',
    gateway,
    internet,
  ])
  const seen = seenIn<Seen>(out)
  const of = (what: string): Seen[] => seen.filter((one) => one.what === what)
  t.same(
    of('a second without a line').map(({ gaveUp }) => gaveUp),
    [false, false, false],
  )
  const runs = of('blackhole').map(({ ms = Infinity, lateMs = 0 }) => ({ ms, lateMs }))
  t.equal(runs.length, 3)
  t.comment(
    `given up after ${runs.map(tookWords).join(', ')}; back after ${of('healed')
      .map(({ ms }) => ms)
      .join(', ')} ms`,
  )
  t.ok(Math.min(...runs.map(({ ms }) => ms)) > 1000, 'not before a second')
  t.ok(medianOwnMs(runs) <= 1500, 'within a second and a half, as a rule')
  t.ok(Math.max(...runs.map(ownMs)) <= 2000, 'and never after two')
  t.same(
    of('the gateway answers').map(({ status }) => status),
    [0, 0, 0],
  )
})

type Asked = { readonly said: string; readonly ms: number; readonly isClosed: boolean }

t.test(
  'all ways of asking keep the same promises',
  { skip: noNamespaces() ?? noRulesets() ?? false },
  async (t) => {
    const program = join(import.meta.dirname, 'probe-suite-program.ts')
    const seen = seenIn<Seen & Asked>(await runInNamespace(program, freshNamespaces(t, 4)))
    const at = (what: string): Asked & object =>
      seen.find((one) => one.what === what) ?? { said: 'never asked', ms: Infinity, isClosed: false }
    t.match(at('traffic goes by another'), { leavesBy: 'wan2' })
    for (const kind of PROBE_KINDS) {
      const saidWhen = (mood: string): string => at(`${kind} ${mood}`).said
      t.equal(saidWhen('answered'), 'works', `${kind}: who answers works`)
      t.not(saidWhen('refused'), 'works', `${kind}: who refuses does not`)
      t.equal(saidWhen('silent'), 'probe-timeout', `${kind}: silence is silence, though another uplink works`)
      for (const mood of ['of an address that is not ours', 'without a link'])
        t.match(saidWhen(mood), /^probe-(failed|timeout)$/, `${kind}: nothing is said ${mood}`)
      for (const mood of [
        'answered',
        'refused',
        'silent',
        'of an address that is not ours',
        'without a link',
      ]) {
        const { ms, isClosed } = at(`${kind} ${mood}`)
        t.ok(ms < 1500, `${kind} ${mood}: ends in its second, and did after ${ms} ms`)
        t.ok(isClosed, `${kind} ${mood}: leaves nothing open`)
      }
    }
    t.match(at('full-size of large packets lost'), { said: 'probe-timeout' })
    t.match(at('icmp of large packets lost'), { said: 'works' })
    t.match(at('page by a portal'), { said: 'portal' })
    t.match(at('dns by a liar'), { said: 'answers' })
    t.match(at('strays'), { packets: 0 }, 'nothing ever leaves by another uplink')
  },
)
