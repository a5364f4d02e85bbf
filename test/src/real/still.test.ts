// What must move nothing, and what may cost no more than a second, for a whole agent and coordinator in a real kernel and in real time.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ownMs, type Took, tookWords } from '../helpers/late-ticks.ts'
import { MIXES } from '../lab/mixes.ts'
import { OUTAGES } from '../lab/outage.ts'
import { freshNamespaces, noNamespaces, runInNamespace, seenIn } from '../helpers/netns.ts'

type Seen = { readonly what: string } & Record<string, unknown>

const noPrograms = (...names: string[]): string | null =>
  process.env['CI'] !== 'true' && names.some((name) => spawnSync(name, ['--help']).error)
    ? `${names.join(', ')} are not all installed`
    : null
const skip = noNamespaces() ?? noPrograms('nft', 'conntrack', 'perl') ?? false

/** What a program saw, by what was done. */
const lookup = async (t: Test, program: string): Promise<(what: string) => Seen> => {
  const out = await runInNamespace(join(import.meta.dirname, program), freshNamespaces(t, 4))
  const seen = new Map(seenIn<Seen>(out).map((one) => [one.what, one]))
  return (what) => seen.get(what) ?? { what }
}

t.jobs = 2

/** What leaves traffic where it is. */
const UNMOVED = { devices: ['wan1'], why: null }

t.test(
  'a second without a line moves nothing, whatever users do, in real time',
  { skip, buffered: true },
  async (t) => {
    const at = await lookup(t, 'mixes-program.ts')
    for (const mix of Object.keys(MIXES))
      for (const place of Object.keys(OUTAGES)) {
        const what = `a second ${place}, ${mix}`
        t.match(at(what), UNMOVED, what)
      }
  },
)

t.test('what else must move nothing moves nothing', { skip, buffered: true }, async (t) => {
  const at = await lookup(t, 'still-program.ts')
  const rows = [
    'the agent stopped, both ways',
    'the agent stopped, idle',
    'a quarter lost, both ways',
    'a quarter lost, idle',
  ]
  for (const what of rows) t.match(at(what), UNMOVED, what)
  t.match(at('a quarter lost, both ways'), { isLossSeen: true }, 'and the uplink is degraded for its loss')
  t.match(
    at('its own restart'),
    {
      devices: ['wan2'],
      ours: [],
      isAsBefore: true,
      stream: { sent: 1200, received: 1200, failed: 0 },
      active: 'dsl',
    },
    'an agent that starts reads back what there is, and flushes nothing',
  )
})

t.test(
  'a broker that dies alone in the moment of a fault costs no more than a second',
  { skip: skip || (noPrograms('mosquitto') ?? false) },
  async (t) => {
    const at = await lookup(t, 'broker-gone-program.ts')
    const { took, told, ...seen } = at('without a broker')
    t.ok(ownMs(took as Took) <= 2500, `moved after ${tookWords(took as Took)}`)
    t.ok(ownMs(told as Took) <= 2000, `told of it ${tookWords(told as Took)} after it was handed back`)
    t.match(
      seen,
      {
        leavesBy: 'wan2',
        wan: { holder: 'coordinator', active: 'dsl', lastDecision: { by: 'agent', from: 'mifi', to: 'dsl' } },
      },
      'and is handed back without another move',
    )
  },
)
