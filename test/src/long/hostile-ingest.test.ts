import t from 'tap'
import { HONEST } from '../conformance/hostile-payloads.ts'
import { runHostile } from '../conformance/hostile-run.ts'
import { LINK } from '../helpers/said.ts'

const COUNT = 100_000
const MOST_GROWTH_BYTES = 8_000_000
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)

t.test(`${COUNT} hostile payloads: each is taken in or counted, and nothing else happens`, async (t) => {
  t.comment(`SEED=${seed}`)
  const { accepted, rejected, lost, unheard, world, heap, seconds } = await runHostile(seed, COUNT)
  t.comment(`${Math.round(COUNT / seconds)} a second, ${accepted} accepted, ${JSON.stringify(rejected)}`)
  t.same(lost, [], 'none throws or vanishes')
  t.equal(unheard, 0, 'all that an honest node says meanwhile is taken in')
  t.same(world.nodes[HONEST]?.states['link/eth0']?.body, LINK)
  t.same(Object.keys(world.nodes).toSorted(), ['phone-1', 'rpi4-1', HONEST], 'nobody else came into being')
  t.equal(({} as Record<string, unknown>)['v'], undefined, 'no prototype was touched')
  t.ok(accepted > COUNT / 20, `${accepted} were good enough to go on to the world`)
  const reasons = Object.keys(rejected)
  for (const reason of [
    'malformed-json',
    'wrong-type',
    'unknown-topic',
    'wrong-mac',
    'no-mac',
    'too-many-gaps',
  ])
    t.ok(reasons.includes(reason), `${reason} is among the reasons`)
  t.ok(
    heap[1] - heap[0] < MOST_GROWTH_BYTES,
    `heap ${Math.round(heap[0] / 1e6)} → ${Math.round(heap[1] / 1e6)} MB`,
  )
})
