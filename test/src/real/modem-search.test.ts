// The search for modems over real routes and a real connection: `agent modems` finds the one at the gateway by a single question.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { noNamespaces, runInNamespace, seenIn } from '../helpers/netns.ts'

const PROGRAM = join(import.meta.dirname, 'modem-search-program.ts')
type Seen = { readonly printed: string; readonly paths: readonly string[]; readonly tries: number }

t.test(
  'agent modems finds the HiLink modem at the gateway by one question, and keeps when it asked',
  { skip: noNamespaces() ?? false },
  async (t) => {
    const state = t.testdir()
    const [seen] = seenIn<Seen>(await runInNamespace(PROGRAM, [state]))
    t.match(seen?.printed, /^192\.168\.8\.1 +hilink +yes +its page has/m)
    t.match(seen?.printed, /"id": "hilink-192-168-8-1"/)
    t.same(seen?.paths, ['/'])
    t.equal(seen?.tries, 0)
    t.match(JSON.parse(readFileSync(join(state, 'asked-hosts.json'), 'utf8')), {
      askedAt: { '192.168.8.1': Number },
    })
  },
)
