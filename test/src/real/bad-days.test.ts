// Days on which something is wrong with uplinks that is no plain silence, for a whole agent and coordinator in a real kernel.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { AT_ONCE_MS, ownMs, type Took, tookWords } from '../helpers/late-ticks.ts'
import { freshNamespaces, noNamespaces, runInNamespace, seenIn } from '../helpers/netns.ts'

type Seen = { readonly what: string } & Record<string, unknown>
const tookOf = ({ ms = Infinity, lateMs = 0 }: Seen): Took => ({ ms: Number(ms), lateMs: Number(lateMs) })

const noPrograms = (): string | null =>
  process.env['CI'] !== 'true' &&
  ['nft', 'conntrack', 'setpriv'].some((name) => spawnSync(name, ['--version']).error)
    ? 'nft, conntrack and setpriv are not all installed'
    : null
const skip = noNamespaces() ?? noPrograms() ?? false

t.jobs = 2 // each day has namespaces of its own, and waits for most of it

const live = async (t: Test, mode: string): Promise<(what: string) => Seen> => {
  const program = join(import.meta.dirname, 'bad-days-program.ts')
  const out = await runInNamespace(program, [mode, ...freshNamespaces(t, 4)])
  const seen = new Map(seenIn<Seen>(out).map((one) => [one.what, one]))
  return (what) => seen.get(what) ?? { what }
}

t.test('uplinks that come, go and change', { skip, buffered: true }, async (t) => {
  const at = await live(t, 'usual')
  t.match(at('booted with a dead primary'), { leavesBy: 'wan2', wan: { active: 'dsl', fault: null } })
  t.match(
    at('pinned to one that dies'),
    { sources: ['198.51.101.1', '198.51.100.1'] },
    'a flow of an uplink that is not in use goes on by the one that is, when its own dies',
  )
  for (const what of ['asked', 'asked?dryRun=true'])
    t.match(at(what), { status: 409, body: { detail: /by wan1 stands before ours/ } }, what)
  t.match(
    at('refused'),
    {
      active: 'mifi',
      leavesBy: 'wan1',
      lastDecision: { to: 'dsl', swept: null, error: /by wan1 stands before ours/ },
    },
    'what no packet would follow is no move',
  )
  t.match(
    at('both dead'),
    { active: at('both dead')['before'], stays: 'nothing-better' },
    'to move from dead to dead helps nobody',
  )
  const returned = at('one returned')['took'] as Took
  t.ok(ownMs(returned) < 5000, `who is back first is used, after ${tookWords(returned)}`)
  t.match(
    at('another gateway'),
    {
      leavesBy: 'wan1',
      table: /default via 192\.168\.8\.254 dev wan1/,
      main: /^default via 192\.168\.8\.254 dev wan1 proto 173/,
    },
    'a gateway that changes is followed without a move',
  )
  const whole = /default via 192\.168\.8\.1 dev wan1.*unreachable default/
  t.match(at('down and up'), { table: whole }, 'a table that ifdown emptied is filled again')
  t.match(
    at('without an address'),
    {
      leavesBy: 'wan2',
      uplinks: [{ id: 'mifi', state: 'down', cause: 'address', verdicts: { link: 'works' } }],
    },
    'a link is no way out',
  )
  t.ok(
    ownMs(tookOf(at('the device is gone'))) <= AT_ONCE_MS,
    `the device is gone: ${tookWords(tookOf(at('the device is gone')))}`,
  )
  t.match(
    at('the device is back'),
    { leavesBy: 'wan1', table: whole },
    'a device that returns under its name is used again',
  )
  t.match(
    at('a path of 1280 bytes'),
    { mifi: { state: 'up', cause: null } },
    'a path that says how large it is is in order',
  )
})

t.test('two uplinks that were given the same address are told apart', { skip, buffered: true }, async (t) => {
  const at = await live(t, 'same-address')
  t.match(at('at first'), { uplinks: [{ address: '192.168.8.10' }, { address: '192.168.8.10' }] })
  t.match(at('told apart by wan2'), { uplinks: ['down', 'up'] })
  t.match(at('told apart by wan1'), { uplinks: ['up', 'down'] })
  for (const to of ['moved to wan1', 'moved to wan2']) {
    const took = tookOf(at(to))
    t.ok(ownMs(took) <= 2000, `${to} after ${tookWords(took)}`)
  }
})

t.test(
  'without its rights a router says so, and does nothing by halves',
  { skip, buffered: true },
  async (t) => {
    const at = await live(t, 'no-rights')
    t.match(at('without rights'), {
      fault: { code: 'lacks-right', text: /CAP_NET_ADMIN/ },
      refused: { status: 409, body: { detail: /nothing can be moved: .*CAP_NET_ADMIN/ } },
      isUntouched: true,
      tables: false,
    })
    t.match(at('alert'), { code: 'router-fault', cause: 'lacks-right', severity: 'critical' })
  },
)

const noDhcp = (): string | null =>
  process.env['CI'] !== 'true' &&
  (spawnSync('dhcpcd', ['--version']).error || spawnSync('busybox', ['--help']).error)
    ? 'dhcpcd and busybox are not installed'
    : null

t.test(
  'a DHCP client that renews, or is given another address, moves nothing',
  { skip: skip || (noDhcp() ?? false), buffered: true },
  async (t) => {
    const at = await live(t, 'renewed')
    t.match(at('renewed'), {
      leavesBy: 'wan1',
      table: /default via 192\.168\.8\.1 dev wan1.*unreachable default/,
      stream: { sent: 600, received: 600, failed: 0 },
      decision: { reason: 'first' },
    })
    t.match(
      at('another address'),
      {
        table: /default via 192\.168\.8\.1 dev wan1.*unreachable default/,
        rules: /from 192\.168\.8\.77 lookup 8101/,
      },
      'a new address is followed',
    )
  },
)

t.test(
  'a modem that reboots by itself is left alone, and used again',
  { skip, buffered: true },
  async (t) => {
    const program = join(import.meta.dirname, 'modem-reboot-program.ts')
    const out = await runInNamespace(program, freshNamespaces(t, 4))
    const seen = new Map(seenIn<Seen>(out).map((one) => [one.what, one]))
    const at = (what: string): Seen => seen.get(what) ?? { what }
    t.ok(ownMs(tookOf(at('moved'))) <= AT_ONCE_MS, `moved after ${tookWords(tookOf(at('moved')))}`)
    t.match(at('without a cable'), { path: { state: 'down', cause: 'link' } })
    t.match(
      at('without a radio'),
      { path: { state: 'down', cause: 'radio' }, leavesBy: 'wan2' },
      'a box that answers is no way out yet',
    )
    t.match(
      at('back'),
      { leavesBy: 'wan2', wan: { active: 'dsl', lastDecision: { reason: 'path-down' } } },
      'it is not gone back to at once',
    )
    t.match(
      at('asked of the modem'),
      { orders: [], tries: 0 },
      'nothing is repaired that comes back by itself',
    )
    t.match(at('used again'), { leavesBy: 'wan1' })
  },
)
