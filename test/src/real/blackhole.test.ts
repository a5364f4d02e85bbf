// The prober over real sockets and a real kernel: a line that is dead behind a gateway that answers.
import { join } from 'node:path'
import t from 'tap'
import { freshNamespaces, noNamespaces, runInNamespace, seenIn } from '../helpers/netns.ts'

type Seen = {
  readonly what?: string
  readonly ms?: number
  readonly gaveUp?: boolean
  readonly status?: number | null
}

t.test(
  'a blackhole behind a gateway that answers',
  { skip: noNamespaces() ?? false, timeout: 120_000 },
  async (t) => {
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
    const times = of('blackhole').map(({ ms = Infinity }) => ms)
    t.equal(times.length, 3)
    t.comment(
      `given up after ${times.join(', ')} ms; back after ${of('healed')
        .map(({ ms }) => ms)
        .join(', ')} ms`,
    )
    t.ok(Math.min(...times) > 1000, 'not before a second')
    for (const { status } of of('the gateway answers')) t.ok(status === 0 || status === null)
  },
)
