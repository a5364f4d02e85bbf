// The WAN machine: what a path is good for, which uplink is used, and why. All of it is pure and told what time it is.
import t from 'tap'
import {
  type DurationMs,
  hours,
  type Instant,
  later,
  milliseconds,
  minutes,
  monoMs,
  seconds,
  wallLater,
  wallMs,
} from '@infra-home/shared/clock.ts'
import { burden, type Candidate, ranked, unfit, type Waking } from '@infra-home/shared/wan/choice.ts'
import { decideWan, type StayReason } from '@infra-home/shared/wan/decide.ts'
import { judgePath, type PathCause, type PathEvidence, type PathState } from '@infra-home/shared/wan/path.ts'
import { billingMonthStart, hourIn, quotaOf } from '@infra-home/shared/wan/quota.ts'
import { remember } from '@infra-home/shared/wan/remember.ts'
import {
  NO_WAN,
  type SwitchReason,
  type Track,
  type WanEvent,
  type WanParams,
  type WanState,
} from '@infra-home/shared/wan/state.ts'
import { breaksBy, brokeAgain, stableTime } from '@infra-home/shared/wan/unrest.ts'
import { type Random, randomFrom } from '../conformance/mangle.ts'

const FINE: PathEvidence = {
  link: 'up',
  address: 'works',
  gateway: 'works',
  beyond: 'works',
  ownDns: 'works',
  publicDns: 'works',
  tcp: 'works',
  connects: 'works',
  http: 'works',
  largePackets: 'works',
  lossRatio: 0,
  latencyMs: 45,
  modem: { sim: 'ready', radio: 'works' },
}

t.test('a path is judged by what is nearest', async (t) => {
  const dead = { beyond: 'fails', tcp: 'fails', http: 'fails', ownDns: 'fails', publicDns: 'fails' } as const
  const mute = { connects: 'fails', http: 'fails' } as const
  const rows: [what: string, evidence: Partial<PathEvidence>, state: PathState, cause: PathCause | null][] = [
    ['everything works', {}, 'up', null],
    [
      'nobody has looked',
      {
        beyond: 'unknown',
        ownDns: 'unknown',
        publicDns: 'unknown',
        tcp: 'unknown',
        http: 'unknown',
        lossRatio: null,
        latencyMs: null,
      },
      'unknown',
      null,
    ],
    ['the cable is out', { link: 'no-carrier' }, 'down', 'link'],
    ['the stick is gone', { link: 'gone', ...dead }, 'down', 'link'],
    ['the phone lends nothing now', { link: 'asleep', ...dead }, 'unknown', 'asleep'],
    ['the Wi-Fi is gone', { link: 'no-network', ...dead }, 'down', 'wifi'],
    ['it has no address, and just had one', { address: 'awaited', beyond: 'unknown' }, 'unknown', 'address'],
    ['it has had no address for a while', { address: 'fails', beyond: 'unknown' }, 'down', 'address'],
    ['the same on a Wi-Fi that is gone', { link: 'no-network', address: 'fails' }, 'down', 'wifi'],
    ['the same of a phone that lends nothing now', { link: 'asleep', address: 'fails' }, 'unknown', 'asleep'],
    ['the MiFi hangs', { gateway: 'fails', ...dead, modem: null }, 'down', 'gateway'],
    ['the SIM was taken out', { ...dead, modem: { sim: 'missing', radio: 'fails' } }, 'down', 'sim'],
    ['no cell', { ...dead, modem: { sim: 'ready', radio: 'fails' } }, 'down', 'radio'],
    ['no cell, and still something comes back', { modem: { sim: 'ready', radio: 'fails' } }, 'up', null],
    ['a blackhole behind a gateway that answers', dead, 'down', 'carrier'],
    ['a blackhole, and nobody knows how the modem is', { ...dead, modem: null }, 'down', 'carrier'],
    ['a gateway that answers proves nothing', { beyond: 'unknown' }, 'unknown', null],
    ['a gateway that is silent while something comes back', { gateway: 'fails' }, 'up', null],
    ['a portal', { http: 'portal' }, 'down', 'portal'],
    ['a page that wants money', { http: 'quota', ownDns: 'fails', publicDns: 'fails' }, 'down', 'quota'],
    ['no resolver at all', { ownDns: 'fails', publicDns: 'fails' }, 'down', 'dns'],
    ['its own resolver is dead', { ownDns: 'fails' }, 'degraded', 'dns'],
    [
      'its own resolver is dead, others were not asked',
      { ownDns: 'fails', publicDns: 'unknown' },
      'degraded',
      'dns',
    ],
    ['large packets are lost', { largePackets: 'fails' }, 'degraded', 'mtu'],
    ['every twentieth is lost', { lossRatio: 0.05 }, 'degraded', 'loss'],
    ['every twenty-first is lost', { lossRatio: 0.047 }, 'up', null],
    ['it takes a second', { latencyMs: 1000 }, 'degraded', 'latency'],
    ['lost and slow', { latencyMs: 2000, lossRatio: 0.25 }, 'degraded', 'loss'],
    ['the last questions by TCP fail', { tcp: 'fails', http: 'fails' }, 'up', null],
    ['nobody takes a connection, and a page came', { connects: 'fails' }, 'up', null],
    ['no page comes, and connections are taken', { http: 'fails' }, 'up', null],
    ['nobody takes a connection, and no page comes', mute, 'down', 'tcp'],
    ['the same, and its own resolver is dead', { ...mute, ownDns: 'fails' }, 'down', 'tcp'],
    ['the same, and no resolver at all', { ...mute, ownDns: 'fails', publicDns: 'fails' }, 'down', 'dns'],
    ['the same, and much gets lost', { ...mute, lossRatio: 0.4 }, 'down', 'tcp'],
    ['the same, and nothing is known of life', { ...mute, beyond: 'unknown' }, 'unknown', null],
    ['a blackhole behind which nobody takes a connection', { ...dead, ...mute }, 'down', 'carrier'],
    ['a portal that takes no connection', { connects: 'fails', http: 'portal' }, 'down', 'portal'],
    ['a used-up plan that takes no connection', { connects: 'fails', http: 'quota' }, 'down', 'quota'],
  ]
  for (const [what, evidence, state, cause] of rows)
    t.match(judgePath({ ...FINE, ...evidence }), { state, cause }, what)
  t.same(judgePath({ ...FINE, ownDns: 'fails', http: 'portal' }).verdicts, {
    link: 'works',
    gateway: 'works',
    dns: 'works',
    ownDns: 'fails',
    tcp: 'works',
    http: 'fails',
  })
})

t.test('a data plan begins at midnight of its billing day, where the home is', async (t) => {
  const rows: [now: string, day: number, zone: string, start: string][] = [
    ['2026-11-23T12:00:00Z', 1, 'Europe/Paris', '2026-10-31T23:00:00Z'],
    ['2026-11-23T12:00:00Z', 28, 'Europe/Paris', '2026-10-27T23:00:00Z'],
    ['2026-10-31T22:59:59Z', 1, 'Europe/Paris', '2026-09-30T22:00:00Z'],
    ['2026-10-31T23:00:00Z', 1, 'Europe/Paris', '2026-10-31T23:00:00Z'],
    ['2026-01-15T00:00:00Z', 20, 'UTC', '2025-12-20T00:00:00Z'],
    ['2026-03-29T12:00:00Z', 28, 'Asia/Beirut', '2026-03-27T22:00:00Z'],
    ['2026-04-01T00:00:00Z', 26, 'Africa/Cairo', '2026-03-25T22:00:00Z'],
    ['2026-04-25T00:00:00Z', 24, 'Africa/Cairo', '2026-04-23T22:00:00Z'],
  ]
  for (const [now, day, zone, start] of rows)
    t.equal(
      new Date(billingMonthStart(wallMs(Date.parse(now)), day, zone)).toISOString().replace('.000', ''),
      start,
      `${now} ${zone}`,
    )
  t.equal(hourIn(wallMs(Date.parse('2026-07-01T22:30:00Z')), 'Europe/Paris'), 0)
  t.throws(() => hourIn(wallMs(0), 'Europe/Nowhere'), RangeError)
  t.same(
    [
      quotaOf(null, null),
      quotaOf(null, 100),
      quotaOf(89, 100),
      quotaOf(90, 100),
      quotaOf(100, 100),
      quotaOf(7, null),
    ],
    ['none', 'fine', 'fine', 'near', 'spent', 'none'],
  )
})

const candidate = (id: string, more: Partial<Candidate> = {}): Candidate => ({
  id,
  priority: 10,

  state: 'up',
  isAsleep: false,
  quota: 'fine',
  phone: null,
  ...more,
})

t.test('uplinks are ranked by what using them costs', async (t) => {
  const phone = {
    batteryPercent: 80,
    temperatureC: 30,
    charging: false,
    minBatteryPercent: 30,
    maxTemperatureC: 45,
  }
  const best = [
    candidate('fibre', { priority: 5, quota: 'none' }),
    candidate('mifi'),
    candidate('slow', { priority: 1, state: 'degraded' }),
    candidate('month-ends', { priority: 1, quota: 'near' }),
    candidate('tether', { priority: 0, phone }),
    candidate('its-month-ends', { priority: 0, quota: 'near', phone }),
    candidate('used-up', { priority: 1, quota: 'spent' }),
    candidate('unknown', { priority: 1, state: 'unknown' }),
    candidate('flat', { priority: 1, phone: { ...phone, batteryPercent: 29 } }),
    candidate('hot', { priority: 1, phone: { ...phone, temperatureC: 46 } }),
    candidate('homeless', { priority: 0, state: 'unknown', lacksAddress: true }),
    candidate('refuses', { priority: 0, refusal: { isOver: false, until: monoMs(1) } }),
    candidate('dead', { priority: 1, state: 'down' }),
    candidate('sleeps', { priority: 2, state: 'unknown', isAsleep: true, phone }),
  ]
  t.same(
    ranked([...best].reverse()).map(({ id }) => id),
    best.map(({ id }) => id),
  )
  t.same(best.map(unfit), [
    null,
    null,
    null,
    null,
    null,
    null,
    'quota-spent',
    'path-unknown',
    'battery-low',
    'too-hot',
    'path-unknown',
    null,
    'path-down',
    'asleep',
  ])
  t.equal(unfit(candidate('charging', { phone: { ...phone, batteryPercent: 5, charging: true } })), null)
  t.equal(unfit(candidate('mute', { phone: { ...phone, batteryPercent: null, temperatureC: null } })), null)
  t.same(
    ranked([candidate('b'), candidate('a')]).map(({ id }) => id),
    ['a', 'b'],
    'the same order every time',
  )
})

t.test('who breaks often has to be whole for longer', async (t) => {
  const at = monoMs(0)
  const after = (breaks: number) => {
    let unrest = null
    for (let i = 0; i < breaks; i++) unrest = brokeAgain(unrest, at)
    return unrest
  }
  t.same(
    [0, 1, 2, 3, 6, 7, 240].map((breaks) => stableTime(after(breaks), at) / 60_000),
    [1, 1, 2, 4, 32, 60, 60],
  )
  t.equal(breaksBy({ breaks: 4, at }, monoMs(hours(1))), 2)
  t.equal(stableTime(after(7), monoMs(hours(2))) / 60_000, 2, 'and is forgiven')
})

const PARAMS: WanParams = {
  uplinks: [
    { id: 'mifi', priority: 10, capBytes: 100, phone: null },
    { id: 'dsl', priority: 20, capBytes: null, phone: null },
    {
      id: 'tether',
      priority: 30,

      capBytes: null,
      phone: { minBatteryPercent: 30, maxTemperatureC: 45 },
    },
  ],
  timeZone: 'Europe/Paris',
  badHours: [20],
}
const START: Instant = { wall: wallMs(Date.UTC(2026, 10, 1, 8)), mono: monoMs(1_000_000) }
const at = (by: DurationMs): Instant => ({ wall: wallLater(START.wall, by), mono: later(START.mono, by) })

type PathEvent = Extract<WanEvent, { kind: 'path' }>
const path = (uplink: string, state: PathState, cause: PathCause | null = null): PathEvent => ({
  kind: 'path',
  uplink,
  state,
  cause,
  provenAt: null,
})
/** The same at its time: over a path that works something came back just now. */
const dated = (event: WanEvent, { mono }: Instant): WanEvent =>
  event.kind === 'path' && (event.state === 'up' || event.state === 'degraded')
    ? { ...event, provenAt: mono }
    : event
const applied = (uplink: string): WanEvent => ({ kind: 'applied', uplink })
const refused = (uplink: string, times = 1): WanEvent[] =>
  Array.from({ length: times }, () => ({ kind: 'not-applied', uplink }))
/** A home in which all is well. */
const WELL: WanEvent[] = [applied('mifi'), path('mifi', 'up'), path('dsl', 'up'), path('tether', 'up')]
/** What a phone says of itself is no event of the machine: whoever knows it lays it over the tracks. */
type PhoneWord = {
  readonly kind: 'phone'
  readonly uplink: string
  readonly phone: NonNullable<Track['phone']>
}
type Said = WanEvent | PhoneWord
const heard = (state: WanState, said: Said, now: Instant): WanState => {
  if (said.kind !== 'phone') return remember(state, dated(said, now), now)
  const track = state.uplinks[said.uplink]
  if (!track) return state
  return { ...state, uplinks: { ...state.uplinks, [said.uplink]: { ...track, phone: said.phone } } }
}
const told = (events: readonly (Said | DurationMs)[], from = NO_WAN, begun: DurationMs = seconds(0)) => {
  let [state, now] = [from, begun]
  for (const event of events)
    if (typeof event === 'number') now = milliseconds(now + event)
    else state = heard(state, event, at(now))
  return { state, now: at(now) }
}

t.test('traffic moves when there is a reason, and stays when there is none', async (t) => {
  const hold: WanEvent = { kind: 'hold', hold: { by: 'me', reason: 'works', until: null } }
  const wish = (uplink: string, lasts = minutes(10)): WanEvent => ({
    kind: 'override',
    override: { uplink, by: 'me', reason: 'try', until: wallLater(START.wall, lasts) },
  })
  const usage = (usedBytes: number): WanEvent => ({ kind: 'usage', uplink: 'mifi', usedBytes })
  const phone = (batteryPercent: number, temperatureC = 30): PhoneWord => ({
    kind: 'phone',
    uplink: 'tether',
    phone: { batteryPercent, temperatureC, charging: false },
  })
  const asleep = path('tether', 'unknown', 'asleep')
  const both = [path('mifi', 'up'), path('dsl', 'up')]
  const alone = [...WELL, path('dsl', 'down'), asleep]
  const onDsl = [...WELL, path('mifi', 'down', 'carrier'), applied('dsl')]
  const broken = [
    ...WELL,
    wish('tether'),
    applied('tether'),
    path('tether', 'down'),
    applied('mifi'),
    path('tether', 'up'),
  ]
  const onTether = [...WELL, path('mifi', 'down'), path('dsl', 'down'), applied('tether')]
  /** By the word of an agent that has just started. */
  const anew = (event: PathEvent, since: DurationMs): WanEvent => ({
    ...event,
    standing: { since: later(START.mono, since), livesSince: null, unrest: null },
  })
  const rows: [
    what: string,
    events: (Said | DurationMs)[],
    to: string | null,
    why: SwitchReason | StayReason,
  ][] = [
    ['all is well', WELL, null, 'nothing-better'],
    ['nobody has said anything yet', [], null, 'awaiting-proof'],
    ['an uplink is there, and nothing has answered yet', [path('mifi', 'unknown')], null, 'awaiting-proof'],
    ['the same all day', [path('mifi', 'unknown'), hours(24)], null, 'awaiting-proof'],
    ['the first one answers', [path('mifi', 'unknown'), path('mifi', 'up')], 'mifi', 'first'],
    ['another answers first', [path('mifi', 'unknown'), path('dsl', 'up')], 'dsl', 'first'],
    [
      'one whose plan is used up answers before the other',
      [usage(100), path('dsl', 'unknown'), path('mifi', 'up')],
      null,
      'awaiting-proof',
    ],
    [
      'the same, and the other does not',
      [usage(100), path('dsl', 'unknown'), path('mifi', 'up'), seconds(5)],
      'mifi',
      'first',
    ],
    ['boot with a dead primary', [path('mifi', 'down', 'sim'), path('dsl', 'up')], 'dsl', 'first'],
    [
      'boot while the primary awaits its address',
      [path('mifi', 'unknown', 'address')],
      null,
      'awaiting-proof',
    ],
    [
      'the same, and another answers',
      [path('mifi', 'unknown', 'address'), path('dsl', 'up')],
      'dsl',
      'first',
    ],
    ['boot while all do', PARAMS.uplinks.map(({ id }) => path(id, 'unknown', 'address')), null, 'waking'],
    [
      'boot with everything dead',
      [path('mifi', 'down'), path('dsl', 'down'), path('tether', 'down')],
      null,
      'nothing-better',
    ],
    [
      'everything dead, and one returns',
      [
        ...WELL,
        path('mifi', 'down'),
        path('dsl', 'down'),
        path('tether', 'down'),
        minutes(3),
        path('dsl', 'up'),
      ],
      'dsl',
      'path-down',
    ],
    ['the path dies', [...WELL, path('mifi', 'down', 'carrier')], 'dsl', 'path-down'],
    ['it dies, and a phone sleeps', [...alone, path('mifi', 'down')], null, 'waking'],
    [
      'the phone is woken, and has said nothing yet',
      [...alone, path('mifi', 'down'), seconds(9), path('tether', 'unknown'), seconds(4)],
      null,
      'awaiting-proof',
    ],
    [
      'the same for longer',
      [...alone, path('mifi', 'down'), seconds(9), path('tether', 'unknown'), seconds(5)],
      'tether',
      'path-down',
    ],
    [
      'the phone is woken, and has no address yet',
      [...alone, path('mifi', 'down'), seconds(9), path('tether', 'unknown', 'address'), minutes(1)],
      null,
      'waking',
    ],
    [
      'the phone is woken, and something answers there',
      [...alone, path('mifi', 'down'), seconds(9), path('tether', 'unknown'), path('tether', 'up')],
      'tether',
      'path-down',
    ],
    [
      'the phone is woken, and the primary comes back before it answers',
      [...alone, path('mifi', 'down'), seconds(9), path('tether', 'unknown'), path('mifi', 'up')],
      null,
      'nothing-better',
    ],
    [
      'it dies, the next one has no address, and a phone sleeps',
      [
        ...WELL,
        asleep,
        path('dsl', 'unknown', 'address'),
        seconds(5),
        path('dsl', 'down', 'address'),
        path('mifi', 'down'),
      ],
      null,
      'waking',
    ],
    [
      'it loses its address, and the others were asked then',
      [
        ...WELL,
        minutes(9),
        path('mifi', 'unknown', 'address'),
        path('dsl', 'up'),
        seconds(5),
        path('mifi', 'down', 'address'),
      ],
      'dsl',
      'path-down',
    ],
    [
      'a phone that is past its limits is not woken',
      [...alone, phone(12, 30), path('mifi', 'down')],
      null,
      'nothing-better',
    ],
    [
      'a phone is not moved to while it sleeps, at the start either',
      [asleep, path('mifi', 'down'), path('dsl', 'down')],
      null,
      'waking',
    ],
    ['somebody wishes a phone that sleeps', [...alone, wish('tether')], null, 'waking'],
    [
      'it is woken, and nothing answers yet',
      [...alone, wish('tether'), seconds(3), path('tether', 'unknown'), seconds(4)],
      null,
      'waking',
    ],
    [
      'it answers',
      [...alone, wish('tether'), seconds(3), path('tether', 'unknown'), path('tether', 'up')],
      'tether',
      'override',
    ],
    [
      'a wish for what sleeps does not keep traffic on what is dead',
      [...WELL, asleep, wish('tether'), path('mifi', 'down')],
      'dsl',
      'path-down',
    ],
    ['the phone in use puts itself away', [...onTether, path('mifi', 'up'), asleep], 'mifi', 'asleep'],
    ['the same, and nothing else is alive', [...onTether, asleep], null, 'nothing-better'],
    [
      'the path dies, the next one is worse, and a phone is awake',
      [...WELL, path('dsl', 'degraded', 'loss'), path('mifi', 'down')],
      'dsl',
      'path-down',
    ],
    [
      'the path dies, and nobody knows how the other is',
      [
        applied('mifi'),
        path('mifi', 'up'),
        path('tether', 'down'),
        seconds(9),
        path('mifi', 'down'),
        seconds(4),
      ],
      null,
      'awaiting-proof',
    ],
    [
      'the same for longer',
      [
        applied('mifi'),
        path('mifi', 'up'),
        path('tether', 'down'),
        seconds(9),
        path('mifi', 'down'),
        seconds(5),
      ],
      'dsl',
      'path-down',
    ],
    [
      'the other answers meanwhile',
      [
        applied('mifi'),
        path('mifi', 'up'),
        seconds(9),
        path('mifi', 'down'),
        seconds(1),
        path('tether', 'up'),
      ],
      'tether',
      'path-down',
    ],
    ['the path stutters', [...WELL, path('mifi', 'degraded', 'loss')], null, 'nothing-better'],
    [
      'the path stutters all day',
      [...WELL, path('mifi', 'degraded', 'loss'), hours(24)],
      null,
      'nothing-better',
    ],
    ['the other path dies', [...WELL, path('dsl', 'down', 'link')], null, 'nothing-better'],
    [
      'all paths die',
      [...WELL, path('mifi', 'down'), path('dsl', 'down'), path('tether', 'down')],
      null,
      'nothing-better',
    ],
    [
      'nothing is heard of the path after a start',
      [applied('mifi'), path('dsl', 'up'), seconds(4)],
      null,
      'awaiting-proof',
    ],
    [
      'nothing is heard of it for longer',
      [applied('mifi'), path('dsl', 'up'), seconds(5)],
      'dsl',
      'path-unknown',
    ],
    [
      'the better path is back',
      [...onDsl, seconds(20), path('mifi', 'up'), seconds(59)],
      null,
      'not-stable-yet',
    ],
    [
      'the better path is back for a minute',
      [...onDsl, seconds(20), path('mifi', 'up'), seconds(60)],
      'mifi',
      'fail-back',
    ],
    [
      'the better path is back and stutters',
      [...onDsl, path('mifi', 'degraded', 'loss'), hours(5)],
      null,
      'nothing-better',
    ],
    [
      'it broke twice',
      [...onDsl, path('mifi', 'up'), path('mifi', 'down'), path('mifi', 'up'), seconds(119)],
      null,
      'not-stable-yet',
    ],
    [
      'it broke twice and is whole for two minutes',
      [...onDsl, path('mifi', 'up'), path('mifi', 'down'), path('mifi', 'up'), seconds(121)],
      'mifi',
      'fail-back',
    ],
    [
      'the best one is restless, and the next has been whole all along',
      [
        ...onTether,
        path('dsl', 'up'),
        ...Array.from({ length: 8 }, () => [path('mifi', 'up'), path('mifi', 'down')]).flat(),
        path('mifi', 'up'),
        minutes(2),
      ],
      'dsl',
      'fail-back',
    ],
    [
      'both have only just come back',
      [...onTether, path('mifi', 'up'), path('dsl', 'up'), seconds(59)],
      null,
      'not-stable-yet',
    ],
    ['it is back in a bad hour', [...onDsl, hours(11), path('mifi', 'up'), minutes(10)], null, 'bad-hour'],
    ['the bad hour is over', [...onDsl, hours(11), path('mifi', 'up'), hours(1)], 'mifi', 'fail-back'],
    [
      'a path dies in a bad hour',
      [...WELL, hours(11), path('dsl', 'up'), path('mifi', 'down')],
      'dsl',
      'path-down',
    ],
    [
      'a path dies, and the other answered an hour ago',
      [...WELL, hours(1), path('mifi', 'down')],
      null,
      'awaiting-proof',
    ],
    [
      'a path dies, and the other answers then',
      [...WELL, hours(1), path('mifi', 'down'), seconds(1), path('dsl', 'up')],
      'dsl',
      'path-down',
    ],
    [
      'a path dies, and the other does not answer',
      [...WELL, hours(1), path('mifi', 'down'), seconds(5)],
      'dsl',
      'path-down',
    ],
    [
      'back where there was nothing else',
      [...onDsl, path('mifi', 'up'), path('dsl', 'down')],
      'mifi',
      'path-down',
    ],
    ['the plan comes to its end', [...WELL, minutes(2), usage(90)], 'dsl', 'fail-back'],
    [
      'the plan comes to its end, and the other line is not whole, and lives',
      [...WELL, path('dsl', 'degraded', 'dns'), minutes(2), usage(90)],
      'dsl',
      'fail-back',
    ],
    [
      'the plan does not come to its end: what is not whole is not worth a move',
      [...WELL, path('dsl', 'degraded', 'dns'), minutes(2), usage(89)],
      null,
      'nothing-better',
    ],
    [
      'the plan comes to its end, and there is a phone alone',
      [...WELL, path('dsl', 'down'), minutes(2), usage(92)],
      null,
      'nothing-better',
    ],
    [
      'it stutters too, and the phone that was woken for that answers',
      [...alone, usage(92), path('mifi', 'degraded', 'loss'), path('tether', 'up'), minutes(2)],
      null,
      'nothing-better',
    ],
    [
      'it dies, and the phone is used',
      [...alone, usage(92), path('tether', 'up'), path('mifi', 'down')],
      'tether',
      'path-down',
    ],
    [
      'it is back for a minute: the phone is let go',
      [...onTether, usage(92), path('mifi', 'up'), minutes(1)],
      'mifi',
      'fail-back',
    ],
    [
      'it is back, if not whole: the phone is let go',
      [...onTether, usage(92), path('mifi', 'degraded', 'loss'), minutes(1)],
      'mifi',
      'fail-back',
    ],
    ['the plan is used up', [...WELL, usage(100)], 'dsl', 'quota-spent'],
    [
      'the plan is used up and there is nothing else',
      [...WELL, path('dsl', 'down'), path('tether', 'down'), usage(100)],
      null,
      'nothing-better',
    ],
    [
      'a used-up plan is better than none',
      [...onDsl, usage(100), path('mifi', 'up'), path('tether', 'down'), path('dsl', 'down')],
      'mifi',
      'path-down',
    ],
    [
      'a used-up plan that works is better than what does not answer',
      [
        applied('tether'),
        path('tether', 'up'),
        usage(100),
        path('mifi', 'up'),
        path('tether', 'down'),
        seconds(5),
      ],
      'mifi',
      'path-down',
    ],
    [
      'the line is back for good, if not whole: the phone is let go',
      [...onTether, path('mifi', 'degraded', 'mtu'), seconds(60)],
      'mifi',
      'fail-back',
    ],
    [
      'with the same care',
      [...onTether, path('mifi', 'degraded', 'mtu'), seconds(59)],
      null,
      'not-stable-yet',
    ],
    [
      'though it is whole by turns',
      [...onTether, path('mifi', 'degraded', 'loss'), seconds(40), path('mifi', 'up'), seconds(20)],
      'mifi',
      'fail-back',
    ],
    ['the phone gets hot and there is nothing else', [...onTether, phone(50, 50)], null, 'nothing-better'],
    ['the phone gets hot', [...onTether, path('dsl', 'up'), phone(50, 50)], 'dsl', 'too-hot'],
    ['the phone gets low', [...onTether, path('dsl', 'up'), phone(20)], 'dsl', 'battery-low'],
    [
      'the phone that was wished gets low',
      [...WELL, wish('tether'), applied('tether'), phone(29)],
      'mifi',
      'battery-low',
    ],
    [
      'the same, and there is nothing else',
      [...WELL, wish('tether'), applied('tether'), path('mifi', 'down'), path('dsl', 'down'), phone(29)],
      null,
      'nothing-better',
    ],
    [
      'it is charged again',
      [...WELL, wish('tether'), applied('tether'), phone(29), applied('mifi'), minutes(2), phone(40)],
      'tether',
      'override',
    ],
    ['somebody wishes a phone that is hot', [...WELL, phone(50, 50), wish('tether')], null, 'nothing-better'],
    [
      'somebody wishes a phone that is hot and sleeps',
      [...alone, phone(50, 50), wish('tether')],
      null,
      'nothing-better',
    ],
    ['held while the phone gets low', [...onTether, path('mifi', 'up'), hold, phone(29)], null, 'held'],
    ['held while the path dies', [...WELL, hold, path('mifi', 'down')], null, 'held'],
    ['held, and nothing is used yet', [hold, ...both], 'mifi', 'first'],
    ['held, and nothing has answered yet', [hold, path('mifi', 'unknown')], null, 'awaiting-proof'],
    [
      'held, nothing is used yet, and what was tried was refused once',
      [hold, ...both, ...refused('mifi'), seconds(2)],
      'mifi',
      'first',
    ],
    [
      'held, nothing is used yet, and all was refused: nobody insists',
      [hold, ...both, ...refused('mifi', 20), ...refused('dsl', 20), minutes(59)],
      null,
      'awaiting-proof',
    ],
    ['held, and one was wished before anything is used', [hold, ...both, wish('dsl')], 'dsl', 'override'],
    ['released', [...WELL, hold, path('mifi', 'down'), { kind: 'release' }], 'dsl', 'path-down'],
    [
      'a hold that ends',
      [
        ...WELL,
        { kind: 'hold', hold: { by: 'me', reason: 'x', until: wallLater(START.wall, minutes(1)) } },
        path('mifi', 'down'),
        minutes(1),
      ],
      'dsl',
      'path-down',
    ],
    ['somebody wishes another', [...WELL, wish('tether')], 'tether', 'override'],
    ['the wish is fulfilled', [...WELL, wish('tether'), applied('tether')], null, 'override'],
    [
      'the wished one dies',
      [...WELL, wish('tether'), applied('tether'), path('tether', 'down')],
      'mifi',
      'path-down',
    ],
    ['a dead one is wished', [...WELL, path('tether', 'down'), wish('tether')], null, 'nothing-better'],
    ['an unknown one is wished', [...WELL, wish('nonsense')], null, 'nothing-better'],
    [
      'one is wished of which nothing is known',
      [applied('mifi'), path('mifi', 'up'), minutes(1), wish('dsl', hours(2)), hours(1)],
      null,
      'waking',
    ],
    [
      'it answers',
      [applied('mifi'), path('mifi', 'up'), minutes(1), wish('dsl'), seconds(9), path('dsl', 'up')],
      'dsl',
      'override',
    ],
    [
      'a woken phone that is wished gets no address',
      [...alone, wish('tether'), seconds(3), path('tether', 'unknown'), minutes(5)],
      null,
      'waking',
    ],
    [
      'nothing is known any more of what was wished',
      [...WELL, wish('tether'), applied('tether'), path('tether', 'unknown'), seconds(5)],
      'mifi',
      'path-unknown',
    ],
    ['the wished one dies, and is back', [...broken, seconds(59)], null, 'not-stable-yet'],
    ['it is whole for a minute', [...broken, seconds(60)], 'tether', 'override'],
    ['the same wish is told again', [...broken, seconds(3), wish('tether')], null, 'not-stable-yet'],
    ['it is wished anew', [...broken, wish('tether', minutes(11))], 'tether', 'override'],
    [
      'it broke before it was wished',
      [...WELL, path('tether', 'down'), path('tether', 'up'), wish('tether')],
      'tether',
      'override',
    ],
    ['the wish is over', [...WELL, wish('tether'), applied('tether'), minutes(10)], 'mifi', 'fail-back'],
    [
      'the wish is taken back',
      [...WELL, wish('tether'), applied('tether'), minutes(2), { kind: 'end-override' }],
      'mifi',
      'fail-back',
    ],
    [
      'the wished one loses its address for a moment, time and again',
      [
        ...WELL,
        wish('tether'),
        ...Array.from({ length: 3 }, () => [
          path('tether', 'unknown', 'address'),
          seconds(4),
          path('tether', 'up'),
        ]).flat(),
        seconds(59),
      ],
      null,
      'not-stable-yet',
    ],
    [
      'an agent that starts and knows nothing yet ends no wish',
      [
        ...WELL,
        wish('tether'),
        anew(path('tether', 'unknown'), seconds(0)),
        seconds(1),
        anew(path('tether', 'up'), seconds(1)),
      ],
      'tether',
      'override',
    ],
    [
      'an order failed',
      [...WELL, path('mifi', 'down'), ...refused('dsl'), seconds(1)],
      null,
      'failed-lately',
    ],
    [
      'an order failed a while ago',
      [...WELL, path('mifi', 'down'), ...refused('dsl'), seconds(2)],
      'dsl',
      'path-down',
    ],
    [
      'an order failed twice, and there is another',
      [...WELL, path('mifi', 'down'), ...refused('dsl', 2), seconds(2)],
      'tether',
      'path-down',
    ],
    [
      'an order failed three times, and there is no other',
      [...WELL, path('tether', 'down'), path('mifi', 'down'), ...refused('dsl', 3), seconds(7)],
      null,
      'failed-lately',
    ],
    [
      'the same a while ago',
      [...WELL, path('tether', 'down'), path('mifi', 'down'), ...refused('dsl', 3), seconds(8)],
      'dsl',
      'path-down',
    ],
    [
      'it never works: it is tried every five minutes while nothing else does',
      [...WELL, path('tether', 'down'), path('mifi', 'down'), ...refused('dsl', 30), minutes(5)],
      'dsl',
      'path-down',
    ],
    [
      'and each hour while all is well without it',
      [...onDsl, path('mifi', 'up'), ...refused('mifi', 30), minutes(59)],
      null,
      'failed-lately',
    ],
    [
      'a phone is woken when the next one refuses traffic',
      [...WELL, asleep, path('mifi', 'down'), ...refused('dsl', 2), seconds(2)],
      null,
      'waking',
    ],
    [
      'somebody wishes what refuses traffic',
      [...WELL, wish('dsl'), ...refused('dsl', 9), minutes(1)],
      null,
      'failed-lately',
    ],
    ['and wishes it once more', [...WELL, ...refused('dsl', 9), minutes(1), wish('dsl')], 'dsl', 'override'],
    ['somebody else moved it', [...WELL, applied('dsl')], null, 'not-stable-yet'],
    ['somebody else moved it a while ago', [...WELL, applied('dsl'), minutes(1)], 'mifi', 'fail-back'],
  ]
  for (const [what, events, to, why] of rows) {
    const { state, now } = told(events)
    const { switch: move, stay } = decideWan(state, PARAMS, now)
    t.same([move?.to ?? null, move?.reason ?? stay], [to, why], what)
  }
})

t.test('the next uplink is made ready when this one is not what it should be', async (t) => {
  const ready = (events: (Said | DurationMs)[]): string | null => {
    const { state, now } = told(events)
    return decideWan(state, PARAMS, now).prepare
  }
  t.equal(ready(WELL), null)
  t.equal(ready([...WELL, path('mifi', 'degraded', 'loss')]), 'dsl')
  t.equal(ready([...WELL, path('mifi', 'degraded', 'loss'), path('dsl', 'down')]), 'tether')
  const near: WanEvent = { kind: 'usage', uplink: 'mifi', usedBytes: 95 }
  t.equal(ready([...WELL, near]), 'dsl')
  const alone = [...WELL, path('dsl', 'down'), path('tether', 'unknown', 'asleep')]
  t.equal(ready(alone), null)
  t.equal(ready([...alone, path('mifi', 'degraded', 'loss')]), 'tether', 'a phone is woken')
  t.equal(
    ready([...alone, path('mifi', 'degraded', 'loss'), path('dsl', 'up')]),
    'dsl',
    'when nothing else is there',
  )
  const warned = { ...path('mifi', 'up'), isWarned: true } as WanEvent
  t.equal(ready([...WELL, warned]), 'dsl', 'a modem without a network warns')
  t.equal(ready([...alone, warned]), 'tether', 'and a phone is woken for that')
  t.equal(ready([...alone, warned, path('mifi', 'up')]), null, 'until it says otherwise')
  t.equal(decideWan(told([...WELL, warned]).state, PARAMS, told([...WELL, warned]).now).switch, null)
  t.equal(ready([...alone, path('mifi', 'unknown')]), null, 'and not before anything is known')
  t.equal(ready([...alone, near]), null, 'and not for the last tenth of a plan')
  t.equal(ready([...alone, { ...near, usedBytes: 100 }]), 'tether')
  const degraded = [...alone, path('mifi', 'degraded', 'loss')]
  t.equal(ready([...degraded, minutes(9)]), 'tether', 'and kept while the line may be about to die')
  t.equal(ready([...degraded, minutes(10)]), null, 'and no longer')
  t.equal(ready([...degraded, minutes(10), path('mifi', 'degraded', 'latency')]), null, 'whatever ails it')
  t.equal(ready([...degraded, minutes(10), path('mifi', 'down')]), 'tether', 'until it dies')
  t.equal(
    decideWan(told(degraded).state, PARAMS, told(degraded).now).nextAt,
    later(START.mono, minutes(10)),
    'and somebody looks then',
  )
  const hot: PhoneWord = {
    kind: 'phone',
    uplink: 'tether',
    phone: { batteryPercent: 90, temperatureC: 46, charging: false },
  }
  t.equal(ready([...alone, hot, path('mifi', 'down')]), null, 'nor one that is past its limits')
  const stranded = [...WELL, path('tether', 'unknown', 'asleep'), path('mifi', 'down')]
  t.equal(
    ready([...stranded, path('dsl', 'down', 'address')]),
    'tether',
    'nothing is had of an uplink without an address',
  )
  t.equal(ready([...stranded, ...refused('dsl')]), 'dsl', 'an order may fail once')
  t.equal(ready([...stranded, ...refused('dsl', 2)]), 'tether', 'but one that refuses traffic is none')
  t.equal(
    ready([...stranded, ...refused('dsl', 2), minutes(5)]),
    'tether',
    'whether or not it is tried again',
  )
  t.equal(
    ready([...alone, path('mifi', 'down'), path('tether', 'down', 'address')]),
    'tether',
    'a phone that has come gets an address in a while',
  )
})

t.test('one phone that does not come hides no other', async (t) => {
  const phone = { minBatteryPercent: 30, maxTemperatureC: 45 }
  const uplinks = ['a', 'b'].map((id, i) => ({ id, priority: 30 + i, capBytes: null, phone }))
  const params = { ...PARAMS, uplinks: [...PARAMS.uplinks.slice(0, 1), ...uplinks] }
  const { state, now } = told([
    applied('mifi'),
    path('mifi', 'up'),
    path('a', 'unknown', 'asleep'),
    path('b', 'unknown', 'asleep'),
    path('mifi', 'down'),
  ])
  const ready = (waking: Readonly<Record<string, Waking>>): string | null => {
    const tracks = Object.entries(state.uplinks).map(([id, track]) => {
      const known = waking[id]
      return [id, { ...track, ...(known && { waking: known }) }] as const
    })
    return decideWan({ ...state, uplinks: Object.fromEntries(tracks) }, params, now).prepare
  }
  t.equal(ready({}), 'a')
  t.equal(ready({ a: 'impossible' }), 'b', 'nobody can call it')
  t.equal(ready({ a: 'failing' }), 'b', 'it was called in vain')
  t.equal(ready({ a: 'failing', b: 'failing' }), 'a', 'and is called again when there is no other')
  t.equal(ready({ a: 'failing', b: 'impossible' }), 'a')
  t.equal(ready({ a: 'impossible', b: 'impossible' }), null)
})

t.test('an order is given once, and again when nobody says what became of it', async (t) => {
  const { state, now } = told([...WELL, path('mifi', 'down')])
  const { switch: move } = decideWan(state, PARAMS, now)
  if (!move) return t.fail('no switch')
  const ordered: WanState = { ...state, ordered: { ...move, at: now.mono } }
  t.match(decideWan(ordered, PARAMS, at(seconds(4))), {
    switch: null,
    stay: 'ordered',
    nextAt: later(now.mono, seconds(5)),
  })
  t.match(decideWan(ordered, PARAMS, at(seconds(5))), { switch: { to: 'dsl' } })
})

t.test(
  'over whatever happens, traffic is never moved to something worse or for no reason, and always comes back',
  async (t) => {
    const seed = Number(process.env['SEED'] ?? 20261124)
    t.comment(`SEED=${seed}`)
    const random = randomFrom(seed)
    for (let round = 0; round < 150; round++) {
      const fault = liveThrough(random)
      if (fault !== null) return t.fail(`round ${round}: ${fault}`)
    }
    t.pass()
  },
)

const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)] as T

const anyEvent = (random: Random, now: Instant): Said => {
  const { id: uplink } = pick(random, PARAMS.uplinks)
  const until = wallLater(now.wall, minutes(1 + random(60)))
  switch (random(12)) {
    case 0:
      return { kind: 'hold', hold: { by: 'me', reason: 'x', until: random(2) ? until : null } }
    case 1:
    case 2:
      return { kind: 'release' }
    case 3:
      return { kind: 'override', override: { uplink, by: 'me', reason: 'x', until } }
    case 4:
      return { kind: 'end-override' }
    case 5:
      return { kind: 'usage', uplink, usedBytes: pick(random, [null, 0, 95, 120]) }
    case 6:
      return {
        kind: 'phone',
        uplink,
        phone: { batteryPercent: random(100), temperatureC: random(60), charging: random(2) === 0 },
      }
    default:
      return uplink === 'tether' && random(3) === 0
        ? path(uplink, 'unknown', 'asleep')
        : path(uplink, pick(random, ['up', 'up', 'up', 'degraded', 'down', 'down', 'unknown']))
  }
}

/** A random life, after which all is well, or the plan of the only line beside a phone comes to its end; says what should never have happened. */
const liveThrough = (random: Random): string | null => {
  let state = NO_WAN
  let now: DurationMs = seconds(0)
  const bent = (): string | null => {
    const { switch: move, stay } = decideWan(state, PARAMS, at(now))
    if ((move === null) === (stay === null)) return 'a decision has one reason'
    if (!move) return null
    const hasAnswered = (id: string): boolean => ['up', 'degraded'].includes(state.uplinks[id]?.state ?? '')
    if (move.from !== state.active || move.to === state.active)
      return `${move.from} → ${move.to} of ${state.active}`
    if (state.uplinks[move.to]?.cause === 'asleep') return 'to a phone that sleeps'
    const cost = (id: string): number => burden(asCandidate(state, id))
    if (move.reason === 'first' && !hasAnswered(move.to)) return 'to what has not answered, at first'
    if (move.from !== null && move.reason !== 'override' && cost(move.to) > cost(move.from))
      return 'to something worse'
    if (move.reason === 'override' && !hasAnswered(move.to)) return 'by a wish to what has not answered'
    const isHeld = state.hold && (state.hold.until === null || state.hold.until > at(now).wall)
    if (isHeld && move.from !== null) return 'while it was held'
    state = remember(state, { kind: random(8) === 0 ? 'not-applied' : 'applied', uplink: move.to }, at(now))
    return null
  }
  for (let step = 0; step < 60; step++) {
    now = milliseconds(now + random(200_000))
    state = heard(state, anyEvent(random, at(now)), at(now))
    const fault = bent()
    if (fault) return fault
  }
  const usedBytes = pick(random, [0, 95])
  const calm: WanEvent[] = [
    { kind: 'release' },
    { kind: 'end-override' },
    ...PARAMS.uplinks.flatMap(({ id }): WanEvent[] => [
      path(id, usedBytes > 0 && id === 'dsl' ? 'down' : 'up'),
      { kind: 'usage', uplink: id, usedBytes },
    ]),
  ]
  for (const event of calm) state = remember(state, dated(event, at(now)), at(now))
  const end = now + hours(4)
  while (now < end) {
    const fault = bent()
    if (fault) return fault
    const { nextAt } = decideWan(state, PARAMS, at(now))
    now = milliseconds(Math.max(now + 1, nextAt === null ? end : nextAt - START.mono))
  }
  return state.active === 'mifi' ? null : `still on ${state.active}`
}

/** What becomes of an uplink's orders, whatever its path is said to be worth. */
type Nature = 'obeys' | 'refuses' | 'never-answers'
/** What a phone does when it is called. */
type Answer = 'comes' | 'without-address' | 'never'

const THREE_LINES_TWO_PHONES: WanParams = {
  ...PARAMS,
  uplinks: [
    ...['mifi', 'dsl', 'lte'].map((id, i) => ({ id, priority: 10 + i, capBytes: 100, phone: null })),
    ...['phone-a', 'phone-b'].map((id, i) => ({
      id,
      priority: 30 + i,
      capBytes: null,
      phone: { minBatteryPercent: 30, maxTemperatureC: 45 },
    })),
  ],
}

/** A house in which orders fail and phones do not come, told by the second, with its lines as they are for three hours at the end. */
const liveAmongRefusals = (random: Random): string | null => {
  const params = THREE_LINES_TWO_PHONES
  const ids = params.uplinks.map(({ id }) => id)
  const natures = new Map(
    ids.map((id) => [id, pick<Nature>(random, ['obeys', 'obeys', 'refuses', 'never-answers'])]),
  )
  const answers = new Map(ids.map((id) => [id, pick<Answer>(random, ['comes', 'without-address', 'never'])]))
  const orders = new Map(ids.map((id) => [id, 0]))
  const calls = new Map<string, { tries: number; lastAt: number }>()
  let state = NO_WAN
  let second = 0
  const hear = (event: WanEvent): void => {
    const now = at(seconds(second))
    state = remember(state, dated(event, now), now)
  }
  const anyPath = (id: string): PathEvent => {
    if (id.startsWith('phone')) return path(id, 'unknown', 'asleep')
    const [word, cause] = pick<[PathState, PathCause | null]>(random, [
      ['up', null],
      ['degraded', 'mtu'],
      ['down', 'carrier'],
      ['down', 'address'],
    ])
    return path(id, word, cause)
  }
  /** As a coordinator has phones called: again after a while, and the next one when that was for nothing. */
  const waking = (id: string): Waking => {
    const call = calls.get(id)
    return call && call.tries >= 2 && second < call.lastAt + 600 ? 'failing' : 'possible'
  }
  const call = (id: string): void => {
    const known = calls.get(id)
    if (known && second < known.lastAt + 20 * 2 ** Math.min(4, known.tries)) return
    calls.set(id, { tries: known ? known.tries + 1 : 0, lastAt: second })
    const answer = answers.get(id)
    if (answer === 'comes') hear(path(id, 'up'))
    if (answer === 'without-address') hear(path(id, 'down', 'address'))
  }
  const live = (): void => {
    const now = at(seconds(second))
    const tracks = Object.entries(state.uplinks).map(
      ([id, one]) => [id, { ...one, waking: waking(id) }] as const,
    )
    const { switch: move, prepare } = decideWan(
      { ...state, uplinks: Object.fromEntries(tracks) },
      params,
      now,
    )
    for (const id of new Set([prepare, state.active]))
      if (id?.startsWith('phone') && ['asleep', 'address'].includes(state.uplinks[id]?.cause ?? '')) call(id)
    if (!move) return
    hear({ ...move, kind: 'ordered' })
    orders.set(move.to, (orders.get(move.to) ?? 0) + 1)
    const lacks = state.uplinks[move.to]?.cause === 'address'
    const nature = lacks ? 'refuses' : natures.get(move.to)
    if (nature === 'obeys') hear(applied(move.to))
    if (nature === 'refuses') hear({ kind: 'not-applied', uplink: move.to })
  }
  hear(applied('mifi'))
  for (const id of ids) hear(anyPath(id))
  for (const id of ids.slice(0, 3))
    hear({ kind: 'usage', uplink: id, usedBytes: pick(random, [0, 0, 95, 120]) })
  for (let change = 0; change < 4; change++) {
    hear(anyPath(pick(random, ids)))
    for (const end = second + 30 + random(900); second < end; second++) live()
  }
  const HOURS = 3
  orders.clear()
  for (const end = second + HOURS * 3600; second < end; second++) live()
  const isAlive = (id: string): boolean => ['up', 'degraded'].includes(state.uplinks[id]?.state ?? '')
  const mayServe = ids.filter(
    (id) =>
      natures.get(id) === 'obeys' && (id.startsWith('phone') ? answers.get(id) === 'comes' : isAlive(id)),
  )
  const story = JSON.stringify([state.active, [...natures], [...answers], state.uplinks])
  if (mayServe.length > 0 && !isAlive(state.active ?? '')) return `${mayServe.join(', ')} would do: ${story}`
  const lines = mayServe.filter((id) => !id.startsWith('phone') && state.uplinks[id]?.usedBytes !== 120)
  if (lines.length > 0 && state.active?.startsWith('phone'))
    return `${lines.join(', ')} would do without a phone: ${story}`
  for (const [id, count] of orders)
    if ((id !== state.active || natures.get(id) !== 'obeys') && count > 10 + 12 * HOURS)
      return `${count} orders to ${id}: ${story}`
  return null
}

t.test(
  'over whatever refuses, and whoever does not come, traffic gets to what works, and little is ordered for nothing',
  async (t) => {
    const seed = Number(process.env['SEED'] ?? 5)
    t.comment(`SEED=${seed}`)
    const random = randomFrom(seed)
    for (let round = 0; round < 20; round++) {
      const fault = liveAmongRefusals(random)
      if (fault !== null) return t.fail(`round ${round}: ${fault}`)
    }
    t.pass()
  },
)

const asCandidate = (state: WanState, id: string): Candidate => {
  const plan = PARAMS.uplinks.find((one) => one.id === id)
  const track = state.uplinks[id]
  const phone = plan?.phone
    ? { batteryPercent: null, temperatureC: null, charging: null, ...track?.phone, ...plan.phone }
    : null
  return candidate(id, {
    state: track?.state ?? 'unknown',
    isAsleep: track?.cause === 'asleep',
    quota: quotaOf(track?.usedBytes ?? null, plan?.capBytes ?? null),
    phone,
  })
}

/** The first uplink, wished or not, flaps every 15 s for an hour, and is whole for three hours then. */
const flapping = (first: readonly WanEvent[]) => {
  let state = told(first).state
  let now = seconds(0)
  const moves: [minute: number, to: string][] = []
  const settle = (): void => {
    const { switch: move } = decideWan(state, PARAMS, at(now))
    if (!move) return
    moves.push([Math.round(now / 60_000), move.to])
    state = remember(state, { kind: 'applied', uplink: move.to }, at(now))
  }
  for (let i = 0; i < 240; i++) {
    for (const event of [path('dsl', 'up'), path('mifi', i % 2 === 0 ? 'down' : 'up')])
      state = remember(state, dated(event, at(now)), at(now))
    settle()
    now = milliseconds(now + seconds(15))
  }
  state = remember(state, dated(path('mifi', 'up'), at(now)), at(now))
  for (let minute = 0; minute < 180; minute++) {
    settle()
    now = milliseconds(now + minutes(1))
  }
  return moves
}

t.test('a path that flaps every 15 s for an hour moves traffic a few times, and ever later', async (t) => {
  const wish: WanEvent = {
    kind: 'override',
    override: { uplink: 'mifi', by: 'me', reason: 'x', until: wallLater(START.wall, hours(9)) },
  }
  for (const [what, first] of [
    ['by itself', WELL],
    ['wished', [...WELL, wish]],
    ['wished while another is used', [...WELL, applied('dsl'), wish]],
  ] as const) {
    const moves = flapping(first)
    t.same(
      moves.map(([, to]) => to),
      ['dsl', 'mifi'].slice(moves[0]?.[1] === 'mifi' ? 1 : 0),
      `${what}: away once, and back once`,
    )
    const back = moves.at(-1)?.[0] ?? 0
    t.ok(back > 60 + 30, `${what}: back after ${back - 60} min`)
  }
})

t.test('a wall clock that steps moves nothing, and makes nobody wait for longer', async (t) => {
  const onDsl = told([
    ...WELL,
    path('mifi', 'down', 'carrier'),
    applied('dsl'),
    minutes(1),
    path('mifi', 'up'),
  ])
  for (const step of [hours(-5), hours(5), hours(24 * 400)]) {
    const stepped = (by: DurationMs): Instant => ({
      wall: wallLater(onDsl.now.wall, milliseconds(by + step)),
      mono: later(onDsl.now.mono, by),
    })
    t.match(
      decideWan(onDsl.state, PARAMS, stepped(seconds(1))),
      { switch: null, stay: 'not-stable-yet' },
      `${step} ms: not at once`,
    )
    t.match(
      decideWan(onDsl.state, PARAMS, stepped(minutes(30))),
      { switch: { to: 'mifi' } },
      `${step} ms: back in time`,
    )
    const well = told(WELL)
    const later1 = { wall: wallLater(well.now.wall, step), mono: later(well.now.mono, seconds(1)) }
    t.match(decideWan(well.state, PARAMS, later1), { switch: null }, `${step} ms: nothing moves`)
  }
})
