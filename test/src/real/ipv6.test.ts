// IPv6 of a house by a real kernel: an uplink that has it and one that has none, a whole coordinator and a whole router's agent, and a real radvd.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { ownMs, type Took } from '../helpers/late-ticks.ts'
import { freshNamespaces, noNamespaces, runInNamespace, seenIn } from '../helpers/netns.ts'

const missing = (): string | null =>
  process.env['CI'] !== 'true' &&
  ['nft', 'conntrack', 'radvd'].some((program) => spawnSync(program, ['--version']).error)
    ? 'nft, conntrack and radvd are not all installed'
    : null

type Seen = { readonly what: string } & Record<string, unknown>
type Answers = { readonly answers: readonly ({ readonly said: string } & Took)[] }

const NOWHERE = /unreachable/i
/** Who asks is told so, long before a program would ask again by itself. */
const areTurnedAway = (seen: unknown): boolean =>
  (seen as Answers).answers.every(
    ({ said, ...took }) => /^(ECONNREFUSED|ENETUNREACH)$/.test(said) && ownMs(took) < 1000,
  )
const packetsOf = (counters: unknown, name: string): number => {
  type Counter = { readonly counter?: { readonly name: string; readonly packets: number } }
  const { nftables } = JSON.parse(String(counters)) as { readonly nftables: readonly Counter[] }
  return nftables.find(({ counter }) => counter?.name === name)?.counter?.packets ?? 0
}

t.test(
  'IPv6 of the house goes where it leads somewhere, and nobody waits where it does not',
  { skip: noNamespaces() ?? missing() ?? false },
  async (t) => {
    const names = freshNamespaces(t, 5)
    const program = join(import.meta.dirname, 'ipv6-program.ts')
    const out = await runInNamespace(program, [t.testdir(), ...names])
    const seen = new Map(seenIn<Seen>(out).map((one) => [one.what, one]))
    const at = (what: string): Seen => seen.get(what) ?? { what }
    const [open, closed] = [
      { plain: 'wan1', from: 'wan1', bound: 'wan1', other: NOWHERE, house: /dev lan10/ },
      { plain: NOWHERE, from: 'wan1', bound: 'wan1', other: NOWHERE, house: /dev lan10/ },
    ]

    const first = at('at first')
    t.match(first, { kernel: open, wan: { active: 'mifi', fault: null }, infra: { received: 50 } })
    t.match(
      first,
      { kernel: { main: /proto 173 metric 47 .*\n.* proto ra metric 1024 .* pref high$/ } },
      'a default that was advertised neither joins ours nor is preferred, whatever it says of itself',
    )
    t.match(first['file'], /interface lan10 \{[^}]*\};\n {2}RDNSS fd00:10::1 \{ \};\n\};\ninterface lan40/)
    t.match(first, { connected: { answers: [{ said: 'connected' }, {}, {}] } })
    t.match(first, { iot: { received: 0 } }, 'the IOT VLAN costs nothing over IPv6, either')
    t.match(first, { refused: { answers: [{ said: 'EACCES' }] } })
    t.ok(packetsOf(first['counters'], 'refused-mifi-iot') >= 51)
    t.equal(packetsOf(first['counters'], 'used-mifi-iot'), 0)
    t.ok(packetsOf(first['counters'], 'used-mifi-infra') >= 100, 'what is used over IPv6 is counted')

    const planned = at('planned')['planned'] as Seen[]
    t.equal(planned.length, 3)
    for (const one of planned) {
      t.match(one, { stream: { received: 300, failed: 0 }, isWayOut: true }, 'a planned move loses nothing')
      t.match(one, { kernel: closed }, 'new flows do not stray to an uplink that is not in use')
      t.ok(areTurnedAway(one['house']), 'and are told so at once')
    }
    t.match(at('planned'), { iot: { received: 0 } })

    const died = at('died')
    t.comment(
      `advertised no more ${String(died['goneMs'])} ms after the move, again after ${String(at('back')['backMs'])}`,
    )
    t.ok(Number(died['goneMs']) < 10_000)
    t.ok(Number(died['pinned']) > 0)
    t.match(
      died,
      { established: { answers: [{ said: 'ECONNRESET' }] } },
      'whose connection is dead is told so',
    )
    t.match(died, { swept: 0, kernel: closed }, 'what was pinned to the dead one is swept')
    t.ok(areTurnedAway(died['house']))
    t.match(at('back'), { infra: { received: 50 } })
    t.ok(Number(at('back')['backMs']) < 5000)

    const alone = at('IPv6 alone died')
    t.comment(`named ${String(alone['namedMs'])} ms after the first flow that came to nothing`)
    t.match(
      alone,
      {
        leavesBy: 'wan1',
        kernel: closed,
        wan: { active: 'mifi', fault: null, uplinks: [{ state: 'up', verdicts: { ipv6: 'fails' } }, {}] },
      },
      'a line whose IPv6 alone is dead is not left',
    )
    t.ok(areTurnedAway(alone['house']))
    t.match(
      alone,
      { tried: { answers: [{ said: 'ECONNREFUSED' }] } },
      'nor is the first who tried left alone',
    )

    const back = at('down and up')
    t.match(back, { down: { from: NOWHERE }, kernel: open, infra: { received: 50, failed: 0 } })
    const verdicts = back['verdicts'] as (string | null)[]
    t.ok(verdicts.includes(null), 'it was without IPv6')
    t.notOk(
      verdicts.slice(verdicts.indexOf(null)).includes('fails'),
      'an address that is still being looked for elsewhere is not asked from',
    )
    t.same(at('drift')['drift'], [], 'and nobody is accused of anything')
  },
)
