// Short messages: what an agent sends and what it refuses, what fits into them, and how a coordinator has them sent.
import t from 'tap'
import { errandBy } from '../helpers/errand-by.ts'
import type { Modem, ShortMessage } from '@infra-home/agent/modems/modem.ts'
import type { Outcome } from '@infra-home/agent/commands/refused.ts'
import { openShortMessages, SMS_FILE, type SmsAllowance } from '@infra-home/agent/short-messages.ts'
import { createCommander } from '@infra-home/coordinator/act/commander.ts'
import type { Notification, NotificationItem } from '@infra-home/coordinator/alerts/channels/channel.ts'
import { httpRequest } from '@infra-home/coordinator/alerts/sending/http-request.ts'
import { sms, type SmsConfig } from '@infra-home/coordinator/alerts/channels/sms.ts'
import { type Answer, commandId, isOfErrand, type Word } from '@infra-home/coordinator/alerts/errand.ts'
import { shortWords } from '@infra-home/coordinator/alerts/short-words.ts'
import { channelLacks } from '@infra-home/coordinator/alerts/channel-lacks.ts'
import { contactsOf } from '@infra-home/coordinator/alerts/contacts-of.ts'
import { channelNodeProblems } from '@infra-home/coordinator/config-problems.ts'
import { pickWay } from '@infra-home/coordinator/decide/pick-way.ts'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { days, hours, milliseconds, minutes, monoMs, seconds } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import type { CmdMessage } from '@infra-home/shared/messages/cmd.ts'
import type { Refusal } from '@infra-home/shared/messages/res.ts'
import { withoutMac } from '@infra-home/shared/seal/mac.ts'
import { mayWriteTo, smsNumberCapability } from '@infra-home/shared/sms/capability.ts'
import { isPhoneNumber } from '@infra-home/shared/sms/number.ts'
import { alphabetOf, fitsInto, placesOf } from '@infra-home/shared/sms/short-text.ts'
import { isUlid } from '@infra-home/shared/ulid.ts'
import { type FakeClock, fakeClock, settle } from '../helpers/fake-clock.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { MODEM, voice } from '../helpers/said.ts'
import { smallHouse } from '../helpers/small-house.ts'

const OWNER = '+33612345678'
const ORDER = { modem: 'lte', to: OWNER, text: 'wan-down on rpi4-1' }
const ID = '01JD0000000000000000000000'
const quiet = (): void => {}
const mute: Modem = { read: () => new Promise(() => {}) }

type Setting = {
  allowance?: SmsAllowance | null
  disk?: ReturnType<typeof fakeDisk>
  clock?: FakeClock
  sendSms?: (message: ShortMessage) => Promise<void>
}

/** An agent's short messages, by a modem that can and one that cannot. */
const agent = async ({
  allowance = { to: null, maxPerDay: 3 },
  disk = fakeDisk(),
  ...rest
}: Setting = {}) => {
  const sent: ShortMessage[] = []
  const sendSms = rest.sendSms ?? (async () => {})
  const able: Modem = { ...mute, sendSms: (message) => (sent.push(message), sendSms(message)) }
  const modems = new Map([
    ['lte', able],
    ['old', mute],
  ])
  const clock = rest.clock ?? fakeClock()
  const messages = await openShortMessages({ clock, disk: disk.mount(), modems, allowance, log: quiet })
  return { ...messages, sent, disk, clock }
}

t.test('an agent sends what it may and can, and says why not', async (t) => {
  const only = { to: ['+4915112345678'], maxPerDay: 3 }
  const rows: [what: string, args: object, allowance: SmsAllowance | null | undefined, answer: Outcome][] = [
    ['what is right', {}, undefined, null],
    ['to a number that its owner named', {}, { to: [OWNER], maxPerDay: 3 }, null],
    ['in UCS-2', { text: 'ж'.repeat(5 * 67) }, undefined, null],
    ['without a modem', { modem: undefined }, undefined, 'malformed'],
    ['to a number that is none', { to: 7 }, undefined, 'malformed'],
    ['to a national number', { to: '0612345678' }, undefined, 'malformed'],
    ['to a short code', { to: '+1234' }, undefined, 'malformed'],
    ['to a number with a service code', { to: '+33612345678#' }, undefined, 'malformed'],
    ['to too long a number', { to: `+1${'2'.repeat(15)}` }, undefined, 'malformed'],
    ['nothing', { text: '' }, undefined, 'malformed'],
    ['what is no text', { text: ['a'] }, undefined, 'malformed'],
    ['more than five parts', { text: 'x'.repeat(5 * 153 + 1) }, undefined, 'malformed'],
    ['more than five parts of UCS-2', { text: 'ж'.repeat(5 * 67 + 1) }, undefined, 'malformed'],
    ['what nobody allowed', {}, null, 'sms-off'],
    ['to a number that its owner did not name', {}, only, 'not-allowed'],
    [
      'by a modem that there is none of',
      { modem: 'moon' },
      undefined,
      { reason: 'no-such-modem', detail: 'it has lte, old' },
    ],
    ['by a modem that cannot', { modem: 'old' }, undefined, 'unable'],
  ]
  for (const [what, args, allowance, answer] of rows) {
    const { send, sent } = await agent(allowance === undefined ? {} : { allowance })
    t.same(await send(ID, { ...ORDER, ...args }), answer, what)
    t.equal(sent.length, answer === null ? 1 : 0, `${what}: ${answer === null ? 'sent' : 'not sent'}`)
  }
  t.same((await agent()).capabilities, ['sms', 'sms/lte'], 'and says which modems can')
  t.same((await agent({ allowance: null })).capabilities, [], 'none where nobody allowed it')
  const named = (await agent({ allowance: only })).capabilities
  t.match(named, ['sms', 'sms/lte', /^sms-to\/[0-9a-f]{8}$/], 'and to whom, without the number')
  t.same([mayWriteTo(named, '+4915112345678'), mayWriteTo(named, OWNER)], [true, false])
})

t.test('a command’s message is sent once', async (t) => {
  t.test('however often it comes', async (t) => {
    const { send, sent } = await agent()
    t.same(await Promise.all([send(ID, ORDER), send(ID, ORDER)]), [null, null], 'also while it is under way')
    t.equal(await send(ID, { ...ORDER, text: 'other words' }), null)
    t.equal(sent.length, 1)
  })
  t.test('over a restart', async (t) => {
    const disk = fakeDisk()
    await (await agent({ disk })).send(ID, ORDER)
    const { send, sent } = await agent({ disk })
    t.equal(await send(ID, ORDER), null, 'it was done, and is said to be')
    t.same(sent, [])
  })
  t.test('and not again when its end is not known', async (t) => {
    const disk = fakeDisk()
    void (await agent({ disk, sendSms: () => new Promise(() => {}) })).send(ID, ORDER)
    await settle()
    const { send, sent } = await agent({ disk })
    t.equal(await send(ID, ORDER), 'interrupted')
    t.same(sent, [])
  })
  t.test('and not again when the network did not take it', async (t) => {
    for (const error of [new InfraError('modem-refused', 'no'), new TypeError('a fault of the driver')]) {
      const { send, sent } = await agent({ sendSms: () => Promise.reject(error) })
      const failed = { reason: 'failed', detail: error.message }
      t.same([await send(ID, ORDER), await send(ID, ORDER), sent.length], [failed, failed, 1])
    }
  })
  t.test('on a full disk too: it may be of the disk that it tells', async (t) => {
    const disk = fakeDisk()
    disk.limit(0)
    const { send, sent } = await agent({ disk })
    t.same([await send(ID, ORDER), await send(ID, ORDER), sent.length], [null, null, 1])
  })
})

t.test('a day has so many, whoever asks', async (t) => {
  const disk = fakeDisk()
  const clock = fakeClock()
  const ids = ['A', 'B', 'C', 'D', 'E']
  const first = await agent({ disk, clock })
  for (const id of ids.slice(0, 3)) t.equal(await first.send(id, ORDER), null)
  t.equal(await first.send('D', ORDER), 'too-many')
  const { send } = await agent({ disk, clock })
  t.equal(await send('D', ORDER), 'too-many', 'also after a restart')
  clock.stepWall(milliseconds(-400 * days(1)))
  t.equal(await send('D', ORDER), 'too-many', 'and for a clock that was put back')
  clock.stepWall(milliseconds(days(1) + 1))
  t.equal(await send('D', ORDER), null, 'a day later there are more')
  t.match(Buffer.from(disk.files.get(SMS_FILE) ?? []).toString(), /"outcome":"done"/)
  t.notMatch(Buffer.from(disk.files.get(SMS_FILE) ?? []).toString(), OWNER, 'numbers are not in the book')
})

t.test('a number is in international form', async (t) => {
  for (const good of [OWNER, '+4915112345678', '+12025550123']) t.ok(isPhoneNumber(good), good)
  for (const bad of ['33612345678', '+0612345678', '+336 12', '112', '', '+33612345678\n'])
    t.notOk(isPhoneNumber(bad), JSON.stringify(bad))
})

t.test('the alphabet says what fits', async (t) => {
  const rows: [text: string, alphabet: string, places: number][] = [
    ['Hello', 'gsm-7', 5],
    ['à 3 €', 'gsm-7', 6],
    ['[a]', 'gsm-7', 5],
    ['ê', 'ucs-2', 1],
    ['🔥', 'ucs-2', 2],
  ]
  for (const [text, alphabet, places] of rows) {
    t.equal(alphabetOf(text), alphabet, text)
    t.equal(placesOf(text, alphabetOf(text)), places, text)
  }
  const limits: [char: string, parts: number, most: number][] = [
    ['x', 1, 160],
    ['€', 1, 80],
    ['x', 2, 306],
    ['ж', 1, 70],
    ['ж', 3, 201],
  ]
  for (const [char, parts, most] of limits) {
    t.ok(fitsInto(char.repeat(most), parts), `${most} ${char} fit into ${parts}`)
    t.notOk(fitsInto(char.repeat(most + 1), parts), `${most + 1} do not`)
  }
})

const ITEM: NotificationItem = {
  id: 'd1',
  alertId: 'a1',
  event: 'fired',
  title: 'modem-signal-lost on rpi4-1 (mifi)',
  text: 'mifi reports no radio signal at all',
  severity: 'critical',
  at: '2026-11-01T10:00:00.000Z',
  late: false,
  repeat: false,
  about: { code: 'modem-signal-lost', node: 'rpi4-1', subject: 'mifi' },
  advice: null,
  entry: 'd1',
}
const MEANS = { http: httpRequest, apiUrl: '' }
const note = (...items: Partial<NotificationItem>[]): Notification => ({
  id: 'n1',
  site: 'home',
  sentAt: '2026-11-01T10:00:00.000Z',
  stillFiring: 2,
  wasOffline: false,
  items: items.map((item, i) => ({ ...ITEM, alertId: `${ITEM.alertId}${i}`, ...item })),
})

t.test('an alert in a few words', async (t) => {
  const title = 'host-hot on rpi4-2'
  const rows: [what: string, note: Notification, words: string | RegExp][] = [
    ['one', note({}), 'home: modem-signal-lost on rpi4-1 (mifi): mifi reports no radio signal at all'],
    ['late', note({ title, text: 'hot', late: true }), 'home: (late) host-hot on rpi4-2: hot'],
    ['perhaps again', note({ title, text: 'hot', repeat: true }), 'home: (again?) host-hot on rpi4-2: hot'],
    ['two', note({ title }, { title: 'b' }), 'home: 2 alerts, 2 still on: host-hot on rpi4-2; b'],
    [
      'many after an outage',
      { ...note(...Array.from({ length: 12 }, () => ({ title, late: true }))), wasOffline: true },
      /^home: 12 alerts while offline, 2 still on: host-hot on rpi4-2; .*\.\.\.$/,
    ],
    [
      'of one alert',
      note({ title, alertId: 'A', late: true }, { title: 'Resolved', alertId: 'A', late: true }),
      'home: 1 alert, 2 still on: host-hot on rpi4-2; Resolved',
    ],
    [
      'without what costs half the places',
      note({ title: 'Tête', text: '85 °C – “ça” où… ß' }),
      'home: Tete: 85 C - "ca" où... ß',
    ],
    ['in another script', note({ title: 'a', text: 'жар' }), 'home: a: жар'],
  ]
  for (const [what, notification, words] of rows) t.match(shortWords(notification, 1), words, what)
  for (const char of ['x', '€', 'ж', '🔥'])
    for (const parts of [1, 2, 5]) {
      const words = shortWords(note({ text: char.repeat(2000) }), parts)
      t.ok(fitsInto(words, parts) && words.endsWith('...'), `${char} is cut to ${parts}`)
      t.ok(words.isWellFormed(), 'between characters')
      t.notOk(fitsInto(`${words}xx`, parts), 'not sooner than need be')
    }
})

t.test('ids of an errand’s commands are ULIDs of their own', async (t) => {
  const ids = Array.from({ length: 8 }, (_, nth) => commandId(ID, nth))
  t.equal(ids[0], ID)
  t.equal(new Set(ids).size, 8)
  t.ok(ids.every(isUlid))
  t.ok(ids.every((id) => isOfErrand(id, ID)))
  t.notOk(isOfErrand('01JD0000000000000000000001', ID))
})

const CONFIG: SmsConfig = { node: 'rpi4-1', modem: 'lte', to: [OWNER] }

t.test('the sms channel says how it went', async (t) => {
  const rows: [answers: Answer[], outcome: 'sent' | 'retryable' | 'for good', unsent?: boolean][] = [
    [['done'], 'sent'],
    [['done', 'failed'], 'sent'],
    [['away'], 'retryable', true],
    [['unheard'], 'retryable', true],
    [['sms-off'], 'for good', true],
    [['silent'], 'retryable', false],
    [['failed'], 'retryable', false],
    [['interrupted'], 'retryable', false],
    [['too-many'], 'retryable', true],
    [['older'], 'retryable', true],
    [['unable'], 'for good', true],
    [['no-such-modem'], 'for good', true],
    [['not-allowed'], 'for good', true],
    [['malformed'], 'for good', true],
    [['unknown-verb'], 'for good', true],
    [['not-allowed', 'silent'], 'retryable', false],
    [['done', 'silent'], 'sent'],
  ]
  for (const [answers, outcome, unsent] of rows) {
    const asked: string[] = []
    const channel = sms.create('phone', { ...CONFIG, to: answers.map(() => OWNER) }, MEANS)
    const command = async (id: string): Promise<Word> => (
      asked.push(id),
      { answer: answers[asked.length - 1] ?? 'away', detail: null }
    )
    const seen = await channel.send(note({}), { ...errandBy(async () => {}), id: ID, command }).then(
      () => ['sent', undefined],
      (error: unknown) => {
        if (!isInfraError(error, 'delivery-failed')) throw error
        t.match(error.message, /^phone: rpi4-1 did not send by lte: /)
        t.notMatch(error.message, OWNER)
        return [error.context['retryable'] ? 'retryable' : 'for good', error.context['unsent']]
      },
    )
    t.same(seen, [outcome, unsent], answers.join())
    t.equal(new Set(asked).size, answers.length, 'a command for each number')
  }
})

t.test('what the configuration says of it', async (t) => {
  const channel = { name: 'phone', kind: 'sms', ...CONFIG }
  const [contact] = contactsOf({ channels: [channel] }, 'UTC')
  t.same(contact?.ways, [{ channel: 'phone', over: 'phone', perHour: 10 }])
  const planned = (node: string, ...modems: string[]) =>
    ({ hosts: [{ name: node }], phones: [], modems: modems.map((id) => ({ id, host: node })) }) as never
  const problems = (topology: never) => channelNodeProblems({ stateDir: '.', channels: [channel] }, topology)
  t.match(problems(planned('rpi4-2')), [
    { path: '/channels/0/node', value: 'rpi4-1', expected: /one of rpi4-2/ },
  ])
  t.match(problems(planned('rpi4-1', 'mifi')), [
    { path: '/channels/0/modem', value: 'lte', expected: /one of mifi$/ },
  ])
  t.same(problems(planned('rpi4-1')), [], 'its agent may have found one')
})

t.test('a configuration that cannot work is known before it is needed', async (t) => {
  const channels = [
    { name: 'phone', kind: 'sms', ...CONFIG },
    { name: 'web', kind: 'webhook' },
  ]
  const lacks = (capabilities: readonly string[] | null, ...modems: string[]): string | null => {
    const states = Object.fromEntries(modems.map((id) => [`modem/${id}`, {}]))
    const node = { presence: 'online', birth: capabilities && { capabilities }, states }
    return channelLacks({ channels }, { nodes: { 'rpi4-1': node } as never })
  }
  t.equal(channelLacks({ channels }, { nodes: {} }), 'phone: rpi4-1 was never heard')
  const never = { presence: 'never-seen', birth: null, states: {} }
  t.equal(
    channelLacks({ channels }, { nodes: { 'rpi4-1': never } as never }),
    'phone: rpi4-1 was never heard',
  )
  t.equal(lacks(null), null)
  t.equal(lacks(['host', 'sms/lte']), null)
  t.equal(lacks(['host', 'sms', 'sms/lte', smsNumberCapability(OWNER)]), null)
  t.equal(lacks(['host']), 'phone: rpi4-1 has no `sms` in its agent’s configuration')
  t.equal(lacks(['host', 'sms'], 'mifi'), 'phone: rpi4-1 has no modem lte: it has mifi')
  t.equal(
    lacks(['host', 'sms/mifi'], 'mifi', 'lte'),
    'phone: the modem lte of rpi4-1 cannot send short messages',
  )
  const lacking = lacks(['sms', 'sms/lte', smsNumberCapability('+4915112345678')])
  t.match(lacking, /^phone: `sms.to` of rpi4-1’s agent lacks 1 of the 1 numbers/)
  t.notMatch(lacking, OWNER)
})

t.test('a node that is told', async (t) => {
  const told = async () => {
    const house = smallHouse()
    const node = voice('rpi4-1', house.clock)
    house.hear(node.birth())
    const published: CmdMessage[] = []
    let reached = true
    const { command, heard } = createCommander({
      ...house,
      sign: (body) => ({ ...body, signature: null }) as never,
      async publish(_topic, payload) {
        if (!reached) throw new Error('no broker')
        published.push(JSON.parse(withoutMac(payload)) as CmdMessage)
      },
      kept: async () => {},
    })
    await house.clock.advance(minutes(2))
    house.hear(node.birth())
    const answer = (outcome: 'done' | 'refused', reason: Refusal | null = null, from = 'rpi4-1'): void =>
      heard({ ...node.envelope(null), node: from, command: ID, outcome, reason })
    return { house, node, published, command, answer, reach: (on: boolean) => void (reached = on) }
  }
  const order = { node: 'rpi4-1', verb: 'send-sms', args: ORDER } as const

  t.test('does it once, and is asked again until it says so', async (t) => {
    const { house, published, command, answer } = await told()
    const done = command(ID, order)
    await settle()
    await house.clock.advance(seconds(11))
    t.match(
      published,
      [1, 2, 3].map((generation) => ({ id: ID, generation, verb: 'send-sms', args: ORDER })),
    )
    answer('done', null, 'rpi4-2')
    answer('refused', 'replayed')
    answer('refused', 'wrong-boot')
    await house.clock.advance(seconds(5))
    t.equal(published.length, 4, 'somebody else’s word is none, nor is that of one time that it was said')
    answer('done')
    t.same(await done, { answer: 'done', detail: null })
    await house.clock.advance(minutes(2))
    t.equal(published.length, 4)
  })
  t.test('is not waited for when it is away', async (t) => {
    const { house, node, published, command } = await told()
    t.match(await command(ID, { ...order, node: 'boxx' }), { answer: 'unheard' }, 'a name that nobody has')
    house.hear(node.presence('lost'))
    t.match(await command(ID, order), { answer: 'away' })
    t.same(published, [])
  })
  t.test('is waited for without an end of patience', async (t) => {
    const { house, published, command, reach } = await told()
    const silent = command(ID, order)
    await settle()
    reach(false)
    await house.clock.advance(seconds(46))
    t.match(await silent, { answer: 'silent' })
    t.equal(published.length, 1, 'where there is no broker nothing is said')
  })
  t.test('is not told by who rules no more', async (t) => {
    const { house, command } = await told()
    house.world.deposedBy = 9
    t.match(await command(ID, order), { answer: 'older' })
  })
})

t.test('a way that has had its messages of this hour is passed over, or waited for', async (t) => {
  const ways = [
    { channel: 'a', over: 'phone', perHour: 1 },
    { channel: 'b', over: 'phone', perHour: 1 },
  ] as const
  const pick = (openAt: Readonly<Record<string, number>>) =>
    pickWay(
      ways,
      { createdMono: monoMs(50), tried: [] },
      {
        now: { mono: monoMs(100) },
        isOffline: true,
        openAt: ({ channel }) => monoMs(openAt[channel] ?? 0),
        isFailing: () => true,
      },
    )
  t.match(pick({}), { channel: 'a' })
  t.match(pick({ a: 200 }), { channel: 'b' })
  t.match(pick({ a: 200, b: 300 }), { channel: 'a', openAt: 200 }, 'until the first is free')
})

t.test('a word that comes late settles what was given up, and nothing else does', async (t) => {
  const params = paramsOf({ channels: [{ name: 'sms', kind: 'sms', ...CONFIG }] })
  const house = smallHouse({ params, channels: ['sms'] })
  house.others['sms'] = 'down'
  const node = voice('rpi4-1', house.clock)
  house.hear(node.birth())
  const say = (command: string, outcome: 'done' | 'refused'): void =>
    house.hear([
      `ih/1/rpi4-1/res/${command}`,
      { ...node.envelope(null), command, outcome, reason: outcome === 'done' ? null : 'failed' },
    ])
  const by = {
    about: 'deposed',
    contacts: ['sms'],
    severity: 'critical',
    title: 'T',
    text: '',
    by: 'me',
  } as const
  house.mind.take({ kind: 'request', body: { request: 'tell', ...by } })
  await house.clock.advance(seconds(1))
  const [delivery] = Object.values(house.world.deliveries)
  const command = delivery?.triedBy ?? ''
  t.match(delivery, { status: 'due', attempts: 1, isInDoubt: true })
  say(command, 'refused')
  say(ID, 'done')
  t.match(delivery, { status: 'due' })
  say(commandId(command, 1), 'done')
  t.match(delivery, { status: 'sent', answer: 'done, said late' })
  t.match(house.journal.at(-1), { kind: 'message', cause: command }, 'and is filed under what it answers')
  await house.clock.advance(seconds(30))
  t.equal(house.calls.length, 1)
})

t.test('a storm costs what an hour may, and is told in one message afterwards', async (t) => {
  const params = paramsOf({
    wan: { timeZone: 'UTC' },
    channels: [{ name: 'sms', kind: 'sms', ...CONFIG, maxPerHour: 4 } as never],
    alerting: { groupMs: 0 },
  })
  const house = smallHouse({ params, channels: ['sms'] })
  const node = voice('rpi4-1', house.clock)
  house.hear(node.birth())
  for (let i = 0; i < 12; i++) {
    house.hear(node.state('modem', `m${i}`, { ...MODEM, registration: 'denied' }))
    for (let beat = 0; beat < 6; beat++) {
      house.hear(node.tm({}))
      await house.clock.advance(seconds(10))
    }
  }
  t.equal(house.calls.length, 4)
  await house.clock.advance(hours(1))
  const told = house.calls.map(
    ({ titles }) => titles.filter((title) => /on rpi4-1 \(m\d+\)$/.test(title)).length,
  )
  t.ok((told[4] ?? 0) > 5, `${told.join(', ')}: what was over is told together`)
  const owed = Object.values(house.world.deliveries).filter(({ status }) => status !== 'sent')
  t.same(owed, [], 'nothing is lost')
  t.ok(house.calls.length <= 6)
  t.ok(
    (house.world.channels['sms']?.sent.length ?? 0) >= 5,
    'it is counted in the world, which outlives a restart',
  )
})
