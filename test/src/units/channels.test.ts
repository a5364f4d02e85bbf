import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { errandBy } from '../helpers/errand-by.ts'
import t, { type Test } from 'tap'
import type {
  Channel,
  Notification,
  NotificationItem,
  Publish,
} from '@infra-home/coordinator/alerts/channels/channel.ts'
import { bodyOf, cutBytes, cutCharacters } from '@infra-home/coordinator/alerts/channels/text.ts'
import { lonelyContact } from '@infra-home/coordinator/alerts/contact.ts'
import { keepUp } from '@infra-home/coordinator/alerts/keep-up.ts'
import { openChannels } from '@infra-home/coordinator/alerts/open-channels.ts'
import { failureOf } from '@infra-home/coordinator/alerts/sending/delivery-failed.ts'
import { httpRequest, type HttpRequest } from '@infra-home/coordinator/alerts/sending/http-request.ts'
import { retryAfter } from '@infra-home/coordinator/alerts/sending/retry-after.ts'
import { shortWords } from '@infra-home/coordinator/alerts/short-words.ts'
import { testChannel } from '@infra-home/coordinator/alerts/test-channel.ts'
import { apiUrlOf } from '@infra-home/coordinator/api-url.ts'
import { mayPublish, maySubscribe, readerMaySubscribe } from '@infra-home/coordinator/broker/rights.ts'
import { loadConfig } from '@infra-home/coordinator/config.ts'
import { type DeliveryFact, owedDelivery } from '@infra-home/coordinator/world/delivery.ts'
import { minutes, seconds, wallMs } from '@infra-home/shared/clock.ts'
import { InfraError, isInfraError } from '@infra-home/shared/errors.ts'
import { eventually } from '../helpers/eventually.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { receiver, type Reply } from '../helpers/receiver.ts'
import { smallHouse } from '../helpers/small-house.ts'
import { toyMail, type ToyMailAnswers } from '../helpers/toy-mail.ts'

const ITEM: NotificationItem = {
  id: '01D-it',
  alertId: '01A',
  event: 'fired',
  title: 'modem-signal-lost on rpi4-1 (mifi)',
  text: 'mifi reports no radio signal at all',
  severity: 'critical',
  at: '2026-11-01T10:00:00.000Z',
  late: false,
  repeat: false,
  about: { code: 'modem-signal-lost', node: 'rpi4-1', subject: 'mifi' },
  advice: null,
  entry: '01E',
}
const note = (...items: Partial<NotificationItem>[]): Notification => ({
  id: '01D-it',
  site: 'home',
  sentAt: '2026-11-01T10:00:05.000Z',
  stillFiring: 1,
  wasOffline: false,
  items: items.map((item) => ({ ...ITEM, ...item })),
})
const TITLE = 'home: modem-signal-lost on rpi4-1 (mifi)'
const WHOLE = `${TITLE}\nmifi reports no radio signal at all`

const silent: Publish = async () => {}
const KEY = Buffer.from('of twenty-four bytes or more').toString('base64')

const TELL = {
  kind: 'request',
  body: {
    request: 'tell',
    about: 'deposed',
    contacts: ['phone'],
    severity: 'critical',
    title: 'a',
    text: 'b',
    by: 'me',
  },
} as const

/** One kind of channel as a home has it: its configuration, its files, what its service is asked and how that says yes. */
type Case = {
  readonly kind: string
  readonly config: (url: string) => object
  readonly files: (url: string) => Readonly<Record<string, string | Record<string, string>>>
  readonly asked: { method?: string; path: string; headers?: object; json: object | readonly object[] }
  readonly yes: Reply
  /** An answer of 2xx that is not this service's. */
  readonly stranger?: string
  readonly secrets: readonly string[]
}

const PAGE = '<html>Sign in to the guest network</html>'
const CASES: readonly Case[] = [
  {
    kind: 'webhook',
    config: (url) => ({ url: `${url}/hook`, bearerFile: 'bearer', secretFile: 'key' }),
    files: () => ({ bearer: 'b3arer-s3cret', key: `whsec_${KEY}` }),
    asked: {
      path: '/hook',
      headers: {
        authorization: 'Bearer b3arer-s3cret',
        'webhook-id': '01D-it',
        'webhook-timestamp': '1793527205',
      },
      json: { title: TITLE, site: 'home', stillFiring: 1, items: [{ alertId: '01A', event: 'fired' }] },
    },
    yes: { body: 'thanks' },
    secrets: ['b3arer-s3cret', KEY],
  },
  {
    kind: 'ntfy',
    config: (url) => ({ server: url, topic: 'home', bearerFile: 'bearer' }),
    files: () => ({ bearer: 'tk_s3cret' }),
    asked: {
      path: '/',
      headers: { authorization: 'Bearer tk_s3cret' },
      json: { topic: 'home', title: TITLE, message: ITEM.text, priority: 5, tags: ['warning'] },
    },
    yes: { body: '{"id":"abc"}' },
    stranger: PAGE,
    secrets: ['tk_s3cret'],
  },
  {
    kind: 'telegram',
    config: (url) => ({ server: url, chat: '-1001', tokenFile: 'token' }),
    files: () => ({ token: '123456:AAE-s3cret_token' }),
    asked: {
      path: '/bot123456:AAE-s3cret_token/sendMessage',
      json: { chat_id: '-1001', text: WHOLE, disable_notification: false },
    },
    yes: { body: '{"ok":true,"result":{"message_id":7}}' },
    stranger: '{"ok":false}',
    secrets: ['123456:AAE-s3cret_token'],
  },
  {
    kind: 'discord',
    config: () => ({ urlFile: 'url' }),
    files: (url) => ({ url: `${url}/api/webhooks/1/s3cret-of-discord` }),
    asked: {
      path: '/api/webhooks/1/s3cret-of-discord?wait=true',
      json: { content: WHOLE, allowed_mentions: { parse: [] } },
    },
    yes: { body: '{"id":"42"}' },
    stranger: PAGE,
    secrets: ['s3cret-of-discord'],
  },
  {
    kind: 'slack',
    config: () => ({ urlFile: 'url' }),
    files: (url) => ({ url: `${url}/services/T0/B0/s3cretOfSlack` }),
    asked: { path: '/services/T0/B0/s3cretOfSlack', json: { text: WHOLE } },
    yes: { body: 'ok', headers: { 'content-type': 'text/html' } },
    stranger: PAGE,
    secrets: ['s3cretOfSlack'],
  },
  {
    kind: 'gotify',
    config: (url) => ({ server: `${url}/`, tokenFile: 'token' }),
    files: () => ({ token: 'A.s3cret' }),
    asked: {
      path: '/message',
      headers: { 'x-gotify-key': 'A.s3cret' },
      json: { title: TITLE, message: ITEM.text, priority: 8 },
    },
    yes: { body: '{"id":25,"appid":5}' },
    stranger: PAGE,
    secrets: ['A.s3cret'],
  },
  {
    kind: 'matrix',
    config: (url) => ({ server: url, room: '!room:home.example', tokenFile: 'token' }),
    files: () => ({ token: 'syt_s3cret' }),
    asked: {
      method: 'PUT',
      path: '/_matrix/client/v3/rooms/!room%3Ahome.example/send/m.room.message/01D-it',
      headers: { authorization: 'Bearer syt_s3cret' },
      json: { msgtype: 'm.text', body: WHOLE },
    },
    yes: { body: '{"event_id":"$abc"}' },
    stranger: PAGE,
    secrets: ['syt_s3cret'],
  },
  {
    kind: 'pushover',
    config: (url) => ({ server: url, tokenFile: 'token', userFile: 'user' }),
    files: () => ({ token: 'azGDORePK8gMaC0QOYAMyEEuzJnyUi', user: 'uQiRzpo4DXghDmr9QzzfQu27cmVRsG' }),
    asked: {
      path: '/1/messages.json',
      json: {
        token: 'azGDORePK8gMaC0QOYAMyEEuzJnyUi',
        user: 'uQiRzpo4DXghDmr9QzzfQu27cmVRsG',
        title: TITLE,
        message: ITEM.text,
        priority: 1,
        timestamp: 1793527200,
      },
    },
    yes: { body: '{"status":1,"request":"x"}' },
    stranger: '{"status":0}',
    secrets: ['azGDORePK8gMaC0QOYAMyEEuzJnyUi', 'uQiRzpo4DXghDmr9QzzfQu27cmVRsG'],
  },
  {
    kind: 'alertmanager',
    config: (url) => ({ url, username: 'home', passwordFile: 'password', apiUrl: 'https://rpi4-2:8470' }),
    files: () => ({ password: 'p4ss s3cret' }),
    asked: {
      path: '/api/v2/alerts',
      headers: { authorization: `Basic ${Buffer.from('home:p4ss s3cret').toString('base64')}` },
      json: [
        {
          labels: {
            alertname: 'modem-signal-lost',
            site: 'home',
            severity: 'critical',
            node: 'rpi4-1',
            subject: 'mifi',
          },
          annotations: { summary: ITEM.title, description: ITEM.text },
          startsAt: '2026-11-01T10:00:00.000Z',
          endsAt: '2026-11-02T10:00:05.000Z',
          generatorURL: 'https://rpi4-2:8470/api/v1/events/01E/explain',
        },
      ],
    },
    yes: {},
    stranger: PAGE,
    secrets: ['p4ss s3cret', Buffer.from('home:p4ss s3cret').toString('base64')],
  },
]

/** The channel as a coordinator opens it, with its secrets in files. */
const opened = (t: Test, { kind, config, files }: Case, { url, http = httpRequest }: Target): Channel => {
  const folder = t.testdir(files(url))
  const channels = [{ name: 'it', kind, ...config(url) }]
  const file = join(folder, 'coordinator.json')
  writeFileSync(file, JSON.stringify({ stateDir: 'state', site: 'home', channels }))
  const [channel] = openChannels(loadConfig(file), file, { http })
  if (!channel) throw new Error('no channel')
  return channel
}
type Target = { readonly url: string; readonly http?: HttpRequest }

const failure = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => null,
    (e: unknown) => e,
  )
  const found = failureOf(error)
  if (!found || !isInfraError(error)) throw new Error(`not a failed delivery: ${String(error)}`)
  return { ...found, message: error.message }
}

for (const one of CASES)
  t.test(`the ${one.kind} channel`, async (t) => {
    t.test('asks what its service documents, and takes its yes', async (t) => {
      const { url, heard } = await receiver(t, one.yes)
      const { answer } = await opened(t, one, { url }).send(note({}), errandBy(silent))
      t.match(answer, /^HTTP 200/)
      const { method, path, headers, json } = heard[0] ?? {}
      t.match({ method, path, headers, json }, { method: 'POST', ...one.asked })
      t.equal(headers?.['content-type'], 'application/json')
    })
    t.test('shows the exchange, and nowhere a secret, even when it is echoed', async (t) => {
      const shown: unknown[] = []
      for (const status of [200, 400, 500]) {
        const { url } = await receiver(t, (heard) => ({ status, body: JSON.stringify(heard) }))
        const phone = opened(t, one, { url })
        const house = smallHouse({ phone })
        house.mind.take(TELL)
        await eventually('its end', () => house.journal.some(({ kind }) => kind === 'step-finished'))
        const direct = await phone
          .send(note({}), errandBy(silent))
          .catch((error: unknown) => [String(error), failureOf(error)])
        shown.push(direct, house.journal, house.world)
      }
      const text = JSON.stringify(shown)
      t.match(text, /> (POST|PUT) \S+ HTTP\/1.1\\n> host: 127\.0\.0\.1:\d+\\n/)
      t.match(text, /\\n< HTTP 400\\n/)
      for (const secret of one.secrets) t.notMatch(text, secret)
      t.match(text, /\(secret\)/)
    })
    for (const [status, retryable, unsent] of [
      [500, true, false],
      [502, true, false],
      [504, true, false],
      [503, true, false],
      [429, true, true],
      [408, true, true],
      [302, false, false],
      [400, false, false],
      [403, false, false],
      [404, false, false],
    ] as const)
      t.test(`${status} ${retryable ? 'may be tried again' : 'is given up'}`, async (t) => {
        const { url } = await receiver(t, { status, body: 'no', headers: { 'retry-after': '120' } })
        const failed = await failure(opened(t, one, { url }).send(note({}), errandBy(silent)))
        t.match(failed, { retryable, unsent, retryAfter: 120_000, message: `it: HTTP ${status} no` })
      })
    t.test('a receiver that is not there, or hangs, may be tried again', async (t) => {
      const { url } = await receiver(t, { hang: true })
      const http: HttpRequest = (asked) => httpRequest(asked, seconds(0.05))
      const mute = await silentPort(t)
      for (const [target, unsent] of [
        ['http://127.0.0.1:1', true],
        [`https://127.0.0.1:${mute}`, true],
        [url, false],
      ] as const)
        t.match(await failure(opened(t, one, { url: target, http }).send(note({}), errandBy(silent))), {
          retryable: true,
          unsent,
        })
    })
    if (one.stranger !== undefined)
      t.test('does not take somebody else’s 200 for a yes', async (t) => {
        const { url } = await receiver(t, { body: one.stranger ?? '' })
        t.match(await failure(opened(t, one, { url }).send(note({}), errandBy(silent))), { retryable: true })
      })
    t.test('says what to do when it is told for the first time, and not when it is over', async (t) => {
      const { url, heard } = await receiver(t, one.yes)
      const channel = opened(t, one, { url })
      const advice = 'Look at the antenna.'
      await channel.send(note({ advice }), errandBy(silent))
      t.match(heard[0]?.body, /Look at the antenna\./)
      await channel.send(note({ advice: null, event: 'resolved' }), errandBy(silent))
      t.notMatch(heard[1]?.body, /Look at the antenna\./)
    })
    t.test('says that it is late and may be a repeat, and tells several as one', async (t) => {
      const { url, heard } = await receiver(t, one.yes)
      const channel = opened(t, one, { url })
      await channel.send(note({ late: true, repeat: true }), errandBy(silent))
      await channel.send(note({}, { event: 'resolved' }, {}), errandBy(silent))
      if (one.kind === 'alertmanager') return t.match(heard[1]?.json, { length: 3 })
      t.match(heard[0]?.body, /late, happened 2026-11-01T10:00:00.000Z; possibly a repeat/)
      t.match(heard[1]?.body, /home: 1 alert, 1 still on/)
    })
  })

t.test('an e-mail', async (t) => {
  const TO = ['anna@home.test', 'ben@home.test']
  const mailTo = (t: Test, port: number): Channel => {
    const own = { host: '127.0.0.1', port, security: 'none', from: 'house@home.test', to: TO }
    const email = { kind: 'email', config: () => own, files: () => ({}) }
    return opened(t, { ...caseOf('webhook'), ...email }, { url: '' })
  }
  const later = (address: string): string => (address.startsWith('ben') ? '451 later' : '250 ok')
  const rows: [what: string, answers: ToyMailAnswers, unsent: boolean][] = [
    ['that is put off before it is given', { recipient: () => '451 later' }, true],
    ['that is put off when it was given', { letter: () => '451 later' }, true],
    ['whose end nobody answers', { letter: () => null }, false],
    ['that was taken for some', { recipient: later }, false],
  ]
  for (const [what, answers, unsent] of rows)
    t.test(`${what} ${unsent ? 'has nobody' : 'may have arrived'}`, async (t) => {
      const { port } = await toyMail(t, answers)
      const failed = await failure(mailTo(t, port).send(note({}), errandBy(silent)))
      t.match(failed, { retryable: true, unsent })
    })
  t.test('for which there is no server has nobody', async (t) => {
    t.match(await failure(mailTo(t, 1).send(note({}), errandBy(silent))), { retryable: true, unsent: true })
  })
  t.test('goes once to whom it was taken for, whatever goes out beside it', async (t) => {
    let isBusy = true
    const { port, taken } = await toyMail(t, { recipient: (to) => (isBusy ? later(to) : '250 ok') })
    const channel = mailTo(t, port)
    const both = ['01D-a', '01D-b'].map((id) => ({ ...note({}), id }))
    for (const one of both) await failure(channel.send(one, errandBy(silent)))
    isBusy = false
    for (const one of both) await channel.send(one, errandBy(silent))
    const [anna = '', ben = ''] = TO
    t.same(taken, [[anna], [anna], [ben], [ben]])
  })
})

/** A port that takes connections and never says a word. */
const silentPort = async (t: Test): Promise<number> => {
  const open: Socket[] = []
  const server = createServer((socket) => void open.push(socket.on('error', () => {})))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const caseOf = (kind: string): Case => {
  const found = CASES.find((one) => one.kind === kind)
  if (!found) throw new Error(kind)
  return found
}

t.test('services that say in the body how long to wait are heard', async (t) => {
  for (const [kind, body, wait] of [
    ['telegram', { ok: false, error_code: 429, parameters: { retry_after: 35 } }, 35_000],
    ['discord', { message: 'You are being rate limited.', retry_after: 64.57 }, 64_570],
    ['matrix', { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 2000 }, 2000],
    ['matrix', { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 1e12 }, 3_600_000],
  ] as const) {
    const { url } = await receiver(t, { status: 429, body: JSON.stringify(body) })
    const failed = await failure(opened(t, caseOf(kind), { url }).send(note({}), errandBy(silent)))
    t.match(failed, { retryable: true, retryAfter: wait }, kind)
  }
})

t.test('Retry-After', async (t) => {
  const now = wallMs(Date.parse('2026-11-01T10:00:00Z'))
  for (const [headers, wait] of [
    [{}, null],
    [{ 'retry-after': '30' }, 30_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Sun, 01 Nov 2026 10:01:00 GMT' }, 60_000],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:02:00 GMT', date: 'Thu, 01 Jan 1970 00:00:00 GMT' }, 120_000],
    [{ 'retry-after': 'Sun, 01 Nov 2026 09:00:00 GMT' }, 0],
    [{ 'retry-after': '864000' }, 3_600_000],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '-5' }, null],
  ] as const)
    t.equal(retryAfter(headers, now), wait, JSON.stringify(headers))
})

t.test(
  'a service that asks for time is left alone for so long, and not for longer than its own pace',
  async (t) => {
    const { url, heard } = await receiver(t, () =>
      heard.length === 1 ? { status: 429, headers: { 'retry-after': '90' } } : {},
    )
    const house = smallHouse({ phone: opened(t, caseOf('webhook'), { url }) })
    const due = () => Object.values(house.world.deliveries)[0]
    const settled = (attempts: number) =>
      eventually(`attempt ${attempts}`, () => (due()?.attempts === attempts ? true : null))
    house.mind.take({
      kind: 'request',
      body: {
        request: 'tell',
        about: 'digest',
        contacts: ['phone'],
        severity: 'critical',
        title: 'a',
        text: 'b',
        by: 'me',
      },
    })
    await settled(1)
    t.match(due(), { status: 'due', answer: 'it: HTTP 429' })
    await house.clock.advance(seconds(89))
    t.equal(heard.length, 1, 'nothing before it is over')
    await house.clock.advance(seconds(2))
    await settled(2)
    t.match(due(), { status: 'sent', answer: 'HTTP 200' })
    t.equal(heard[0]?.headers['webhook-id'], heard[1]?.headers['webhook-id'], 'the same id at both attempts')
  },
)

t.test('a signed webhook is verified by the library of Standard Webhooks', async (t) => {
  const { url, heard } = await receiver(t)
  const [old, fresh] = [
    `whsec_${KEY}`,
    `whsec_${Buffer.from('another of twenty-four bytes').toString('base64')}`,
  ]
  const both = { ...caseOf('webhook'), files: () => ({ bearer: 'b', key: `${fresh}\n${old}\n` }) }
  const sentAt = new Date().toISOString()
  await opened(t, both, { url }).send({ ...note({}), sentAt }, errandBy(silent))
  const { body = '', headers = {} } = heard[0] ?? {}
  for (const secret of [old, fresh])
    t.match(new Webhook(secret).verify(body, headers as Record<string, string>), { title: TITLE })
  t.throws(() => new Webhook(old).verify(`${body} `, headers as Record<string, string>))
})

t.test('long texts are cut to what each service takes, between characters', async (t) => {
  const text = '🛰️é'.repeat(5000)
  for (const [kind, field, most, size] of [
    ['ntfy', 'message', 4096, Buffer.byteLength],
    ['telegram', 'text', 4096, (s: string) => s.length],
    ['discord', 'content', 2000, (s: string) => s.length],
    ['slack', 'text', 4000, (s: string) => s.length],
    ['gotify', 'message', 4000, (s: string) => s.length],
    ['matrix', 'body', 10_000, Buffer.byteLength],
    ['pushover', 'message', 1024, (s: string) => s.length],
  ] as const) {
    const one = caseOf(kind)
    const { url, heard } = await receiver(t, one.yes)
    await opened(t, one, { url }).send(note({ text }), errandBy(silent))
    const sent = String(heard[0]?.json[field])
    t.ok(size(sent) <= most && size(sent) > most - 8, `${kind}: ${size(sent)} of ${most}`)
    t.match(sent, /…$/)
    t.ok(sent.isWellFormed(), kind)
  }
  t.equal(cutCharacters('abc', 3), 'abc')
  t.equal(cutBytes('aé', 3), 'aé')
})

t.test('what to do stands below what it is, once for each kind of trouble that is on', async (t) => {
  const advice = 'Look at the antenna.'
  const over = { event: 'resolved', alertId: '01B', text: 'it is back' } as const
  const rows: [what: string, items: Partial<NotificationItem>[], body: string][] = [
    ['one', [{ advice, text: 'no radio' }], `no radio\n${advice}`],
    ['one that goes on', [{ advice, text: 'no radio', event: 'repeated' }], 'no radio'],
    ['whoever hears it first', [{ advice, text: 'no radio', event: 'escalated' }], `no radio\n${advice}`],
    [
      'several',
      [
        { advice, title: 'a', text: 'x' },
        { advice, title: 'b', text: 'y' },
      ],
      `a: x\nb: y\nmodem-signal-lost: ${advice}`,
    ],
    [
      'what is over by then',
      [
        { advice, title: 'a', text: 'x', alertId: '01B' },
        { ...over, title: 'b' },
      ],
      'a: x\nb: it is back',
    ],
  ]
  for (const [what, items, body] of rows) t.equal(bodyOf(note(...items)), body, what)
  t.equal(
    shortWords(note({ advice }), 1),
    'home: modem-signal-lost on rpi4-1 (mifi): mifi reports no radio signal at all',
  )
})

t.test('what Slack reads as markup is text', async (t) => {
  const { url, heard } = await receiver(t, caseOf('slack').yes)
  await opened(t, caseOf('slack'), { url }).send(note({ text: 'a <b> & c' }), errandBy(silent))
  t.match(heard[0]?.json['text'], /a &lt;b&gt; &amp; c$/)
})

t.test('calls loudest for what is critical and on', async (t) => {
  for (const [kind, field, loud, quiet] of [
    ['ntfy', 'priority', 5, 3],
    ['gotify', 'priority', 8, 4],
    ['pushover', 'priority', 1, 0],
    ['telegram', 'disable_notification', false, true],
  ] as const) {
    const { url, heard } = await receiver(t, caseOf(kind).yes)
    const channel = opened(t, caseOf(kind), { url })
    for (const item of [{}, { event: 'resolved' }, { severity: 'warning' }] as const)
      await channel.send(note(item), errandBy(silent))
    t.same(
      heard.map(({ json }) => json[field]),
      [loud, quiet, quiet],
      kind,
    )
  }
})

t.test('Alertmanager', async (t) => {
  const { url, heard } = await receiver(t)
  const channel = opened(t, caseOf('alertmanager'), { url })
  const last = (): Record<string, unknown>[] => (heard.at(-1)?.json ?? []) as never
  t.test('hears that it is over under the same labels', async (t) => {
    await channel.send(note({}), errandBy(silent))
    const [on] = last()
    await channel.send(
      note({ event: 'resolved', severity: 'critical', at: '2026-11-01T10:30:00.000Z' }),
      errandBy(silent),
    )
    const [over] = last()
    t.same(over?.['labels'], on?.['labels'])
    t.match(over, { endsAt: '2026-11-01T10:30:00.000Z' })
    t.notOk('startsAt' in (over ?? {}))
  })
  t.test('is not told of a digest, and of a test for five minutes', async (t) => {
    const count = heard.length
    const nothing = await channel.send(
      note({ event: 'digest', about: null, alertId: null }),
      errandBy(silent),
    )
    t.match(nothing, { answer: /nothing to send/, exchange: '' })
    t.equal(heard.length, count)
    await channel.send(note({ event: 'test', about: null, alertId: null }), errandBy(silent))
    t.match(last(), [{ labels: { alertname: 'infra-home-test' }, endsAt: '2026-11-01T10:05:05.000Z' }])
  })
  t.test('hears of what is on and what is over one after the other', async (t) => {
    const order: string[] = []
    const http: HttpRequest = async ({ body }) => {
      order.push(body.includes('startsAt') ? 'on?' : 'over?')
      await new Promise((resolve) => setTimeout(resolve, order.length === 1 ? 20 : 0))
      order.push(body.includes('startsAt') ? 'on' : 'over')
      return { status: 200, headers: {}, body: '' }
    }
    const one = opened(t, caseOf('alertmanager'), { url, http })
    await Promise.all([
      one.keepUp?.(note({}), silent),
      one.send(note({ event: 'resolved' }), errandBy(silent)),
    ])
    t.same(order, ['on?', 'on', 'over?', 'over'])
  })
  t.test('hears once that something is over that another way has told the end of', async (t) => {
    const one = opened(t, caseOf('alertmanager'), { url })
    await one.send(note({}), errandBy(silent))
    await one.keepUp?.(note({}), silent)
    await one.keepUp?.(note(), silent)
    t.match(last(), [{ labels: { node: 'rpi4-1' }, endsAt: '2026-11-01T10:00:05.000Z' }])
    const count = heard.length
    await one.keepUp?.(note(), silent)
    t.notOk(heard.slice(count).some(({ json }) => JSON.stringify(json).includes('endsAt')))
  })
  t.end()
})

/** A broker that keeps what is retained. */
const bus = () => {
  const kept = new Map<string, unknown>()
  const said: [topic: string, payload: string, retain: boolean][] = []
  const state = { down: false }
  const publish: Publish = async (topic, payload, retain = false) => {
    if (state.down) throw new Error('not connected to the broker')
    said.push([topic, payload, retain])
    if (retain && payload === '') kept.delete(topic)
    else if (retain) kept.set(topic, JSON.parse(payload))
  }
  return Object.assign(state, { kept, said, publish })
}

t.test('the mqtt channel', async (t) => {
  const one = {
    kind: 'mqtt',
    config: () => ({}),
    files: () => ({}),
    asked: { path: '', json: {} },
    yes: {},
    secrets: [],
  }
  const channel = opened(t, one, { url: '' })
  const topic = 'ih/1/$coord/alerts/on/modem-signal-lost/rpi4-1/mifi'
  t.test('keeps what is on, clears what is over, and says all of it', async (t) => {
    const { kept, said, publish } = bus()
    const { exchange } = await channel.send(note({}), errandBy(publish))
    t.match(exchange, /^> PUBLISH ih\/1\/\$coord\/alerts\/on\/\S+ \(retained\)\n> \{/)
    t.match(kept.get(topic), {
      code: 'modem-signal-lost',
      severity: 'critical',
      since: ITEM.at,
      alertId: '01A',
    })
    await channel.send(note({ event: 'resolved' }), errandBy(publish))
    t.equal(kept.size, 0)
    t.same(
      said
        .filter(([to]) => to.endsWith('/said'))
        .map(([, payload, retain]) => [JSON.parse(payload).title, retain]),
      [
        [TITLE, false],
        [TITLE, false],
      ],
    )
  })
  t.test('writes a subject with a slash as one level', async (t) => {
    const { kept, publish } = bus()
    await channel.send(note({ about: { code: 'c', node: 'n', subject: 'wlan/1' } }), errandBy(publish))
    t.same([...kept.keys()], ['ih/1/$coord/alerts/on/c/n/wlan%2F1'])
  })
  t.test('says again to a broker that forgot, and clears what was forgotten here', async (t) => {
    const { kept, publish } = bus()
    await channel.keepUp?.(note({}), publish)
    t.same([...kept.keys()], [topic])
    await channel.keepUp?.(note(), publish)
    t.equal(kept.size, 0)
  })
  t.test('may be tried again when there is no broker', async (t) => {
    const broken = Object.assign(bus(), { down: true })
    const failed = await failure(
      channel.send(
        note({}),
        errandBy(async (...said) => {
          if (broken.down) throw new InfraError('broker-failed', 'not connected to the broker')
          await broken.publish(...said)
        }),
      ),
    )
    t.match(failed, { retryable: true, unsent: true, message: 'it: not connected to the broker' })
  })
  t.end()
})

t.test('the embedded broker lets readers hear alerts, and lets no node hear or say any', (t) => {
  const topic = 'ih/1/$coord/alerts/on/c/rpi4-1/s'
  t.equal(readerMaySubscribe('ih/1/$coord/alerts/#', 'homeassistant'), true)
  t.equal(maySubscribe('rpi4-1', topic), false)
  t.equal(mayPublish('rpi4-1', topic), false)
  t.end()
})

t.test('whose other side forgets is told every minute what it has taken and is still on', async (t) => {
  const clock = fakeClock()
  const house = smallHouse({ clock })
  const told: string[][] = []
  const phone: Channel = {
    name: 'phone',
    send: async () => ({ answer: '', exchange: '' }),
    keepUp: async ({ items }) => void told.push(items.map(({ about, at }) => `${about?.code} since ${at}`)),
  }
  const contacts = [lonelyContact({ channel: 'phone', over: 'house', perHour: null }, 'info')]
  const stop = keepUp({
    world: house.world,
    clock,
    publish: silent,
    channels: [phone],
    contacts,
    log: () => {},
  })
  const alert = {
    key: 'a:n:s',
    id: '01',
    code: 'a',
    severity: 'warning',
    node: 'n',
    subject: 's',
    cause: 'c',
  } as const
  const since = clock.now().wall
  house.world.alerts['a:n:s'] = {
    ...alert,
    stage: 'firing',
    text: '',
    stageSince: clock.now().mono,
    since,
    firedAt: since,
    firedMono: null,
    resolvedAt: null,
    decision: '02',
    evidence: [],
    told: ['phone'],
    newsAt: null,
    toldAt: null,
    silencedBy: null,
    explainedBy: null,
    relapses: 0,
    acknowledged: null,
  }
  const news = (event: DeliveryFact['event'], more: Partial<DeliveryFact>): DeliveryFact => ({
    ...owedDelivery(
      {
        contact: 'phone',
        alertKey: 'a:n:s',
        alertId: '01',
        event,
        title: '',
        text: '',
        severity: 'warning',
        by: event,
      },
      clock.now(),
    ),
    ...more,
  })
  const rows: readonly (readonly [what: string, deliveries: readonly DeliveryFact[], isSaid: boolean])[] = [
    ['told too long ago to be remembered', [], true],
    ['not told yet', [news('fired', {})], false],
    ['told here', [news('fired', { status: 'sent', tried: ['phone'] })], true],
    [
      'about to be told again',
      [news('fired', { status: 'sent', tried: ['phone'] }), news('repeated', {})],
      true,
    ],
    ['told by another way', [news('fired', { status: 'sent', tried: ['mail'] })], false],
    ['given up', [news('fired', { status: 'gave-up', tried: ['phone'] })], false],
  ]
  for (const [what, deliveries, isSaid] of rows) {
    house.world.deliveries = Object.fromEntries(deliveries.map((one) => [one.id, one]))
    await clock.advance(minutes(1))
    t.same(told.at(-1), isSaid ? ['a since 2026-11-01T00:00:00.000Z'] : [], what)
  }
  house.world.deliveries = {}
  const { length } = told
  house.world.deposedBy = 9
  await clock.advance(minutes(1))
  t.equal(told.length, length, 'who rules no more says nothing')
  house.world.deposedBy = null
  house.world.alerts['a:n:s'].told = ['another']
  await clock.advance(minutes(1))
  t.same(told.slice(length), [[]])
  stop()
  await clock.advance(minutes(5))
  t.equal(told.length, length + 1)
})

t.test('a test of a channel shows the exchange and is on record', async (t) => {
  const house = smallHouse()
  const asked: string[] = []
  const coordinator = {
    world: house.world,
    clock: house.clock,
    publish: silent,
    command: errandBy(silent).command,
    ask: async (body: Parameters<typeof house.mind.take>[0]['body']) => {
      asked.push(JSON.stringify(body))
      return house.mind.take({ kind: 'request', body } as never)
    },
  }
  const { url, heard } = await receiver(t, { body: 'thanks' })
  const channel = opened(t, caseOf('webhook'), { url })
  const test = await testChannel(coordinator, [channel], { name: 'it', by: 'anna' })
  t.match(test, {
    ok: true,
    answer: 'HTTP 200 thanks',
    exchange: /^> POST \/hook HTTP\/1.1\n[\s\S]*\n< thanks$/,
  })
  t.match(heard[0]?.json, { items: [{ event: 'test', text: 'anna asked for this test.' }] })
  t.match(asked, [/"test-channel","channel":"it","by":"anna"/])
  const down = opened(t, caseOf('webhook'), { url: 'http://127.0.0.1:1' })
  const failed = await testChannel(coordinator, [down], { name: 'it', by: 'anna' })
  t.match(failed, { ok: false, answer: /ECONNREFUSED/, exchange: /authorization: Bearer \(secret\)/ })
})

t.test('a secret may lie where systemd puts a unit’s credentials', async (t) => {
  const elsewhere = { credentials: { 'ntfy.token': 'tk_of_systemd\n' } }
  const { url, heard } = await receiver(t, { body: '{"id":"x","event":"message"}' })
  const own = { topic: 'home', server: url, bearerFile: join(t.testdirName, 'credentials/ntfy.token') }
  const ntfy = { ...caseOf('ntfy'), config: () => own, files: () => elsewhere }
  await opened(t, ntfy, { url }).send(note({}), errandBy(silent))
  t.equal(heard[0]?.headers.authorization, 'Bearer tk_of_systemd')
})

t.test('a wrong channel is refused with its place, its value and what was expected', async (t) => {
  const folder = t.testdir({ token: 'x', empty: '\n', key: 'whsec_short', ca: 'no PEM' })
  const said = (channel: object): string => {
    const file = join(folder, 'coordinator.json')
    writeFileSync(
      file,
      JSON.stringify({ stateDir: 's', site: 'home', channels: [{ name: 'it', ...channel }] }),
    )
    try {
      loadConfig(file)
      return 'nothing'
    } catch (error) {
      return isInfraError(error, 'config-invalid') ? error.message.replaceAll(`${file}: `, '') : String(error)
    }
  }
  const mail = { kind: 'email', host: '10.0.0.1', security: 'starttls', from: 'a@b.c', to: ['d@e.f'] }
  for (const [channel, expected] of [
    [{ kind: 'pigeon' }, /^\/channels\/0\/kind: "pigeon" – expected one of alertmanager, .*webhook$/],
    [{ kind: 'webhook' }, /^\/channels\/0\/url: missing – expected either url or urlFile$/],
    [
      { kind: 'webhook', url: 'ftp://x' },
      /^\/channels\/0\/url: "ftp:\/\/x" – expected .*http:\/\/ or https:\/\//,
    ],
    [
      { kind: 'webhook', url: 'http://u:pw@x/' },
      /^\/channels\/0\/url: "\(not shown\)" .* without a user in it$/,
    ],
    [
      { kind: 'webhook', url: 'http://x', colour: 1 },
      /\/channels\/0\/colour: 1 – expected no such key; known here: name, kind, minSeverity, over, url,/,
    ],
    [
      { kind: 'webhook', url: 'http://x', bearer: 's3cret' },
      /^\/channels\/0\/bearer: "\(not shown\)" – expected bearerFile: a file that holds/,
    ],
    [
      { kind: 'webhook', url: 'http://x', bearerFile: 'none' },
      /^\/channels\/0\/bearerFile: "none" – expected a file that can be read$/,
    ],
    [
      { kind: 'webhook', url: 'http://x', bearerFile: 'empty' },
      /^\/channels\/0\/bearerFile: "empty" – expected a file that holds a bearer token$/,
    ],
    [
      { kind: 'webhook', url: 'http://x', secretFile: 'key' },
      /^\/channels\/0\/secretFile: "key" – expected a file that holds what it is signed with/,
    ],
    [
      { kind: 'ntfy', server: 'http://x', topic: 'a b' },
      /^\/channels\/0\/topic: "a b" – expected .*an ntfy topic$/,
    ],
    [
      { kind: 'telegram', chat: 'me', tokenFile: 'token' },
      /\/channels\/0\/chat: "me" – .*\n?.*\/channels\/0\/tokenFile: "token" – expected a file that holds the bot/,
    ],
    [
      { kind: 'discord', url: 'https://discord/s3cret' },
      /^\/channels\/0\/url: "\(not shown\)" – expected urlFile/m,
    ],
    [
      { kind: 'matrix', server: 'http://x', room: '#home:x', tokenFile: 'token' },
      /\/channels\/0\/room: "#home:x" – expected .*begins with !$/,
    ],
    [{ kind: 'pushover', tokenFile: 'token' }, /\/channels\/0\/userFile: missing – expected/],
    [
      { kind: 'mqtt', root: 'ih/1/rpi4-1/state' },
      /^\/channels\/0\/root: .* – expected .*outside of the nodes/,
    ],
    [{ kind: 'mqtt', root: 'a/#' }, /^\/channels\/0\/root: "a\/#" – expected/],
    [{ kind: 'mqtt', root: 'homeassistant/alerts' }, /^nothing$/],
    [
      { kind: 'alertmanager', url: 'http://x', username: 'u' },
      /^\/channels\/0\/username: "u" – expected username and passwordFile/,
    ],
    [{ ...mail, to: ['nobody'] }, /^\/channels\/0\/to\/0: "nobody" – expected .*an e-mail address$/],
    [{ ...mail, security: 'ssl' }, /^\/channels\/0\/security: "ssl" – expected one of starttls, tls, none$/],
    [
      { ...mail, username: 'u' },
      /^\/channels\/0\/username: "u" – expected username and passwordFile, or neither$/,
    ],
    [
      { ...mail, security: 'none', username: 'u', passwordFile: 'token' },
      /^\/channels\/0\/security: "none" – expected starttls or tls/,
    ],
    [{ ...mail, caFile: 'ca' }, /^\/channels\/0\/caFile: "ca" – expected a file that holds the certificate/],
    [mail, /^nothing$/],
  ] as const)
    t.match(said(channel), expected, JSON.stringify(channel))
})

t.test('links lead to where people reach the API, as the configuration says', async (t) => {
  for (const [config, url] of [
    [{}, 'http://127.0.0.1:8470'],
    [{ http: { host: '10.10.0.11', port: 80 } }, 'https://10.10.0.11:80'],
    [{ http: { host: '10.10.0.11' }, insecureHttp: true }, 'http://10.10.0.11:8470'],
    [{ http: { host: '::', allowedHosts: ['rpi4-2'] } }, 'https://rpi4-2:8470'],
    [{ http: { host: '::1' } }, 'http://[::1]:8470'],
  ] as const)
    t.equal(apiUrlOf({ stateDir: '', ...config } as never), url)
})

t.test('adding a channel is one file', async (t) => {
  const root = join(import.meta.dirname, '../../..')
  const copy = t.testdir()
  for (const part of ['agent/src', 'coordinator/src', 'coordinator/package.json', 'scripts'])
    cpSync(join(root, part), join(copy, part), { recursive: true })
  for (const part of ['agent', 'coordinator'])
    symlinkSync(join(root, part, 'node_modules'), join(copy, part, 'node_modules'))
  mkdirSync(join(copy, 'shared/src/topology'), { recursive: true })
  writeFileSync(
    join(copy, 'coordinator/src/alerts/channels/pigeon.ts'),
    `import { fileOf, urlField } from '../sending/file-of.ts'
import { httpChannel } from '../sending/http-channel.ts'
import { postJson } from '../sending/http-parts.ts'
import { titleOf } from './text.ts'

export const pigeon = httpChannel<{ loft: string; ring: string }>({
  kind: 'pigeon',
  configSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['loft', 'ringFile'],
    properties: { loft: urlField('the loft'), ringFile: fileOf('what is on its ring') },
  },
  request: (notification, { loft, ring }) => postJson(loft, { coo: titleOf(notification), ring }),
})
`,
  )
  const { url, heard } = await receiver(t, { body: 'ring-s3cret came home' })
  mkdirSync(join(copy, 'home'))
  writeFileSync(join(copy, 'home/ring'), 'ring-s3cret')
  const file = join(copy, 'home/coordinator.json')
  const channels = [{ name: 'it', kind: 'pigeon', loft: url, ringFile: 'ring' }]
  writeFileSync(file, JSON.stringify({ stateDir: 's', site: 'home', channels }))
  const run = (script: string, ...args: string[]) =>
    spawnSync(process.execPath, [join(copy, script), ...args], { encoding: 'utf8' })
  t.match(run('scripts/gen.ts'), { status: 0, stderr: '' })
  t.match(run('coordinator/src/main.ts', '--config', file, '--check-config'), { status: 0, stderr: '' })
  const code = join(copy, 'coordinator/src')
  const { openChannels: openThere } = (await import(join(code, 'alerts/open-channels.ts'))) as {
    openChannels: typeof openChannels
  }
  const { loadConfig: loadThere } = (await import(join(code, 'config.ts'))) as {
    loadConfig: typeof loadConfig
  }
  const [pigeon] = openThere(loadThere(file), file)
  t.match(await pigeon?.send(note({}), errandBy(silent)), { answer: 'HTTP 200 (secret) came home' })
  t.match(heard[0]?.json, { coo: TITLE, ring: 'ring-s3cret' })
})
