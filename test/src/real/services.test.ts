// Paths that live and lack something: names, the web, or large packets; in a kernel, under users' flows, by a whole agent and coordinator.
import { join } from 'node:path'
import t from 'tap'
import { ownMs, tookWords } from '../helpers/late-ticks.ts'
import { freshNamespaces, noNamespaces, runInNamespace, seenIn } from '../helpers/netns.ts'

type Seen = { what: string; cause?: string | null; ms?: number; lateMs?: number; leavesBy?: string }

const LONGEST_MS = 5000

t.test(
  'what a living path lacks is found out by users’ flows, named, and left by',
  { skip: noNamespaces() ?? false },
  async (t) => {
    const program = join(import.meta.dirname, 'services-program.ts')
    const seen = seenIn<Seen>(await runInNamespace(program, freshNamespaces(t, 4)))
    t.match(seen[0], { what: 'at first', cause: null })
    for (const what of ['dns', 'portal', 'quota', 'tcp', 'large', 'mtu'] as const) {
      const [before, named, over] = seen.filter((one) => one.what === what)
      t.match(before, { cause: null, leavesBy: 'wan1' }, `${what}: nothing before`)
      const took = { ms: named?.ms ?? Infinity, lateMs: named?.lateMs ?? 0 }
      t.ok(
        ownMs(took) <= LONGEST_MS,
        `${what} is named ${tookWords(took)} after users’ first flow that failed`,
      )
      t.equal(
        named?.leavesBy,
        what === 'mtu' || what === 'large' ? 'wan1' : 'wan2',
        `${what}: who can work goes on`,
      )
      t.ok(over?.ms, `${what} is over when it is over`)
    }
  },
)
