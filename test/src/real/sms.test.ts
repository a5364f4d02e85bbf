// The internet is cut off in a kernel's network namespaces while alerts are due: who has a telephone is told at once by short message, who has none
// when it is back, once, together and marked late. Coordinator, agent and their processes are as they are shipped; the modem answers over real HTTP.
import { join } from 'node:path'
import t from 'tap'
import { freshNamespaces, noNamespaces, runInNamespace, seenIn } from '../helpers/netns.ts'

type Item = { alertId: string; event: string; title: string; late: boolean }
type Message = { title: string; items: Item[] }
type Seen = {
  what: string
  ms?: number
  messages?: number
  sms?: string[]
  log?: Message[]
  anna?: Message[]
}

t.test('alerts outlive the outage', { skip: noNamespaces() ?? false }, async (t) => {
  const out = await runInNamespace(join(import.meta.dirname, 'sms-program.ts'), freshNamespaces(t, 4))
  const seen = new Map(seenIn<Seen>(out).map((one) => [one.what, one]))
  const at = (what: string): Seen => seen.get(what) ?? { what }

  const failing = at('a server that does not answer')
  t.comment(
    `${failing.ms} ms until the short message, of which the server was waited for 10 s: ${failing.sms?.join()}`,
  )
  t.ok(Number(failing.ms) < 18_000, 'a channel that fails is followed by the next at once')
  t.match(failing.sms, [/^\+33612345678 home: modem-signal-lost on rpi4-1 \(lte\): lte /])
  for (const what of ['the internet is gone', 'an alert while it is gone']) {
    t.comment(`${what}: told by short message after ${at(what).ms} ms`)
    t.ok(Number(at(what).ms) < 15_000, `${what}: told at once`)
  }
  t.equal(at('nobody on the internet has heard').messages, 0)

  const { log = [], anna = [], sms = [] } = at('heard')
  t.comment([...log, ...anna].map(({ title }) => title).join('\n'), sms)
  const late = log.filter(({ items }) => items.filter((item) => item.late).length > 1)
  t.match(
    late.map(({ title }) => title),
    [/^home: \d alerts? while offline, \d still on$/],
    'what waited for the internet is told in one message',
  )
  for (const [who, messages] of Object.entries({ log, anna })) {
    const told = messages.flatMap(({ items }) => items.map(({ alertId, event }) => `${alertId} ${event}`))
    t.equal(new Set(told).size, told.length, `${who} is told each thing once`)
  }
  const fired = log.flatMap(({ items }) => items.filter(({ event }) => event === 'fired'))
  t.ok(fired.filter(({ title }) => title.startsWith('modem-signal-lost')).length === 2, 'both lost signals')
  t.ok(
    fired.some(({ title, late }) => title.startsWith('wan-down') && late),
    'and the internet’s absence',
  )
  t.match(
    sms.map((text) => text.replace(/^\+33612345678 home: (\S+) .*$/, '$1')),
    ['modem-signal-lost', 'wan-down', 'modem-signal-lost'],
    'no short message is sent twice: nobody can have heard before',
  )
})
