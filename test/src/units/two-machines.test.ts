// The two machines that may move traffic, the coordinator's and the router's agent's, over a line that loses and delays, and through restarts of
// either: who has the term acts, and nobody else.
import t from 'tap'
import { keepWan } from '@infra-home/coordinator/keep-wan.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { emptyWorld } from '@infra-home/coordinator/world/world.ts'
import { type Steward, startSteward } from '@infra-home/agent/wan/steward.ts'
import { newWanMemory } from '@infra-home/agent/wan/wan-memory.ts'
import { turnstile } from '@infra-home/agent/turnstile.ts'
import { milliseconds, seconds } from '@infra-home/shared/clock.ts'
import type { LeaseMessage } from '@infra-home/shared/messages/lease.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import type { WanHolder } from '@infra-home/shared/messages/wan.ts'
import { type Standing, standingAfter, unheard } from '@infra-home/shared/wan/standing.ts'
import { toldStanding } from '@infra-home/shared/wan/told-standing.ts'
import type { PathState } from '@infra-home/shared/wan/path.ts'
import { type Random, randomFrom } from '../conformance/mangle.ts'
import { type FakeClock, fakeClock } from '../helpers/fake-clock.ts'
import { voice } from '../helpers/said.ts'
import { type SmallHouse, smallHouse } from '../helpers/small-house.ts'

const UPLINKS = ['mifi', 'dsl', 'lte'] as const
const TOPOLOGY = {
  site: 'home',
  vlans: [],
  hosts: [{ name: 'rpi4-1', role: 'router', model: 'a Pi', interfaces: [] }],
  phones: [],
  uplinks: UPLINKS.map((id, i) => ({
    id,
    kind: 'ethernet',
    host: 'rpi4-1',
    metered: false,
    interface: `wan${i + 1}`,
    priority: 10 * (i + 1),
  })),
  modems: [],
  rules: [],
} as unknown as Topology
const STATES = ['wan/main', ...UPLINKS.map((id) => `path/${id}`)]
const PARAMS = paramsOf({ wan: { timeZone: 'Europe/Paris' } }, TOPOLOGY)

type Order = { readonly uplink: string; readonly session: number; readonly term: number }
/** What is done to the kernel, and in whose name. */
type Act = { readonly by: WanHolder; readonly to: string; readonly session: number; readonly term: number }

/** A line between the two: each message is lost, or comes some time later, overtaken by others. */
const lossyLine = (clock: FakeClock, random: Random) => {
  const line = { isGood: false }
  return Object.assign(line, {
    send(deliver: () => void, oneLateIn = 8): void {
      if (line.isGood) clock.after(milliseconds(1), deliver)
      else if (random(7) > 0)
        clock.after(milliseconds(random(oneLateIn) > 0 ? random(50) : random(3000)), deliver)
    },
  })
}

/** A router whose agent is restarted now and then; the kernel under it keeps what was done. */
const routerOn = (clock: FakeClock, random: Random, say: (message: readonly [string, object]) => void) => {
  let session = 0
  let hasLooked = false
  let active: string | null = 'mifi'
  let [speaks, steward, inTurn] = [voice('rpi4-1', clock), null as Steward | null, turnstile()]
  const paths = new Map<string, PathState>(UPLINKS.map((id) => [id, 'up']))
  /** As whoever watches them keeps it; a restart forgets it. */
  let standings = new Map<string, ReturnType<typeof unheard>>()
  const acts: Act[] = []
  const doing = new Set<Act>()
  const faults: string[] = []
  let ids = 0

  const sayRouter = (): void => {
    const { holder, term } = steward?.hands() ?? { holder: 'agent', term: 1 }
    say(speaks.state('wan', 'main', { active, holder, term, fault: null }))
  }
  const standingOf = (uplink: string): ReturnType<typeof unheard> => {
    const { mono } = clock.now()
    const state = paths.get(uplink) ?? 'unknown'
    const word = { state, cause: state === 'down' ? 'carrier' : null } as const
    const standing = { ...word, ...standingAfter(standings.get(uplink) ?? unheard(mono), word, mono) }
    standings.set(uplink, standing)
    return standing
  }
  const hear = (uplink: string): void => {
    const { state, cause, ...standing } = standingOf(uplink)
    const provenAt = state === 'up' ? clock.now().mono : null
    steward?.hear({ kind: 'path', uplink, state, cause, provenAt, standing })
  }
  const sayPath = (uplink: string): void => {
    const standing = standingOf(uplink)
    const { state, cause } = standing
    const works = state === 'up' ? 'works' : 'fails'
    say(
      speaks.state('path', uplink, {
        state,
        cause,
        standing: toldStanding(standing),
        silence: null,
        verdicts: { link: 'works', gateway: 'works', dns: works, tcp: works, http: works },
        provenMono: state === 'up' ? Math.round(clock.now().mono) : null,
        interface: 'wan1',
        address: '192.168.8.10',
        gateway: '192.168.8.1',
      }),
    )
  }
  const takes = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.after(milliseconds(ms), resolve))
  const move = (by: WanHolder, to: string): void => {
    const born = session
    const act = { by, to, session, term: steward?.hands().term ?? 0 }
    const isOther = (one: Act): boolean =>
      one.session === act.session && (one.by !== by || one.term !== act.term)
    if ([...doing].some(isOther)) faults.push(`${by} began ${to} while the other was at it`)
    // the coordinator is leased the term that it has heard of: what the agent did in it is over by then
    if (
      by === 'agent' &&
      acts.some((one) => one.by !== by && one.session === session && one.term === act.term)
    )
      faults.push(`the agent began ${to} in term ${act.term} of session ${session}, which it had given away`)
    acts.push(act)
    doing.add(act)
    void inTurn(async () => {
      await takes(random(3) > 0 ? random(300) : random(4000))
      doing.delete(act)
      if (born !== session) return // it died with its process
      const from = active
      const ok = random(10) > 0
      if (ok) active = to
      const outcome = { ok, error: ok ? null : 'x', undone: ok ? null : true, changes: [], swept: null }
      const body = { command: null, by, from, to, reason: 'path-down', ...outcome, tookMs: 1 }
      const id = `01JD${String(++ids).padStart(22, '0')}`
      say(['ih/1/rpi4-1/event/switched', { ...speaks.envelope(), id, body }])
      steward?.hear({ kind: ok ? 'applied' : 'not-applied', uplink: to })
      sayRouter()
    })
  }
  const restart = (): void => {
    steward?.stop()
    session++
    hasLooked = false
    inTurn = turnstile()
    standings = new Map()
    speaks = voice('rpi4-1', clock, { session })
    steward = startSteward({
      clock,
      session,
      params: () => ({ ...(PARAMS.wan as NonNullable<typeof PARAMS.wan>) }),
      memory: newWanMemory(),
      canAct: () => true,
      hasLooked: () => hasLooked,
      onStay: () => {},
      go: ({ to }) => move('agent', to),
      onHands: () => sayRouter(),
    })
    sayAll()
    const born = session
    clock.after(milliseconds(random(1500)), () => {
      if (born === session) look()
    })
  }
  const look = (): void => {
    hasLooked = true
    steward?.readBack(active)
    for (const uplink of UPLINKS) hear(uplink)
    sayRouter()
    for (const uplink of UPLINKS) sayPath(uplink)
  }
  /** As on each connection. */
  const sayAll = (): void => {
    say(speaks.birth(undefined, STATES))
    if (!hasLooked) return
    sayRouter()
    for (const uplink of UPLINKS) sayPath(uplink)
  }
  restart()
  return {
    restart,
    sayAll,
    faults,
    acts,
    active: () => active,
    hands: () => steward?.hands(),
    standing: (uplink: string): Standing | undefined => standings.get(uplink),
    path(uplink: string, state: PathState) {
      paths.set(uplink, state)
      standingOf(uplink)
      if (!hasLooked) return
      hear(uplink)
      sayPath(uplink)
    },
    lease: (lease: LeaseMessage) => steward?.heardLease(lease),
    obey(order: Order) {
      if (!steward?.accepts(order, order.uplink)) return
      if (!hasLooked) faults.push(`an order was obeyed before anybody had looked`)
      const { holder, term } = steward.hands()
      if (holder !== 'coordinator' || order.session !== session || order.term !== term)
        faults.push(`an order of term ${order.term} was obeyed in term ${term} of the ${holder}`)
      move('coordinator', order.uplink)
    },
    stop: () => steward?.stop(),
  }
}

/** A coordinator that is restarted now and then, with nothing but what it is told. */
const coordinatorOn = (
  clock: FakeClock,
  say: { readonly lease: (lease: LeaseMessage) => void; readonly order: (order: Order) => void },
) => {
  let epoch = 0
  let house: SmallHouse | null = null
  let stop = (): void => {}
  const restart = (): void => {
    stop()
    const world = { ...emptyWorld('home', TOPOLOGY), epoch: ++epoch, listeningSince: clock.now().mono }
    const mine = smallHouse({ clock, world, params: PARAMS })
    house = mine
    const own = epoch
    // a process that died says nothing any more, whatever its timers do
    mine.published.push = (...messages) => {
      for (const { topic, payload } of messages) {
        if (own !== epoch || !topic.includes('/cmd/switch-uplink')) continue
        say.order((JSON.parse(payload) as { args: Order }).args)
      }
      return 0
    }
    stop = keepWan({
      plan: PARAMS.wan,
      world,
      clock,
      wish: () => {},
      stream: { subscribe: () => () => {} } as never,
      publish: async (_topic, payload) => say.lease(JSON.parse(payload) as LeaseMessage),
    })
  }
  restart()
  return {
    restart,
    hear: (message: readonly [string, object]) => house?.hear(message),
    active: () => house?.world.wan.state.active ?? null,
    standing: (uplink: string): Standing | undefined => house?.world.wan.state.uplinks[uplink],
    stop: () => stop(),
  }
}

/** Whether both take a path to stand alike; the router's clock is the coordinator's here, but for a message's way. */
const isAlike = (a: Standing | undefined, b: Standing | undefined): boolean =>
  a !== undefined &&
  b !== undefined &&
  Math.abs(a.since - b.since) < 10 &&
  a.unrest?.breaks === b.unrest?.breaks

const liveThrough = async (random: Random): Promise<{ fault: string | null; acts: readonly Act[] }> => {
  const clock = fakeClock()
  const line = lossyLine(clock, random)
  const coordinator = coordinatorOn(clock, {
    lease: (lease) => line.send(() => router.lease(lease)),
    order: (order) => line.send(() => router.obey(order), 2),
  })
  const router = routerOn(clock, random, (message) => line.send(() => coordinator.hear(message)))
  for (let step = 0; step < 40; step++) {
    await clock.advance(milliseconds(random(2000)))
    const what = random(12)
    if (what === 0) router.restart()
    else if (what === 1) coordinator.restart()
    else if (what < 4) router.sayAll()
    else router.path(UPLINKS[random(3)] ?? 'mifi', random(2) > 0 ? 'up' : 'down')
  }
  line.isGood = true
  for (const uplink of UPLINKS) router.path(uplink, 'up')
  router.sayAll()
  await clock.advance(seconds(10))
  const [active, held] = [router.active(), router.hands()?.holder]
  router.stop()
  coordinator.stop()
  const agreed = active !== null && coordinator.active() === active && held === 'coordinator'
  const apart = agreed ? null : `${active} is used, ${coordinator.active()} is believed, held by the ${held}`
  const unlike = UPLINKS.find((id) => !isAlike(router.standing(id), coordinator.standing(id)))
  const differ = unlike === undefined ? null : `both take ${unlike} to stand differently`
  return { fault: router.faults[0] ?? apart ?? differ, acts: router.acts }
}

t.test(
  'over whatever is lost or restarted, the coordinator and the agent never act at once, nor the agent in a term that it gave away, and agree in the end',
  async (t) => {
    const seed = Number(process.env['SEED'] ?? 5)
    t.comment(`SEED=${seed}`)
    const random = randomFrom(seed)
    const seen: Record<WanHolder, number> = { agent: 0, coordinator: 0 }
    for (let round = 0; round < 16; round++) {
      const { fault, acts } = await liveThrough(random)
      if (fault !== null) return t.fail(`round ${round}: ${fault}`)
      for (const { by } of acts) seen[by]++
    }
    t.ok(seen.agent > 0 && seen.coordinator > 0, `both acted: ${JSON.stringify(seen)}`)
  },
)
