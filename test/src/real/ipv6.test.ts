import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freshNamespaces, noNamespaces, runInNamespace, seenIn } from '../helpers/netns.ts'
t.test('x', { timeout: 240_000 }, async (t) => {
  const names = freshNamespaces(t, 5)
  const out = await runInNamespace(join(import.meta.dirname, 'ipv6-program.ts'), [mkdtempSync('/tmp/ih6-'), ...names], (l) => require('node:fs').appendFileSync('/tmp/x6/out.txt', l + '\n'))
})
