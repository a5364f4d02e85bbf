import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noNamespaces, runInNamespace } from '../helpers/netns.ts'

const EXPECTED = [
  'first look',
  'cut',
  'mended',
  'address added',
  'route added',
  'rule added',
  'switched off',
  'renamed',
  'deleted',
]

const missing = noNamespaces()
const skip = missing !== null && process.env['CI'] !== 'true' ? missing : false

t.test('what happens to real links reaches the coordinator', { skip }, async (t) => {
  const program = fileURLToPath(new URL('./kernel-program.ts', import.meta.url))
  const seen = (await runInNamespace(program, ['5']))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { what: string; ms: number })
  for (const what of EXPECTED)
    t.test(what, async (t) => {
      const times = seen.filter((s) => s.what === what).map(({ ms }) => Math.round(ms))
      t.ok(times.length > 0)
      const median = times.toSorted((a, b) => a - b)[times.length >> 1]
      t.comment(`known after ${median} ms (median of ${times.join(', ')})`)
    })
})
