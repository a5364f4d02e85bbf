// A whole router of an agent, but for its sockets: over a fake kernel, a fake disk and a fake clock.
import t from 'tap'
import type { Modem } from '@infra-home/agent/modems/modem.ts'
import { readRouting } from '@infra-home/agent/router/actuate.ts'
import { isOurRoute } from '@infra-home/agent/router/ours.ts'
import type { Sys } from '@infra-home/agent/sys/sys.ts'
import { openWan, type Wan } from '@infra-home/agent/wan/open-wan.ts'
import { openLinkBouncer } from '@infra-home/agent/wan/link-bouncer.ts'
import { type RunningWanOptions, startWan } from '@infra-home/agent/wan/running-wan.ts'
import { newWanMemory } from '@infra-home/agent/wan/wan-memory.ts'
import type { UplinkNumbers } from '@infra-home/agent/wan/uplink-numbers.ts'
import { type DurationMs, milliseconds, minutes, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { LeaseMessage } from '@infra-home/shared/messages/lease.ts'
import type { UplinkPathState } from '@infra-home/shared/messages/path.ts'
import type { WanRouterState, WanWish, WishedUplink } from '@infra-home/shared/messages/wan.ts'
import { type FakeClock, fakeClock, settle } from '../helpers/fake-clock.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { type FakeKernel, fakeKernel } from '../helpers/fake-kernel.ts'

const NUMBERS: UplinkNumbers = { mifi: 1, dsl: 2 }

const uplink = (id: string): WishedUplink => ({
  id,
  kind: 'ethernet',
  interface: `wan${NUMBERS[id]}`,
  metered: false,
  priority: 10 * (NUMBERS[id] ?? 0),
  capBytes: null,
  billingDay: 1,
  phone: null,
  modem: null,
  targets: ['1.1.1.1', '8.8.8.8', '9.9.9.9'],
  resolvers: [],
  tcpPort: 443,
  pages: [],
  dailyBytes: null,
})
const wishOf = (...ids: readonly string[]): WanWish => ({
  uplinks: ids.map(uplink),
  networks: [],
  timeZone: 'Europe/Paris',
  badHours: [],
  drift: 'repair',
  repairs: [],
  hold: null,
  override: null,
})

/** A machine with two uplinks that are up, and DHCP clients' defaults. */
const kernelWithUplinks = (): FakeKernel => {
  const kernel = fakeKernel()
  kernel.devices = [1, 2].map((index) => ({
    ifname: `wan${index}`,
    flags: ['UP', 'LOWER_UP'],
    mtu: 1500,
    addr_info: [{ family: 'inet', local: `192.168.${7 + index}.10`, prefixlen: 24, scope: 'global' }],
  }))
  for (const index of [1, 2])
    kernel.put({
      dst: 'default',
      gateway: `192.168.${7 + index}.1`,
      dev: `wan${index}`,
      metric: 600 + index,
      protocol: 'dhcp',
    })
  return kernel
}

/** What `nft -j -i` lists of our counters. */
const countersOf = (kernel: FakeKernel): string => {
  if (!kernel.hasRuleset()) throw new InfraError('exec-failed', 'nft: Error: No such file or directory')
  return JSON.stringify({ nftables: [{ counter: { name: 'sent-mifi', packets: 0, bytes: 0 } }] })
}

type Router = {
  readonly kernel: FakeKernel
  readonly clock: FakeClock
  readonly said: string[]
  /** Uplinks over which nobody answers, by their address. */
  readonly dead: Set<string>
  readonly start: (wish: WanWish, numbers?: UplinkNumbers) => ReturnType<typeof startWan>
  /** The same of a whole agent, whose questions nobody answers. */
  readonly open: () => Wan
  /** What it said last of where traffic goes, and in whose hands that is. */
  readonly last: () => WanRouterState | null
  readonly active: () => string | null
  /** What it said last of an uplink. */
  readonly path: (uplink: string) => UplinkPathState | null
  /** The device of our default; null for none. */
  readonly leadsBy: () => Promise<string | null>
}

/** Answers come back after `answers`. */
const openRouter = (answers: DurationMs): Router => {
  const [kernel, clock] = [kernelWithUplinks(), fakeClock()]
  const said: string[] = []
  const dead = new Set<string>()
  let last: WanRouterState | null = null
  const paths = new Map<string, UplinkPathState | null>()
  const ask = async ({ from }: { readonly from: string }): Promise<'works'> => {
    await new Promise<void>((resolve) => void clock.after(answers, resolve))
    if (dead.has(from)) throw new InfraError('probe-timeout', 'nothing')
    return 'works'
  }
  const mute = async (): Promise<never> => {
    throw new InfraError('probe-timeout', 'nothing')
  }
  const sys = {
    clock,
    exec: kernel.sys.exec,
    readText: async () => null,
    disk: fakeDisk().mount(),
    reach: { ask: mute, knock: mute, say: mute },
    converse: () => ({ ask: async () => countersOf(kernel), stop() {} }),
    share: async () => null,
  } as unknown as Sys
  const options: Omit<RunningWanOptions, 'numbers'> = {
    sys,
    publisher: {
      states({ states }) {
        said.push(...states.map(({ kind, id }) => `${kind}/${id}`))
        for (const { kind, id, body } of states)
          if (kind === 'wan') last = body
          else if (kind === 'path') paths.set(id, body)
      },
      numbers() {},
      event: (kind) => void said.push(kind),
    },
    session: 1,
    mode: 'full',
    rights: ['network-admin'],
    random: () => 0.5,
    modems: new Map<string, Modem>(),
    hurryModem() {},
    powerCycled: new Set(),
    advertised: null,
    log() {},
    families: ['ipv4'],
    probes: {
      dns: { method: 'dns', ask },
      tcp: () => ({ method: 'tcp', ask }),
      page: ask,
    },
    links: openLinkBouncer(sys),
    memory: newWanMemory(),
    lack: null,
  }
  return {
    kernel,
    clock,
    said,
    dead,
    last: () => last,
    active: () => last?.active ?? null,
    path: (id) => paths.get(id) ?? null,
    open: () => openWan(options),
    start: (wish, numbers = NUMBERS) => startWan(wish, { ...options, numbers }),
    async leadsBy() {
      const { routes } = await readRouting(kernel.sys)
      return routes.find((route) => route.table === 'main' && isOurRoute(route))?.interface ?? null
    },
  }
}

t.test(
  'a router leads the house by the best uplink that answers, and by another when that dies',
  async (t) => {
    const router = openRouter(milliseconds(40))
    const wan = router.start(wishOf('mifi', 'dsl'))
    await router.clock.advance(seconds(10))
    t.equal(await router.leadsBy(), 'wan1')
    router.dead.add('192.168.8.10')
    await router.clock.advance(seconds(60))
    t.equal(await router.leadsBy(), 'wan2')
    t.ok(router.said.includes('switched'))
    await wan.stop()
  },
)

t.test('a router that is stopped does nothing and says nothing, whoever answers late', async (t) => {
  const router = openRouter(seconds(2))
  const override = { uplink: 'dsl', by: 'somebody', reason: 'a test', until: '2026-11-02T00:00:00Z' }
  const wan = router.start({ ...wishOf('mifi', 'dsl'), override })
  await router.clock.advance(seconds(1))
  t.equal(await router.leadsBy(), null, 'nothing has answered yet')
  await wan.stop()
  const [asked, said] = [router.kernel.asked.length, router.said.length]
  await router.clock.advance(seconds(10))
  t.same(router.kernel.asked.slice(asked), [])
  t.same(router.said.slice(said), [])
})

t.test('a plan without the uplink in use leaves nobody without a default, and ends its flows', async (t) => {
  const router = openRouter(milliseconds(40))
  const { clock, kernel } = router
  const before = router.start(wishOf('mifi', 'dsl'))
  await clock.advance(seconds(10))
  await before.stop()
  kernel.flows = { '0x10000/0xff0000': 3, '0x20000/0xff0000': 5 }
  router.dead.add('192.168.9.10')
  const after = router.start(wishOf('dsl'))
  await clock.advance(seconds(30))
  t.notOk(
    kernel.asked.some((words) => words.startsWith('-4 route delete default') && words.includes('table main')),
  )
  t.same(
    kernel.flows,
    { '0x10000/0xff0000': 3, '0x20000/0xff0000': 5 },
    'while no other lives they are let be',
  )
  router.dead.clear()
  await clock.advance(seconds(60))
  t.equal(await router.leadsBy(), 'wan2')
  t.same(kernel.flows, { '0x10000/0xff0000': 0, '0x20000/0xff0000': 5 })
  await after.stop()
})

t.test(
  'an uplink in use that is to be another device leads by the old one until there is another',
  async (t) => {
    const router = openRouter(milliseconds(40))
    const { clock } = router
    const before = router.start(wishOf('mifi', 'dsl'))
    await clock.advance(seconds(10))
    t.equal(await router.leadsBy(), 'wan1')
    await before.stop()
    const { uplinks, ...rest } = wishOf('mifi', 'dsl')
    const after = router.start({
      ...rest,
      uplinks: uplinks.map((one) => (one.id === 'mifi' ? { ...one, interface: 'usb0' } : one)),
    })
    const seen = new Set<string | null>()
    for (let tenth = 0; tenth < 100; tenth++) {
      await clock.advance(milliseconds(100))
      seen.add(await router.leadsBy())
    }
    t.same([...seen], ['wan1', 'wan2'])
    await after.stop()
  },
)

t.test('a ruleset that somebody flushes is whole again in a moment, or left alone and told', async (t) => {
  for (const drift of ['repair', 'report'] as const) {
    const router = openRouter(milliseconds(40))
    const { clock, kernel, said } = router
    const wan = router.start({ ...wishOf('mifi', 'dsl'), drift })
    await clock.advance(seconds(10))
    const drifts = (): number => said.filter((kind) => kind === 'drift').length
    t.equal(drifts(), 0)
    kernel.flush()
    await clock.advance(milliseconds(2100))
    t.equal(kernel.hasRuleset(), drift === 'repair', drift)
    t.equal(drifts(), 1, `${drift}: it is told`)
    await clock.advance(seconds(120))
    t.equal(drifts(), 1, `${drift}: once`)
    await wan.stop()
  }
})

t.test('a ruleset that is gone is told though a route is gone, too', async (t) => {
  const router = openRouter(milliseconds(40))
  const { clock, kernel } = router
  const wan = router.start({ ...wishOf('mifi', 'dsl'), drift: 'report' })
  await clock.advance(seconds(10))
  kernel.take('metric', 47)
  wan.kernelChanged()
  await clock.advance(seconds(5))
  t.match(router.last(), { fault: { code: 'drift' } })
  t.notMatch(router.last(), { fault: { text: /ruleset/ } })
  kernel.flush()
  await clock.advance(seconds(120))
  t.match(router.last(), { fault: { code: 'drift', text: /default.*; .*ruleset/ } })
  await wan.stop()
})

t.test('a ruleset that is flushed again and again is not fought for ever', async (t) => {
  const router = openRouter(milliseconds(40))
  const wan = router.start(wishOf('mifi', 'dsl'))
  await router.clock.advance(seconds(10))
  for (let second = 0; second < 600; second++) {
    router.kernel.flush()
    await router.clock.advance(seconds(1))
  }
  const drifts = router.said.filter((kind) => kind === 'drift').length
  t.ok(drifts >= 5 && drifts < 15, `${drifts} times in ten minutes`)
  await wan.stop()
})

t.test('a move that stops half way is told of as ours, undone, and made again', async (t) => {
  for (const drift of ['repair', 'report'] as const) {
    const router = openRouter(milliseconds(40))
    const { clock, kernel, dead } = router
    const wan = router.start({ ...wishOf('mifi', 'dsl'), drift })
    await clock.advance(seconds(10))
    t.equal(await router.leadsBy(), 'wan1')
    kernel.hangs = (words) => words.includes('dev wan2 table main')
    kernel.refuses = (words) => words.includes('dev wan1 table main')
    dead.add('192.168.8.10')
    while ((await router.leadsBy()) !== 'wan2') await clock.advance(milliseconds(20))
    Object.assign(kernel, { hangs: () => false, refuses: () => false })
    const sides: (string | null)[] = []
    wan.kernelChanged()
    for (let tick = 0; tick < 30; tick++) {
      await clock.advance(milliseconds(100))
      const side = await router.leadsBy()
      if (side !== sides.at(-1)) sides.push(side)
    }
    t.same(sides, ['wan1', 'wan2'], `${drift}: back where it was, and then moved`)
    t.notOk(router.said.includes('drift'), 'and nobody else did it')
    t.equal(router.active(), 'dsl')
    await wan.stop()
  }
})

t.test('a default that is taken away and not put back is not taken for one that leads', async (t) => {
  const router = openRouter(milliseconds(40))
  const { clock, kernel, dead } = router
  const wan = router.start({ ...wishOf('mifi', 'dsl'), drift: 'report' })
  await clock.advance(seconds(10))
  t.equal(await router.leadsBy(), 'wan1')
  kernel.take('metric', 47)
  kernel.put({ dst: 'default', gateway: '192.168.9.1', dev: 'wan2', metric: 100, protocol: 'dhcp' })
  wan.kernelChanged()
  await clock.advance(seconds(5))
  t.equal(await router.leadsBy(), null, 'it is left alone')
  t.equal(router.active(), 'dsl', 'traffic goes by the other')
  dead.add('192.168.9.10')
  await clock.advance(seconds(30))
  t.equal(await router.leadsBy(), 'wan1', 'whose death is everybody’s')
  t.equal(router.active(), 'mifi')
  await wan.stop()
})

const ORDER = { command: '01JD0000000000000000000000', by: 'coordinator', reason: 'first' } as const
const lease = (term: number): LeaseMessage => ({ session: 1, term, lastsMs: 1000 }) as LeaseMessage

t.test(
  'a router says nothing and leaves nothing to anybody before it has looked, and then whose hands it is in first',
  async (t) => {
    const router = openRouter(milliseconds(40))
    const { said, clock } = router
    const ofWan = (): string[] => said.filter((one) => /^(wan|path)\//.test(one))
    const wan = router.start(wishOf('mifi', 'dsl'))
    wan.heardLease(lease(1))
    t.same([ofWan(), wan.order({ ...ORDER, to: 'dsl' }, { session: 1, term: 1 })], [[], null])
    await settle()
    t.same(ofWan().slice(0, 3), ['wan/main', 'path/mifi', 'path/dsl'])
    t.match(router.last(), { active: null, holder: 'agent', term: 1, fault: null })
    wan.heardLease(lease(1))
    t.match(router.last(), { holder: 'coordinator', term: 1 })
    await clock.advance(seconds(2))
    t.match(router.last(), { holder: 'agent', term: 2 })
    await wan.stop()
  },
)

t.test('a router that cannot see its network says that, and leaves nothing to anybody', async (t) => {
  const router = openRouter(milliseconds(40))
  router.kernel.isBlind = true
  const wan = router.start(wishOf('mifi', 'dsl'))
  await settle()
  t.match(router.last(), { active: null, holder: 'agent', fault: { code: 'routing' } })
  wan.heardLease(lease(1))
  t.match(router.last(), { holder: 'agent' })
  router.kernel.isBlind = false
  await router.clock.advance(seconds(31))
  wan.heardLease(lease(1))
  t.match(router.last(), { active: 'mifi', holder: 'coordinator', fault: null })
  await wan.stop()
})

t.test('a changed plan takes back what was leased, and goes on in the next term', async (t) => {
  const router = openRouter(milliseconds(40))
  const { clock } = router
  const before = router.start(wishOf('mifi', 'dsl'))
  await clock.advance(seconds(10))
  before.heardLease(lease(1))
  t.match(router.last(), { active: 'mifi', holder: 'coordinator', term: 1 })
  before.takeBack()
  t.match(router.last(), { active: 'mifi', holder: 'agent', term: 2 }, 'and says so at once')
  await before.stop()
  const after = router.start({ ...wishOf('mifi', 'dsl'), badHours: [20] })
  after.heardLease(lease(2))
  after.heardLease(lease(1))
  await settle()
  t.match(router.last(), { active: 'mifi', holder: 'agent', term: 2 })
  after.heardLease(lease(1))
  t.match(router.last(), { holder: 'agent' }, 'a lease of the term before counts for nothing')
  after.heardLease(lease(2))
  t.match(router.last(), { active: 'mifi', holder: 'coordinator', term: 2 })
  await after.stop()
})

t.test('terms go up through all plans of a session', async (t) => {
  const router = openRouter(milliseconds(40))
  const wan = router.open()
  const rows: [WanWish | null, term: number][] = [
    [wishOf('mifi', 'dsl'), 1],
    [wishOf('mifi', 'dsl'), 1],
    [wishOf('dsl'), 2],
    [null, 3],
    [wishOf('mifi'), 3],
  ]
  for (const [wish, term] of rows) {
    await wan.wished(wish)
    await settle()
    if (!wish) continue
    wan.heardLease(lease(term))
    t.match(router.last(), { holder: 'coordinator', term })
  }
  const said = router.said.length
  await wan.stop()
  t.equal(router.said.length, said, 'whoever ends has nobody to whom to say it')
})

t.test('a changed plan forgets neither how often a line broke nor what refused traffic', async (t) => {
  const router = openRouter(milliseconds(40))
  const { clock, dead, kernel } = router
  const before = router.start(wishOf('mifi', 'dsl'))
  await clock.advance(seconds(10))
  const cable = async (isIn: boolean): Promise<void> => {
    kernel.devices = kernel.devices.map((one, i) =>
      i === 0 ? { ...one, flags: isIn ? ['UP', 'LOWER_UP'] : ['UP'] } : one,
    )
    before.kernelChanged()
    await clock.advance(seconds(10))
  }
  for (let i = 0; i < 6; i++) {
    await cable(false)
    await cable(true)
  }
  t.equal(router.active(), 'dsl')
  const moves = (): number => router.said.filter((kind) => kind === 'switched').length
  const breaks = (): number => router.path('mifi')?.standing?.unrest?.breaks ?? 0
  t.ok(breaks() > 5, `it broke ${breaks()} times`)
  await before.stop()
  const until = moves()
  kernel.take('metric', 47)
  const after = router.start({ ...wishOf('mifi', 'dsl'), badHours: [20] })
  await clock.advance(minutes(10))
  t.equal(router.active(), 'dsl', 'no minute is enough for it')
  t.equal(await router.leadsBy(), 'wan2', 'and a default that went meanwhile leads where it was meant to')
  t.equal(moves(), until)
  t.ok(breaks() > 5, 'a plan that is changed is no break, and mends none')
  await clock.advance(minutes(30))
  t.equal(router.active(), 'mifi')
  kernel.refuses = (words) => words.includes('wan2') && words.includes('table main')
  dead.add('192.168.8.10')
  await clock.advance(seconds(60))
  const enough = moves()
  await after.stop()
  const third = router.start(wishOf('mifi', 'dsl'))
  await clock.advance(seconds(20))
  t.ok(moves() - enough <= 1, `it was ordered ${moves() - enough} times in 20 s`)
  await third.stop()
})
