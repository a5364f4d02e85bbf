import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Channel, Notification } from '@infra-home/coordinator/alerts/channels/channel.ts'
import { titleOf } from '@infra-home/coordinator/alerts/channels/text.ts'
import { digestContacts } from '@infra-home/coordinator/alerts/contact.ts'
import { digestDoubts } from '@infra-home/coordinator/alerts/digest-doubts.ts'
import { type QuietHours, quietUntil, WEEKDAYS } from '@infra-home/coordinator/alerts/quiet-hours.ts'
import { reachOf } from '@infra-home/coordinator/alerts/reach-of.ts'
import type { CoordinatorConfig } from '@infra-home/coordinator/config-schema.ts'
import { contactProblems } from '@infra-home/coordinator/contact-problems.ts'
import { houseJobs, type HouseJobsOptions } from '@infra-home/coordinator/jobs/house-jobs.ts'
import { startJobs } from '@infra-home/coordinator/jobs/jobs.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { replay } from '@infra-home/coordinator/audit/replay.ts'
import { startDeadMan } from '@infra-home/coordinator/self/dead-man.ts'
import { channelFaults } from '@infra-home/coordinator/self/channel-faults.ts'
import { deadMenOf } from '@infra-home/coordinator/self/dead-men-of.ts'
import type { Entry, EntryBodies } from '@infra-home/coordinator/world/input.ts'
import { emptyWorld } from '@infra-home/coordinator/world/world.ts'
import type { SelfPart } from '@infra-home/coordinator/world/self.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { reduce } from '@infra-home/coordinator/world/reduce.ts'
import {
  days,
  type DurationMs,
  fromRfc3339,
  hours,
  minutes,
  seconds,
  wallMs,
} from '@infra-home/shared/clock.ts'
import { MODEM, voice } from '../helpers/said.ts'
import { type SmallHouse, smallHouse } from '../helpers/small-house.ts'

const RADIO = { rsrpDbm: -95, rsrqDb: -11, sinrDb: 9, rssiDbm: -65 }

t.test('quiet hours end when the clock on the wall says so', async (t) => {
  const NIGHT: QuietHours = {
    from: '22:00',
    to: '07:00',
    days: WEEKDAYS,
    timeZone: 'Europe/Paris',
    except: 'critical',
  }
  // In Paris clocks go forward at 01:00 UTC of 29 March 2026, and back at 01:00 UTC of 25 October.
  const rows: [what: string, quiet: Partial<QuietHours>, now: string, until: string | null][] = [
    ['by day', {}, '2026-07-01T12:00:00Z', null],
    ['a minute before', {}, '2026-07-01T19:59:59Z', null],
    ['in the first minute', {}, '2026-07-01T20:00:30Z', '2026-07-02T05:00:00Z'],
    ['after midnight', {}, '2026-07-01T23:10:00Z', '2026-07-02T05:00:00Z'],
    ['in winter an hour later', {}, '2026-01-10T23:10:00Z', '2026-01-11T06:00:00Z'],
    ['at the end', {}, '2026-07-02T05:00:00Z', null],
    ['in a night that is an hour shorter', {}, '2026-03-28T23:30:00Z', '2026-03-29T05:00:00Z'],
    ['in a night that is an hour longer', {}, '2026-10-24T22:30:00Z', '2026-10-25T06:00:00Z'],
    [
      'that end in the hour that is left out',
      { to: '02:30' },
      '2026-03-28T23:30:00Z',
      '2026-03-29T01:00:00Z',
    ],
    [
      'that end in the hour that comes twice',
      { to: '02:30' },
      '2026-10-24T22:30:00Z',
      '2026-10-25T00:30:00Z',
    ],
    ['of another zone', { timeZone: 'Asia/Kolkata' }, '2026-07-01T17:00:00Z', '2026-07-02T01:30:00Z'],
    ['of a siesta', { from: '13:00', to: '15:15' }, '2026-07-01T11:20:00Z', '2026-07-01T13:15:00Z'],
    ['on a day on which none begin', { days: ['sat'] }, '2026-07-01T23:10:00Z', null],
    ['that began on the day before', { days: ['sat'] }, '2026-07-04T23:10:00Z', '2026-07-05T05:00:00Z'],
    ['on the evening after', { days: ['sat'] }, '2026-07-05T21:10:00Z', null],
  ]
  for (const [what, quiet, now, until] of rows) {
    const end = quietUntil({ ...NIGHT, ...quiet }, fromRfc3339(now))
    t.equal(end === null ? null : new Date(end).toISOString(), until?.replace('Z', '.000Z') ?? null, what)
  }
  const always = quietUntil({ ...NIGHT, from: '07:00' }, wallMs(0))
  t.ok(always !== null && always > 0, 'a quiet without an end is looked at again')
})

t.test('a channel’s address says what it needs', async (t) => {
  const rows: [object, string][] = [
    [{ url: 'https://example.org/hook' }, 'internet'],
    [{ url: 'http://10.10.0.12:8123/api' }, 'house'],
    [{ url: 'http://[fd00::5]/hook' }, 'house'],
    [{ url: 'http://172.20.1.1/' }, 'house'],
    [{ url: 'http://172.40.1.1/' }, 'internet'],
    [{ server: 'http://ntfy.lan' }, 'house'],
    [{ server: 'https://ntfy.sh' }, 'internet'],
    [{ host: 'mail' }, 'house'],
    [{ host: 'smtp.example.org' }, 'internet'],
    [{ url: 'https://example.org/hook', over: 'house' }, 'house'],
    [{}, 'internet'],
  ]
  for (const [channel, reach] of rows) t.equal(reachOf(channel), reach, JSON.stringify(channel))
})

type Told = Pick<CoordinatorConfig, 'channels' | 'contacts' | 'alerting' | 'rules'>

const PHONE = { name: 'phone', kind: 'webhook', url: 'https://example.org' } as const
const SMS = { name: 'sms', kind: 'webhook', over: 'phone' } as const
const MAIL = { name: 'mail', kind: 'webhook', url: 'https://mail.example.org' } as const

/** A house with a modem whose SIM the network refuses from the start, and whoever is to be told. */
const troubled = async (
  config: Told,
): Promise<{ house: SmallHouse; go: (time: number) => Promise<void>; titles: () => string[] }> => {
  const house = smallHouse({
    params: paramsOf({ wan: { timeZone: 'UTC' }, ...config }),
    channels: (config.channels ?? []).map(({ name }) => name),
  })
  const node = voice('rpi4-1', house.clock)
  house.hear(node.birth())
  house.hear(node.state('modem', 'mifi', { ...MODEM, registration: 'denied' }))
  const go = async (time: number): Promise<void> => {
    for (let left = time; left > 0; left -= 10_000) {
      house.hear(node.tm({ 'modem/mifi': RADIO }))
      await house.clock.advance(seconds(10))
    }
  }
  const titles = (): string[] =>
    house.calls.map(({ channel, answer, titles: [first] }) => `${channel} ${answer}: ${first}`)
  return { house, go, titles }
}

const CODE = 'modem-signal-lost'
const FIRED = `${CODE} on rpi4-1 (mifi)`

t.test('whoever does not answer is not the last to be told', async (t) => {
  const contacts = [
    { name: 'anna', channels: ['phone'] },
    { name: 'ben', channels: ['mail'], afterMs: minutes(15) },
  ]
  const { house, go, titles } = await troubled({ channels: [PHONE, MAIL], contacts })
  await go(minutes(10))
  t.same(titles(), [`phone up: ${FIRED}`])
  await go(minutes(6))
  t.same(titles().slice(1), [`mail up: Nobody has acknowledged for 15 min: ${FIRED}`])
  t.ok(house.decisions().includes('alerts escalated'))
  await go(hours(4))
  t.same(titles().slice(2).sort(), [
    `mail up: Still on after 4 h: ${FIRED}`,
    `phone up: Still on after 4 h: ${FIRED}`,
  ])
  const [alert] = Object.values(house.world.alerts)
  house.mind.take({
    kind: 'request',
    body: { request: 'acknowledge', alertKey: alert?.key ?? '', by: 'anna' },
  })
  await go(hours(9))
  t.equal(titles().length, 4, 'who has acknowledged is left in peace')
})

t.test('who acknowledges in time keeps the next one out of it', async (t) => {
  const contacts = [
    { name: 'anna', channels: ['phone'] },
    { name: 'ben', channels: ['mail'], afterMs: minutes(15) },
  ]
  const { house, go, titles } = await troubled({ channels: [PHONE, MAIL], contacts })
  await go(minutes(10))
  const [alert] = Object.values(house.world.alerts)
  house.mind.take({
    kind: 'request',
    body: { request: 'acknowledge', alertKey: alert?.key ?? '', by: 'anna' },
  })
  await go(hours(1))
  t.same(titles(), [`phone up: ${FIRED}`])
})

t.test('what is not urgent waits until the night is over, and is told once', async (t) => {
  const quiet = [{ from: '23:00', to: '07:00', except: null }]
  const contacts = [{ name: 'anna', channels: ['phone'], quiet }]
  const { house, go } = await troubled({
    channels: [PHONE],
    contacts,
    alerting: { repeatMs: { critical: hours(3) } },
  })
  t.equal(new Date(house.clock.now().wall).toISOString().slice(11, 16), '00:00')
  await go(hours(6.5))
  t.same(house.calls, [])
  await go(hours(1))
  t.match(house.calls, [{ channel: 'phone', titles: [FIRED, /Still on after 3 h/, /Still on after 6 h/] }])
})

t.test('what is critical wakes people, unless they said no', async (t) => {
  const contacts = [{ name: 'anna', channels: ['phone'], quiet: [{ from: '23:00', to: '07:00' }] }]
  const { go, titles } = await troubled({ channels: [PHONE], contacts })
  await go(minutes(2))
  t.same(titles(), [`phone up: ${FIRED}`])
})

t.test('a way that does not get through is followed by the next at once', async (t) => {
  const contacts = [{ name: 'anna', channels: ['phone', 'sms'] }]
  const { house, go, titles } = await troubled({ channels: [PHONE, SMS], contacts })
  house.channel = 'down'
  await go(minutes(1))
  t.same(titles(), [`phone down: ${FIRED}`, `sms up: ${FIRED}`])
  t.match(Object.values(house.world.deliveries), [
    { contact: 'anna', tried: ['phone', 'sms'], status: 'sent', attempts: 2 },
  ])
  t.ok(house.decisions().includes('deliveries other-way'))
})

t.test('when every way fails they are tried in turn, ever more rarely', async (t) => {
  const contacts = [{ name: 'anna', channels: ['phone', 'sms'] }]
  const { house, go } = await troubled({ channels: [PHONE, SMS], contacts })
  house.channel = 'down'
  house.others['sms'] = 'down'
  await go(hours(1))
  const tries = house.calls.map(({ channel }) => channel)
  t.same(tries.slice(0, 6), ['phone', 'sms', 'phone', 'sms', 'phone', 'sms'])
  t.ok(tries.length < 40, `${tries.length} tries in an hour`)
})

t.test('a way that refuses for good is not asked again, and the last one’s word counts', async (t) => {
  const contacts = [{ name: 'anna', channels: ['phone', 'sms'] }]
  const { house, go, titles } = await troubled({ channels: [PHONE, SMS], contacts })
  house.channel = 'refusing'
  house.others['sms'] = 'refusing'
  await go(minutes(10))
  t.same(titles(), [`phone refusing: ${FIRED}`, `sms refusing: ${FIRED}`])
  t.match(Object.values(house.world.deliveries), [{ status: 'gave-up', refusedBy: ['phone', 'sms'] }])
})

const DOWN = { state: 'down', cause: 'carrier' }
const PATH = {
  verdicts: { link: 'works', gateway: 'works', dns: 'fails', tcp: 'fails', http: 'fails' },
  provenMono: null,
  interface: 'wan1',
  address: null,
  gateway: null,
  silence: null,
}
const UPLINKS = ['mifi', 'dsl']

t.test('while there is no internet', async (t) => {
  const offline = async (contacts: Told['contacts'] = [{ name: 'anna', channels: ['phone', 'sms'] }]) => {
    const home = await troubled({ channels: [PHONE, SMS], contacts })
    const { house } = home
    house.channel = 'down'
    const router = voice('rpi4-2', house.clock)
    house.hear(router.birth())
    const say = (body: object): void => {
      for (const id of UPLINKS) house.hear(router.state('path', id, { ...PATH, ...body }))
    }
    say(DOWN)
    t.same(house.rejected, [])
    const go = async (time: number): Promise<void> => {
      for (let left = time; left > 0; left -= minutes(0.5)) {
        house.hear(router.tm({}))
        await home.go(Math.min(left, minutes(0.5)))
      }
    }
    return { ...home, go, silently: home.go, say, router }
  }

  t.test('an SMS goes at once, and the internet is not even tried', async (t) => {
    const { go, house } = await offline()
    await go(minutes(2))
    t.ok(house.calls.length > 0)
    t.same([...new Set(house.calls.map(({ channel }) => channel))], ['sms'])
  })

  t.test('a router that is gone is not believed: what costs nothing is tried first', async (t) => {
    const { go, silently, house, router } = await offline()
    await go(minutes(2))
    house.channel = 'up'
    house.hear(router.presence('lost'))
    house.calls.length = 0
    await silently(minutes(3))
    t.match(house.calls, [{ channel: 'phone', titles: ['node-lost on rpi4-2'] }])
  })

  t.test('what has no other way waits, and is told in one message as soon as the line is back', async (t) => {
    const { go, house, say } = await offline([{ name: 'anna', channels: ['phone'] }])
    await go(minutes(30))
    const tries = house.calls.filter(({ channel }) => channel === 'phone').length
    t.ok(tries > 0 && tries <= 6, `${tries} tries in half an hour`)
    house.channel = 'up'
    const before = house.calls.length
    say({ state: 'up', cause: null })
    await house.clock.advance(seconds(1))
    t.equal(house.calls.length, before + 1, 'within a second')
    t.ok((house.calls.at(-1)?.titles.length ?? 0) >= 2, 'all of it together')
    t.match(house.told.at(-1), { items: [{ late: true }, { late: true }], wasOffline: true })
  })
})

t.test('what a silence kept is told when the silence is over', async (t) => {
  const { house, go, titles } = await troubled({ channels: [PHONE] })
  const from = house.clock.now().wall
  const silence = {
    id: 's1',
    code: null,
    node: 'rpi4-1',
    reason: 'works',
    by: 'me',
    from,
    until: wallMs(from + hours(1)),
  }
  house.mind.take({ kind: 'request', body: { request: 'silence', silence } })
  await go(minutes(59))
  t.same(titles(), [])
  await go(minutes(2))
  t.same(titles(), [`phone up: ${FIRED}`])
  t.ok(house.decisions().includes('alerts surfaced'))
})

t.test('what comes together is told together, and what is critical waits for nobody', async (t) => {
  const { house } = await troubled({ channels: [{ ...PHONE, minSeverity: 'warning' }] })
  for (const name of ['a', 'b', 'c']) {
    const node = voice(name, house.clock)
    house.hear(node.birth())
    house.hear(node.presence('lost'))
    await house.clock.advance(seconds(2))
  }
  await house.clock.advance(minutes(2))
  const lost = house.calls.map(({ titles }) => titles.filter((title) => title.startsWith('node-lost')).length)
  t.same(
    lost.filter((count) => count > 0),
    [3],
  )
})

t.test('a journal of before there were contacts is read as it was meant', async (t) => {
  const { house } = await troubled({ channels: [PHONE] })
  const alert = {
    policy: 'alerts',
    reason: 'fired',
    node: 'rpi4-1',
    key: `${CODE}:rpi4-1:mifi`,
    code: CODE,
    severity: 'critical',
    subject: 'mifi',
    cause: 'denied',
    text: 'mifi has no service',
    channels: ['phone'],
    evidence: [],
    follows: null,
    steps: [],
  }
  const { wall, mono } = house.clock.now()
  const entry = { id: 'OLD', site: 'home', at: new Date(wall).toISOString(), mono, epoch: 1, cause: null }
  reduce(house.world, {
    ...entry,
    pos: 900,
    kind: 'decision',
    node: 'rpi4-1',
    body: alert,
  } as unknown as Entry)
  const tell = {
    request: 'tell',
    about: 'digest',
    channels: ['phone'],
    title: 'Daily digest',
    text: '',
    by: 'schedule',
  }
  reduce(house.world, {
    ...entry,
    id: 'TELL',
    pos: 901,
    kind: 'request',
    node: null,
    body: tell,
  } as unknown as Entry)
  t.match(house.world.alerts[alert.key], { told: ['phone'], explainedBy: null, silencedBy: null })
  t.match(Object.values(house.world.deliveries), [{ contact: 'phone' }, { contact: 'phone' }])
})

t.test('contacts that could not be told are refused when the configuration is read', async (t) => {
  const config = {
    stateDir: '.',
    channels: [PHONE],
    wan: { timeZone: 'Europe/Nowhere' },
    contacts: [
      { name: 'anna', channels: ['phone', 'pager'] },
      { name: 'anna', channels: ['phone'], quiet: [{ from: '07:00', to: '07:00', timeZone: 'Mars' }] },
    ],
  } as CoordinatorConfig
  t.same(
    contactProblems(config).map(({ path, value }) => [path, value]),
    [
      ['/contacts/0/channels/1', 'pager'],
      ['/contacts/1/name', 'anna'],
      ['/contacts/1/quiet/0/to', '07:00'],
      ['/contacts/1/quiet/0/timeZone', 'Mars'],
      ['/wan/timeZone', 'Europe/Nowhere'],
    ],
  )
})

t.test('what ails the coordinator itself is told, and for how long', async (t) => {
  type Body = EntryBodies['system']
  const part = (part: SelfPart, detail: string | null): Body => ({
    event: 'self',
    part,
    ok: detail === null,
    detail,
  })
  const backup = (at: number | null): Body => ({
    event: 'newest-backup',
    at: at === null ? null : new Date(at).toISOString(),
  })
  const DAY0 = Date.parse('2026-11-01T00:00:00Z')
  const rows: [code: string, bad: Body, good: Body, text: string, lasts: DurationMs][] = [
    [
      'journal-failing',
      part('journal', 'the journal cannot be written (ENOSPC)'),
      part('journal', null),
      'the journal cannot be written (ENOSPC)',
      minutes(1),
    ],
    [
      'broker-lost',
      part('broker', 'the broker is not connected'),
      part('broker', null),
      'the broker is not connected',
      minutes(2),
    ],
    [
      'dead-man-unheard',
      part('dead-man', 'hc.example.org answers HTTP 500 to the sign of life'),
      part('dead-man', null),
      'hc.example.org answers HTTP 500 to the sign of life',
      minutes(20),
    ],
    [
      'channel-unable',
      part('channels', 'sms: rpi4-1 has no modem lte that may and can send short messages'),
      part('channels', null),
      'sms: rpi4-1 has no modem lte that may and can send short messages',
      minutes(2),
    ],
    [
      'own-certificate-ending',
      part('certificates', 'the certificate in tls.pem ends 2026-12-01'),
      part('certificates', null),
      'the certificate in tls.pem ends 2026-12-01',
      minutes(1),
    ],
    ['backup-old', backup(DAY0), backup(DAY0 + hours(50)), 'the newest backup is 2 d old', hours(51)],
    ['backup-old', backup(null), backup(DAY0 + hours(50)), 'there is no backup', hours(51)],
  ]
  for (const [code, bad, good, text, lasts] of rows) {
    const params = paramsOf({ channels: [{ ...PHONE, minSeverity: 'info' }] })
    const house = smallHouse({ params })
    house.mind.take({ kind: 'system', body: bad })
    await house.clock.advance(lasts)
    t.match(
      Object.values(house.world.alerts),
      [{ code, node: 'coordinator', stage: 'firing', text, told: ['phone'] }],
      code,
    )
    house.mind.take({ kind: 'system', body: good })
    await house.clock.advance(minutes(1))
    t.same(house.world.alerts, {}, `${code} is over`)
    t.match(house.calls.at(-1)?.titles, [new RegExp(`^Resolved after .*: ${code} on coordinator$`)])
    const before = { ...emptyWorld('home', null), epoch: 1 }
    t.same(replay(before, house.journal, params), null, 'and is decided the same again')
  }
})

t.test('the watcher outside hears a sign of life, and its address is told to nobody else', async (t) => {
  const { house } = await troubled({ channels: [] })
  const posts: { url: string; body: string }[] = []
  let status = 200
  let page = ''
  const coordinator = {
    world: house.world,
    note: (body: EntryBodies['system']) => house.mind.take({ kind: 'system', body }),
    readiness: () => ({ ready: true, reasons: [] }),
  }
  const stop = startDeadMan({
    clock: house.clock,
    coordinator,
    http: async ({ url, body }) => {
      posts.push({ url, body })
      if (status === 0)
        throw new InfraError('http-timeout', 'no answer within 20 s from https://hc.example.org/secret')
      return { status, headers: {}, body: page }
    },
    url: 'https://hc.example.org/secret',
    period: minutes(15),
  })
  t.teardown(stop)
  await house.clock.advance(minutes(46))
  t.equal(posts.length, 4)
  t.match(JSON.parse(posts[0]?.body ?? ''), { site: 'home', ready: true, alertsOn: 0 })
  for (const [answer, detail] of [
    [500, 'hc.example.org answers HTTP 500 to the sign of life'],
    [0, 'hc.example.org does not hear our sign of life (http-timeout)'],
  ] as const) {
    status = answer
    await house.clock.advance(minutes(15))
    t.match(house.world.self.parts['dead-man'], { ok: false, detail })
  }
  t.notMatch(JSON.stringify(house.journal), 'secret')
  status = 200
  await house.clock.advance(minutes(15))
  t.match(house.world.self.parts['dead-man'], { ok: true, detail: null })
  page = '<html>Your plan is used up</html>'
  await house.clock.advance(minutes(15))
  t.match(house.world.self.parts['dead-man'], {
    detail: 'a web page answers the sign of life in place of hc.example.org',
  })
  page = ''
  await house.clock.advance(minutes(15))

  status = 500
  while (house.world.self.parts['dead-man']?.ok) await house.clock.advance(minutes(1))
  const before = posts.length
  await house.clock.advance(minutes(30))
  t.equal(posts.length - before, 5, 'after 1, 3, 7, 15 and 30 minutes once more')
  await house.clock.advance(minutes(60))
  t.equal(posts.length - before, 9, 'and then as usual')
  status = 200
  await house.clock.advance(minutes(15))

  const { length } = house.calls
  status = 0
  await house.clock.advance(minutes(15))
  status = 200
  await house.clock.advance(minutes(20))
  t.same(house.calls.slice(length), [], 'one that got lost is nothing to tell')

  stop()
  const { length: said } = posts
  await house.clock.advance(minutes(60))
  t.equal(posts.length, said)
})

t.test('a watcher outside that is taken out of the configuration is not missed', async (t) => {
  const params = paramsOf({ channels: [{ ...PHONE, minSeverity: 'info' }] })
  const house = smallHouse({ params })
  house.mind.take({
    kind: 'system',
    body: { event: 'self', part: 'dead-man', ok: false, detail: 'nobody answers' },
  })
  await house.clock.advance(minutes(20))
  t.match(Object.values(house.world.alerts), [{ code: 'dead-man-unheard', stage: 'firing' }])
  const coordinator = {
    world: house.world,
    note: (body: EntryBodies['system']) => house.mind.take({ kind: 'system', body }),
    readiness: () => ({ ready: true, reasons: [] }),
  }
  deadMenOf({ stateDir: '' }, { clock: house.clock, configFile: '', coordinator })
  await house.clock.advance(minutes(1))
  t.same(house.world.alerts, {})
})

for (const request of ['revoke-node', 'forget-node'] as const)
  t.test(`${request} ends what is on there, and that is told`, async (t) => {
    const { house, go, titles } = await troubled({ channels: [PHONE] })
    await go(minutes(1))
    t.same(titles(), [`phone up: ${FIRED}`])
    house.mind.take({ kind: 'request', body: { request, node: 'rpi4-1', by: 'me' } })
    await house.clock.advance(hours(5))
    t.same(house.world.alerts, {})
    t.equal(titles().length, 2)
    t.match(titles()[1], /Resolved after .*: modem-signal-lost on rpi4-1/)
    const before = { ...emptyWorld('home', null), epoch: 1 }
    t.same(replay(before, house.journal, paramsOf({ wan: { timeZone: 'UTC' }, channels: [PHONE] })), null)
  })

t.test('whoever is new hears of what is already on, and whoever is gone does not', async (t) => {
  /** The same house after a restart with other contacts. */
  const after = async (first: Told, second: Told) => {
    const { house, go } = await troubled(first)
    await go(minutes(5))
    const params = paramsOf({ wan: { timeZone: 'UTC' }, ...second })
    const before = structuredClone(house.world)
    const again = smallHouse({
      clock: house.clock,
      world: structuredClone(before),
      params,
      channels: ['mail'],
    })
    house.mind.stop()
    again.mind.wake()
    const node = voice('rpi4-1', house.clock, { session: 2 })
    again.hear(node.birth())
    again.hear(node.state('modem', 'mifi', { ...MODEM, registration: 'denied' }))
    for (let i = 0; i < 900; i++) {
      again.hear(node.tm({ 'modem/mifi': RADIO }))
      await again.clock.advance(seconds(20))
    }
    const told = again.calls.filter(({ titles }) => titles.some((title) => title.endsWith(FIRED)))
    t.same(replay(before, again.journal, params), null, 'and it is decided the same again')
    return {
      again,
      told: told.map(({ channel, titles }) => `${channel}: ${titles.find((title) => title.endsWith(FIRED))}`),
    }
  }
  const channels = [PHONE, MAIL]
  t.test('where there was nobody at all', async (t) => {
    const { told } = await after({ channels: [] }, { channels: [PHONE] })
    t.same(told, [`phone: ${FIRED}`, `phone: Still on after 4 h: ${FIRED}`])
  })
  t.test('where one has another name and one is new', async (t) => {
    const { told, again } = await after(
      { channels, contacts: [{ name: 'anna', channels: ['phone'] }] },
      {
        channels,
        contacts: [
          { name: 'anne', channels: ['phone'] },
          { name: 'ben', channels: ['mail'] },
        ],
      },
    )
    t.same(told.slice(0, 2).sort(), [`mail: ${FIRED}`, `phone: ${FIRED}`])
    t.equal(told.length, 4, 'and both are told again')
    t.same(
      Object.values(again.world.deliveries).filter(
        ({ event, contact }) => event !== 'fired' && contact === 'anna',
      ),
      [],
    )
  })
})

t.test('what is still owed need not be told any more', async (t) => {
  const ack = (house: SmallHouse): void => {
    const alertKey = Object.keys(house.world.alerts).find((key) => key.startsWith(CODE)) ?? ''
    house.mind.take({ kind: 'request', body: { request: 'acknowledge', alertKey, by: 'anna' } })
  }
  const NIGHT = [{ from: '23:00', to: '07:00', except: null }]
  const channels = [PHONE, MAIL]
  const contactsWith = (ben: object) => [
    { name: 'anna', channels: ['phone'] },
    { name: 'ben', channels: ['mail'], ...ben },
  ]

  t.test('after an acknowledgement, to whom sleeps', async (t) => {
    const contacts = contactsWith({ afterMs: minutes(15), quiet: NIGHT })
    const { house, go, titles } = await troubled({ channels, contacts })
    await go(minutes(20))
    t.ok(house.decisions().includes('alerts escalated'))
    ack(house)
    await go(hours(8))
    t.same(titles(), [`phone up: ${FIRED}`])
    house.mind.take({ kind: 'request', body: { request: 'forget-node', node: 'rpi4-1', by: 'me' } })
    await house.clock.advance(minutes(5))
    t.same([...new Set(house.calls.map(({ channel }) => channel))], ['phone'], 'nor of its end')
    const before = { ...emptyWorld('home', null), epoch: 1 }
    t.same(replay(before, house.journal, paramsOf({ wan: { timeZone: 'UTC' }, channels, contacts })), null)
  })
  t.test('after an acknowledgement, by what fails', async (t) => {
    const { house, go } = await troubled({ channels, contacts: contactsWith({ afterMs: minutes(15) }) })
    house.others['mail'] = 'down'
    await go(minutes(20))
    ack(house)
    house.others['mail'] = 'up'
    await go(hours(1))
    t.same(
      house.told.filter(({ items }) => items.some(({ event }) => event === 'escalated')),
      [],
    )
  })
  t.test('while it is silenced, and then it is told', async (t) => {
    const { house, go, titles } = await troubled({ channels, contacts: contactsWith({ quiet: NIGHT }) })
    await go(hours(1))
    t.same(titles(), [`phone up: ${FIRED}`])
    const from = house.clock.now().wall
    const until = wallMs(from + hours(7))
    const silence = { id: 's1', code: null, node: 'rpi4-1', reason: 'works', by: 'me', from, until }
    house.mind.take({ kind: 'request', body: { request: 'silence', silence } })
    await house.clock.advance(seconds(1))
    await go(hours(6.5))
    t.equal(titles().length, 1, 'the night is over, the silence is not')
    await go(hours(1))
    t.same(titles()[1], `mail up: ${FIRED}`)
    t.equal(
      titles().filter((title) => title === `phone up: ${FIRED}`).length,
      1,
      'who knows is not told anew',
    )
  })
  t.test('a silence ends in time also where nothing is heard', async (t) => {
    const { house, titles } = await troubled({ channels: [PHONE] })
    house.channel = 'down'
    await house.clock.advance(minutes(10))
    const from = house.clock.now().wall
    const until = wallMs(from + hours(1))
    const silence = { id: 's1', code: null, node: null, reason: 'works', by: 'me', from, until }
    house.mind.take({ kind: 'request', body: { request: 'silence', silence } })
    house.channel = 'up'
    await house.clock.advance(minutes(59))
    t.notOk(titles().some((title) => title.startsWith('phone up')))
    await house.clock.advance(minutes(2))
    t.ok(titles().some((title) => title.startsWith('phone up')))
  })
})

t.test('what comes and goes', async (t) => {
  const channels = [PHONE, MAIL]
  const contacts = [
    { name: 'anna', channels: ['phone'] },
    { name: 'ben', channels: ['mail'], afterMs: minutes(15) },
  ]
  const flapping = async () => {
    const params = paramsOf({ wan: { timeZone: 'UTC' }, channels, contacts })
    const house = smallHouse({ params, channels: ['mail'] })
    const node = voice('rpi4-1', house.clock)
    house.hear(node.birth())
    const spend = async (registration: 'denied' | 'home', time: number): Promise<void> => {
      house.hear(node.state('modem', 'mifi', { ...MODEM, registration }))
      for (let left = time; left > 0; left -= 5000) {
        house.hear(node.tm({ 'modem/mifi': RADIO }))
        await house.clock.advance(seconds(5))
      }
    }
    const flap = async (time: number): Promise<void> => {
      for (let left = time; left > 0; left -= minutes(1)) {
        await spend('denied', seconds(20))
        await spend('home', seconds(40))
      }
    }
    const titles = (): string[] => house.calls.map(({ channel, titles: [first] }) => `${channel}: ${first}`)
    const alert = () => Object.values(house.world.alerts).find(({ code }) => code === CODE)
    return { house, params, spend, flap, titles, alert }
  }

  t.test('is told a few times, and to whom is next when nobody answers', async (t) => {
    const { house, params, flap, titles } = await flapping()
    await flap(minutes(20))
    t.match(titles(), [
      `phone: ${FIRED}`,
      /^phone: Resolved after/,
      `phone: ${FIRED}`,
      `mail: Nobody has acknowledged for 15 min: ${FIRED}`,
    ])
    const before = { ...emptyWorld('home', null), epoch: 1 }
    t.same(replay(before, house.journal, params), null, 'and is decided the same again')
  })
  t.test('stays acknowledged', async (t) => {
    const { house, flap, spend, titles, alert } = await flapping()
    await spend('denied', seconds(25))
    house.mind.take({
      kind: 'request',
      body: { request: 'acknowledge', alertKey: alert()?.key ?? '', by: 'anna' },
    })
    await flap(minutes(40))
    t.match(alert(), { acknowledged: { by: 'anna' } })
    t.notOk(titles().some((title) => title.startsWith('mail')))
  })
  t.test('is forgiven after a while', async (t) => {
    const { flap, spend, alert } = await flapping()
    await flap(minutes(5))
    t.equal(alert()?.relapses, 1)
    for (const relapses of [1, 0]) {
      await spend('home', relapses === 1 ? minutes(45) : hours(2))
      await spend('denied', seconds(25))
      t.match(alert(), { relapses, acknowledged: null })
    }
  })
})

t.test('contacts who share a way share what may go by it in an hour', async (t) => {
  const channels = [
    { name: 'sms', kind: 'sms', node: 'rpi4-1', modem: 'mifi', to: ['+33612345678'], maxPerHour: 1 },
  ]
  const contacts = ['anna', 'ben'].map((name) => ({ name, channels: ['sms'] }))
  const config = { channels, contacts } as Told
  const { house, go, titles } = await troubled(config)
  await go(minutes(10))
  t.same(titles(), [`sms up: ${FIRED}`])
  await go(hours(1))
  t.same(titles(), [`sms up: ${FIRED}`, `sms up: ${FIRED}`])
  const before = { ...emptyWorld('home', null), epoch: 1 }
  t.same(replay(before, house.journal, paramsOf({ wan: { timeZone: 'UTC' }, ...config })), null)
})

t.test('a digest', async (t) => {
  const contacts = [
    { name: 'anna', channels: ['sms', 'mail'], minSeverity: 'info' as const },
    { name: 'ben', channels: ['phone'], minSeverity: 'critical' as const },
    { name: 'carol', channels: ['sms'], minSeverity: 'info' as const },
  ]
  const channels = [PHONE, SMS, MAIL]
  const wanting = digestContacts(paramsOf({ channels, contacts }).contacts)
  const tell = async (to: readonly string[], log: (level: string) => void = () => {}) => {
    const { house, go } = await troubled({ channels, contacts })
    const begin = house.clock.now().wall
    await go(minutes(2))
    const fired = house.journal.filter(({ kind }) => kind === 'decision')
    const filler = fired.find(({ body }) => 'policy' in body && body.policy === 'presence')
    const busy = Array.from({ length: 6000 }, (_, i) => ({ ...filler, pos: 10_000 + i }))
    const early = { ...fired.at(-1), pos: 0, at: new Date(begin - days(2)).toISOString() }
    const all = [early, ...fired, ...busy] as Entry[]
    const store = {
      entries: async ({ before = Infinity, limit }: { before?: number; limit: number }) =>
        all
          .filter(({ pos }) => pos < before)
          .slice(-limit)
          .reverse(),
    }
    const coordinator = {
      world: house.world,
      clock: house.clock,
      ask: async (body: EntryBodies['request']) => house.mind.take({ kind: 'request', body }),
    }
    const options = { loaded: { config: { digestAt: '0 8 * * *' } }, store, coordinator, contacts: to, log }
    const jobs = houseJobs({ ...options, ...house } as unknown as HouseJobsOptions)
    await jobs.find(({ name }) => name === 'digest')?.run()
    await house.clock.advance(minutes(5))
    const [{ text } = { text: '' }] = house.journal.flatMap(({ body }) =>
      'request' in body && body.request === 'tell' ? [body] : [],
    )
    return { text, calls: house.calls.filter(({ titles }) => titles.includes('Daily digest')) }
  }

  t.test('goes to whoever does not want to hear of what is critical alone', async (t) => {
    const rows = [{}, { minSeverity: 'warning' as const }, { minSeverity: 'info' as const }]
    for (const wish of rows) {
      const to = [{ name: 'anna', channels: ['phone'], ...wish }]
      t.same(
        digestContacts(paramsOf({ channels: [PHONE], contacts: to }).contacts),
        ['anna'],
        JSON.stringify(wish),
      )
    }
    t.same(digestContacts(paramsOf({ channels: [PHONE] }).contacts), ['phone'], 'nor who has no name')
  })
  t.test('of the configuration in README goes to anna', async (t) => {
    const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')
    const blocks = [...readme.matchAll(/^```json\n(.*?)^```/gms)].map(([, text = '']) => text)
    const config = JSON.parse(blocks.find((text) => text.includes('digestAt')) ?? '{}') as CoordinatorConfig
    t.same([digestContacts(paramsOf(config).contacts), digestDoubts(config)], [['anna'], []])
  })
  t.test('that nobody gets is told when the configuration is checked', async (t) => {
    const [anna, ben, carol] = [contacts.slice(0, 1), contacts.slice(1, 2), contacts.slice(2)]
    const at = { digestAt: '0 8 * * *', weeklyDigestAt: '0 8 * * 1' }
    const rows: [config: Parameters<typeof digestDoubts>[0], warnings: RegExp[]][] = [
      [
        { ...at, channels: [PHONE, SMS], contacts: contacts.slice(1) },
        [/^digestAt: "0 8 \* \* \*" – nobody gets it/, /^weeklyDigestAt/],
      ],
      [{ ...at, channels: [SMS], contacts: carol }, [/^digestAt/, /^weeklyDigestAt/]],
      [at, [/^digestAt/, /^weeklyDigestAt/]],
      [{ ...at, channels, contacts: anna }, []],
      [{ channels: [PHONE], contacts: ben }, []],
    ]
    for (const [config, warnings] of rows) {
      const doubts = digestDoubts(config)
      t.match(doubts, warnings)
      t.equal(doubts.length, warnings.length)
    }
  })
  t.test('goes to anna by mail, and never by a telephone network', async (t) => {
    t.same(wanting, ['anna'])
    const { calls } = await tell(wanting)
    t.match(calls, [{ channel: 'mail', answer: 'up' }])
  })
  t.test('that nobody gets is a word in the log', async (t) => {
    const levels: string[] = []
    const { calls } = await tell([], (level) => levels.push(level))
    t.same([calls, levels], [[], ['warn']])
  })
  t.test('tells of all that was, however much else was decided', async (t) => {
    const { text } = await tell(wanting)
    t.match(text, /1 alerts fired in the last day:\n.*mifi/)
  })
  t.test('comes when the clock on the wall of the house says so', async (t) => {
    const hourIn = async (timeZone: string): Promise<number> => {
      const planned: string[] = []
      const log = (_level: string, _text: string, fields?: { next?: unknown }): void =>
        void planned.push(String(fields?.next))
      const stop = startJobs([{ name: 'digest', at: '0 8 * * *', run: async () => {} }], { log, timeZone })
      await stop()
      return new Date(planned[0] ?? '').getUTCHours()
    }
    t.equal(await hourIn('UTC'), 8)
    t.equal(await hourIn('Asia/Tokyo'), 23)
  })
})

t.test('only what may have arrived is called a repeat', async (t) => {
  const rows: [what: string, failure: Readonly<Record<string, boolean>>, repeat: boolean][] = [
    ['an answer that never came', { retryable: true }, true],
    ['nobody there', { retryable: true, unsent: true }, false],
    ['a clear no, and another way', { retryable: false }, false],
  ]
  for (const [what, failure, repeat] of rows) {
    const channels = [PHONE, MAIL]
    const told: Notification[] = []
    let fails = true
    const params = paramsOf({ channels, contacts: [{ name: 'anna', channels: ['phone', 'mail'] }] })
    const phone: Channel = {
      name: 'phone',
      async send(notification) {
        if (fails) throw new InfraError('delivery-failed', 'phone: no', { context: failure })
        told.push(notification)
        return { answer: 'HTTP 200', exchange: '' }
      },
    }
    const house = smallHouse({ params, channels: ['mail'], phone })
    const text = { title: 'Deposed', text: '', contacts: ['anna'], by: 'me' } as const
    house.mind.take({
      kind: 'request',
      body: { request: 'tell', about: 'deposed', severity: 'critical', ...text },
    })
    await house.clock.advance(seconds(1))
    fails = false
    await house.clock.advance(minutes(1))
    t.match([...told, ...house.told], [{ items: [{ repeat }] }], what)
  }
})

t.test(
  'how long it lasted is told by the clock that nobody steps, and by the wall’s over a start',
  async (t) => {
    const start = { event: 'started', version: '1', boot: 'b', machineMono: 0 } as const
    const rows: [what: string, happens: (house: SmallHouse) => void, lasted: string][] = [
      ['nothing', () => {}, '2 h'],
      ['NTP steps ahead', ({ clock }) => clock.stepWall(hours(9)), '2 h'],
      ['NTP steps back', ({ clock }) => clock.stepWall(hours(-9)), '2 h'],
      [
        'the house was without power for a night',
        ({ clock, mind }) => {
          clock.stepWall(hours(9))
          mind.take({ kind: 'system', body: start })
        },
        '11 h',
      ],
      [
        'a start with a clock of long ago',
        ({ clock, mind }) => {
          clock.stepWall(days(-9))
          mind.take({ kind: 'system', body: start })
        },
        '2 h',
      ],
    ]
    for (const [what, happens, lasted] of rows) {
      const contacts = [{ name: 'anna', channels: ['phone'] }]
      const alerting = { repeatMs: { critical: hours(2) } }
      const params = paramsOf({ channels: [PHONE], contacts, alerting })
      const house = smallHouse({ params })
      const journal = (ok: boolean): void =>
        void house.mind.take({
          kind: 'system',
          body: { event: 'self', part: 'journal', ok, detail: ok ? null : 'ENOSPC' },
        })
      journal(false)
      await house.clock.advance(minutes(1))
      happens(house)
      await house.clock.advance(hours(2))
      journal(true)
      await house.clock.advance(minutes(1))
      t.same(
        house.told.flatMap(({ items }) => items.map(({ title }) => title)),
        [
          'journal-failing on coordinator',
          `Still on after ${lasted}: journal-failing on coordinator`,
          `Resolved after ${lasted}: journal-failing on coordinator`,
        ],
        what,
      )
    }
  },
)

t.test('what waited for the morning was not offline, and counts what its reader knows of', async (t) => {
  const quiet = [{ from: '23:00', to: '07:00', except: null }]
  const contacts = [{ name: 'anna', channels: ['phone'], quiet, minSeverity: 'critical' as const }]
  const { house, go } = await troubled({
    channels: [PHONE],
    contacts,
    alerting: { repeatMs: { critical: hours(3) } },
  })
  house.hear(voice('rpi4-9', house.clock).birth()) // and is not heard again, of which anna is not told
  await go(hours(7.1))
  t.ok(Object.keys(house.world.alerts).length > 1)
  const [notification] = house.told
  t.match(notification, { items: [{ late: true }, {}, {}], wasOffline: false, stillFiring: 1 })
  t.match(notification && titleOf(notification), 'home: 1 alert, 1 still on')
})

t.test('a channel that refuses what it is told is told of by the others', async (t) => {
  const { house, go } = await troubled({ channels: [PHONE, { ...PHONE, name: 'chat' }] })
  const faults = channelFaults(
    { channels: [PHONE, { ...PHONE, name: 'chat' }] },
    {
      world: house.world,
      clock: house.clock,
    },
  )
  t.equal(faults(), null)
  house.others['chat'] = 'refusing'
  await go(minutes(2))
  t.equal(faults(), 'chat refuses what it is told: chat: HTTP 403')
  const later = channelFaults(
    { channels: [PHONE] },
    {
      world: house.world,
      clock: {
        ...house.clock,
        now: () => ({ ...house.clock.now(), wall: wallMs(house.clock.now().wall + 1) }),
      },
    },
  )
  t.equal(later(), null, 'whoever mended it started it anew')
})
