// What a router's agent does to a real kernel's rules and routes.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { freshNamespaces, noNamespaces, runInNamespace, seenIn } from '../helpers/netns.ts'
import { PING_PATIENCE_MS } from '../lab/ping-from.ts'

/** In CI what is missing is a failure. */
const noRulesets = (): string | null =>
  process.env['CI'] !== 'true' &&
  (spawnSync('nft', ['--version']).error || spawnSync('conntrack', ['--version']).error)
    ? 'nft and conntrack are not installed'
    : null

/** What `ip route get` says of a packet that may not leave. */
const NOWHERE = /No route to host|unreachable/i

type Seen = { readonly what: string; readonly paths: Record<string, string> } & Record<string, unknown>

/** What was seen, by what was done. */
const lookup = (out: string): ((what: string) => Seen) => {
  const seen = new Map(seenIn<Seen>(out).map((one) => [one.what, one]))
  return (what) => seen.get(what) ?? { what, paths: {} }
}

t.test('a router’s routing, in a real kernel', { skip: noNamespaces() ?? false }, async (t) => {
  const out = await runInNamespace(join(import.meta.dirname, 'router-program.ts'), ['40'])
  const at = lookup(out)

  const everywhere = {
    from1: 'wan1',
    from2: 'wan2',
    gateway2: 'wan2',
    from2v6: 'wan2',
    bound2: 'wan2',
    marked2: 'wan2',
    lan: 'lan',
    pod: 'cni0',
    pod6: 'cni0',
    neighbour2: 'wan2',
    neighbour2v6: 'wan2',
  }
  t.match(
    at('at first'),
    { ok: true, paths: { plain: 'wan1', plain6: 'wan1', ...everywhere } },
    'each its own way, at the same subnet too',
  )
  t.match(at('again'), { ok: true, changes: [] }, 'what is right is not touched')
  t.match(at('moved'), { ok: true, paths: { plain: 'wan2', plain6: 'wan2', ...everywhere } })
  t.equal(
    (at('moved')['changes'] as string[]).length,
    2,
    'a move replaces a route for each family and no more',
  )
  t.match(at('to and fro'), { toggles: 40, unsent: 0 }, 'no packet is without a route')
  t.comment(`${Number(at('to and fro')['ms']).toFixed(1)} ms a move, read back`)
  t.ok(Number(at('to and fro')['sent']) > 100)
  t.match(
    at('down').paths,
    { from2: NOWHERE, marked2: NOWHERE, from1: 'wan1' },
    'a probe never leaves by another path',
  )
  t.match(at('up').paths, { from2: NOWHERE }, 'not even while the table is empty')
  t.match(at('put right'), { ok: true, paths: { plain: 'wan1', ...everywhere } })
  t.match(at('somebody was here'), { left: { ok: true, changes: [] }, isLeft: true }, 'not ours to take')
  t.match(at('it was ours before'), { ok: true, paths: { plain: 'wan1' } })
  t.match(
    at('beside a VPN of NetworkManager'),
    { ok: true, isLeft: true, paths: { plain: 'wan2', plain6: 'wan2' } },
    'nothing of theirs is replaced',
  )
  t.match(at('an older default of ours'), { ok: true, isLeft: true, changes: { length: 2 } })
  t.notMatch(at('an older default of ours')['ours'], /metric 50/, 'goes')
  t.match(
    at('behind an IPv6 default of somebody else'),
    { ok: true, before: { interface: 'tun0', metric: 10 }, paths: { plain: 'wan1', plain6: 'tun0' } },
    'IPv4 moves, and it can be told',
  )
  t.match(at('too slowly'), { ok: false, undone: true, asBefore: true }, 'what may be done is undone')
  t.match(
    at('behind a default of somebody else'),
    {
      ok: false,
      undone: true,
      error: /by wan1 stands before ours/,
      ours: /dev wan1/,
      paths: { plain: 'wan1' },
    },
    'a move that no packet would follow is refused',
  )
  t.match(at('without an address'), { ok: false, undone: true, error: 'dsl has no address, or no gateway' })
  t.match(
    at('one that is not there'),
    { ok: true, unroutable: ['ghost'], paths: { plain: 'wan1', from2: 'wan2', ghost: NOWHERE } },
    'holds up no other',
  )
  t.match(at('by one without a next hop'), {
    ok: true,
    paths: { plain: 'wwan0', plain6: 'wwan0', ...everywhere, from4: 'wwan0', marked4v6: 'wwan0' },
  })
  t.match(
    at('impossible'),
    { ok: false, undone: true, asBefore: true, error: /nowhere0/ },
    'no half of a change',
  )
  const nothing = at('nothing wanted')
  t.match(nothing, { ok: true, ours: 0 }, 'what is ours goes when it is not wanted')
  t.ok((nothing['before'] as string[]).length >= 5)
  t.same(nothing['after'], nothing['before'], 'what is not ours is as it was')
})

t.test(
  'flows are pinned to the uplink by which they left',
  { skip: noNamespaces() ?? noRulesets() ?? false },
  async (t) => {
    const names = freshNamespaces(t, 5)
    const out = await runInNamespace(join(import.meta.dirname, 'pinning-program.ts'), names)
    const at = lookup(out)
    const [byMifi, byDsl] = [{ sources: ['192.168.8.10'] }, { sources: ['192.168.9.10'] }]

    t.match(at('routing'), { ok: true })
    t.match(at('ruleset'), { ok: true, shown: /chain pin/ })
    t.match(
      at('over the metered one'),
      { infra: { received: 50, ...byMifi }, iot: { received: 0 } },
      'the IOT VLAN costs nothing',
    )
    t.match(
      at('after the move'),
      { infra: { received: 50, ...byDsl }, iot: { received: 50, ...byDsl } },
      'new flows take the new way',
    )
    t.match(
      at('through the moves'),
      { there: { received: 300, failed: 0, ...byMifi }, back: { received: 300, failed: 0, ...byDsl } },
      'a flow stays where it is, and loses nothing',
    )
    const table = String(at('counted')['table'])
    t.match(table, /counter refused-mifi-iot \{\s+packets 50 /)
    t.match(table, /counter received-mifi \{\s+packets 3[0-9]{2} /, 'what came back from beyond is counted')
    t.match(
      at('led'),
      { ok: true, changes: { length: 2 } },
      'a rule for what is near, and one for what is not',
    )
    t.match(
      at('each by its own'),
      {
        infra: { received: 50, ...byMifi },
        iot: { received: 50, ...byDsl },
        near: ['lan10', 'vpn0'],
      },
      'who may not cost anything goes by what costs nothing, and nowhere by way of it that is near',
    )
    const refused = at('refused') as unknown as {
      iot: { received: number }
      ping: { said: string; ms: number }
    }
    t.match(refused, { infra: { received: 150, failed: 0, ...byMifi }, iot: byDsl }, 'nobody else notices')
    t.ok(refused.iot.received < 570, 'not a byte goes by what costs')
    t.match(refused.ping.said, /From 10\.40\.0\.1 .*Packet filtered/)
    t.ok(refused.ping.ms < PING_PATIENCE_MS / 2, 'and is told so at once')
    t.match(at('over IPv6'), {
      ping: { said: /Administratively prohibited/ },
      near: { said: /1 received/ },
    })
    t.match(at('a bad one'), { ok: false, error: /nft failed/ })
    t.match(at('a worse one'), { ok: false, error: /a"drop#: no ruleset can name/ })
    t.equal(
      at('tables')['tables'],
      'table inet theirs\ntable inet infra_home\n',
      'and what was there before stays',
    )
  },
)

t.test(
  'a network that no plan names goes out and is reached by every uplink, under a strict rp_filter too',
  { skip: noNamespaces() ?? noRulesets() ?? false },
  async (t) => {
    const names = freshNamespaces(t, 4)
    const at = lookup(await runInNamespace(join(import.meta.dirname, 'near-program.ts'), names))
    const each = (count: number, source4: string, source6: string) => ({
      ipv4: { received: count, failed: 0, sources: [source4] },
      ipv6: { received: count, failed: 0, sources: [source6] },
    })
    const [byMifi, byDsl] = [
      ['198.51.100.1', '2001:db8:8::10'],
      ['198.51.101.1', '2001:db8:9::10'],
    ] as const
    t.match(at('out'), each(50, ...byMifi))
    t.match(
      at('counted'),
      {
        counters: {
          'used-mifi-others': { packets: 200 },
          'used-dsl-others': { packets: 0 },
          'used-mifi-infra': { packets: 0 },
        },
      },
      'what it uses counts, both ways and in both families',
    )
    t.match(at('out by the other'), each(50, ...byDsl))
    t.match(at('through the move'), each(300, ...byMifi), 'its flows are pinned as everybody’s')
    t.match(at('in by the one in use'), each(50, '198.51.101.2', '2001:db8:101::2'))
    t.match(
      at('in by the other'),
      each(50, '198.51.100.2', '2001:db8:100::2'),
      'who came in is answered there',
    )
    t.match(
      at('pinned beside a VPN'),
      { out: ['wan1', 'wan1', 'wan1'], near: ['lan10', 'lan10'] },
      'half of the world is not near',
    )
  },
)

const noDhcp = (): string | null =>
  process.env['CI'] !== 'true' &&
  (spawnSync('dhcpcd', ['--version']).error || spawnSync('busybox', ['--help']).error)
    ? 'dhcpcd and busybox are not installed'
    : null

t.test(
  'an address is renewed by a real dhcpcd, told or by its cable',
  { skip: noNamespaces() ?? noDhcp() ?? false },
  async (t) => {
    const program = join(import.meta.dirname, 'renew-program.ts')
    const at = lookup(await runInNamespace(program, [t.testdir(), ...freshNamespaces(t, 1)]))
    t.match(at('renewed'), { said: null, isWhole: true })
    t.match(at('bounced'), { said: /not permitted/, isWhole: true })
  },
)
