import { createServer, type IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import type {
  Channel,
  Notification,
  NotificationItem,
} from '@infra-home/coordinator/alerts/channels/channel.ts'
import { httpPost } from '@infra-home/coordinator/alerts/channels/http-post.ts'
import { ntfy } from '@infra-home/coordinator/alerts/channels/ntfy.ts'
import { webhook } from '@infra-home/coordinator/alerts/channels/webhook.ts'
import { seconds } from '@infra-home/shared/clock.ts'
import { isInfraError } from '@infra-home/shared/errors.ts'

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
}
const note = (...items: Partial<NotificationItem>[]): Notification => ({
  site: 'home',
  stillFiring: 1,
  items: items.map((item) => ({ ...ITEM, ...item })),
})

type Answer = { readonly status?: number; readonly body?: string; readonly hang?: boolean }
type Asked = { readonly headers: IncomingMessage['headers']; readonly json: Record<string, unknown> }

/** A receiver on loopback that answers as it is told. */
const receiver = async (t: Test, answer: Answer = {}): Promise<{ url: string; asked: Asked[] }> => {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (part: Buffer) => (text += part.toString()))
    request.on('end', () => {
      asked.push({ headers: request.headers, json: JSON.parse(text) as Record<string, unknown> })
      if (!answer.hang) response.writeHead(answer.status ?? 200).end(answer.body ?? '')
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  t.teardown(() => void (server.closeAllConnections(), server.close()))
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, asked }
}

const CHANNELS: [string, (url: string, post?: typeof httpPost) => Channel][] = [
  ['webhook', (url, post = httpPost) => webhook.create('it', { url, bearer: 's3cret' }, post)],
  [
    'ntfy',
    (url, post = httpPost) => ntfy.create('it', { server: url, topic: 'home', bearer: 's3cret' }, post),
  ],
]

for (const [kind, create] of CHANNELS)
  t.test(`the ${kind} channel`, async (t) => {
    t.test('says what happened, with its token', async (t) => {
      const { url, asked } = await receiver(t)
      t.equal(await create(url).send(note({})), 'HTTP 200')
      t.equal(asked[0]?.headers.authorization, 'Bearer s3cret')
      t.equal(asked[0]?.json['title'], 'home: modem-signal-lost on rpi4-1 (mifi)')
      t.match(JSON.stringify(asked[0]?.json), /mifi reports no radio signal at all/)
    })
    t.test('says that it is late and may be a repeat', async (t) => {
      const { url, asked } = await receiver(t)
      await create(url).send(note({ late: true, repeat: true }))
      t.match(JSON.stringify(asked[0]?.json), /late, happened 2026-11-01T10:00:00.000Z; possibly a repeat/)
    })
    t.test('tells several alerts as one', async (t) => {
      const { url, asked } = await receiver(t)
      await create(url).send(note({}, { event: 'resolved' }, {}))
      t.equal(asked[0]?.json['title'], 'home: 3 alerts, 1 still on')
      await create(url).send(note({}, { late: true }))
      t.equal(asked[1]?.json['title'], 'home: 2 alerts while offline, 1 still on')
    })
    for (const [status, retryable] of [
      [500, true],
      [503, true],
      [429, true],
      [408, true],
      [400, false],
      [403, false],
      [404, false],
    ] as const)
      t.test(`${status} ${retryable ? 'may be tried again' : 'is given up'}`, async (t) => {
        const { url } = await receiver(t, { status, body: 'no' })
        const error: unknown = await create(url)
          .send(note({}))
          .catch((e: unknown) => e)
        t.ok(isInfraError(error, 'delivery-failed'))
        t.equal(isInfraError(error) && error.context['retryable'], retryable)
      })
    t.test('a receiver that is not there, or hangs, may be tried again', async (t) => {
      const { url } = await receiver(t, { hang: true })
      const impatient: typeof httpPost = (request) => httpPost({ ...request, timeout: seconds(0.05) })
      for (const target of ['http://127.0.0.1:1', url]) {
        const error: unknown = await create(target, impatient)
          .send(note({}))
          .catch((e: unknown) => e)
        t.ok(isInfraError(error, 'delivery-failed') && error.context['retryable'] === true, target)
        t.notMatch(String(error), /s3cret/)
      }
    })
  })

t.test('ntfy calls loudest for what is critical and on', async (t) => {
  const { url, asked } = await receiver(t)
  const channel = CHANNELS[1]?.[1](url)
  await channel?.send(note({}))
  await channel?.send(note({ event: 'resolved' }))
  await channel?.send(note({ severity: 'warning' }))
  t.same(
    asked.map(({ json }) => [json['priority'], json['tags'], json['topic']]),
    [
      [5, ['warning'], 'home'],
      [3, ['white_check_mark'], 'home'],
      [3, ['warning'], 'home'],
    ],
  )
})
