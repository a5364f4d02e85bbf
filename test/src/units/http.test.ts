import { connect } from 'node:net'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { Check } from 'typebox/schema'
import { formOf } from '@infra-home/coordinator/http/plugins/accept.ts'
import { owedDelivery } from '@infra-home/coordinator/world/delivery.ts'
import { FAMILIES } from '@infra-home/coordinator/http/views/metrics.ts'
import { cachedShow } from '@infra-home/coordinator/http/plugins/cached.ts'
import { formatTable } from '@infra-home/coordinator/http/table/table.ts'
import { wrap } from '@infra-home/coordinator/http/table/wrap.ts'
import { age, bytes } from '@infra-home/coordinator/http/table/words.ts'
import { seconds, wallMs } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { eventually } from '../helpers/eventually.ts'
import { bearer, httpHouse, type HttpHouse } from '../helpers/http-world.ts'
import { LINK, MODEM, voice } from '../helpers/said.ts'

const GOLDEN = join(import.meta.dirname, '../../fixtures/http/tables.txt')
const RADIO = { rsrpDbm: -90, rsrqDb: -10, sinrDb: 12 }
const NO_RADIO = { rsrpDbm: null, rsrqDb: null, sinrDb: null }
const topology = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../topology.json'), 'utf8'),
) as Topology

/** A home with a good node, a node with a pulled cable, and a modem that has lost its signal. */
const troubled = async (
  options: Parameters<typeof httpHouse>[0] = {},
): Promise<HttpHouse & { alertId: string }> => {
  const made = await httpHouse(options)
  const { house } = made
  const router = voice('rpi4-1', house.clock)
  const server = voice('rpi4-2', house.clock)
  house.hear(router.birth())
  house.hear(server.birth())
  house.hear(router.state('modem', 'mifi', MODEM))
  house.hear(server.state('link', 'eth0', { ...LINK, carrier: false, operState: 'down' }))
  house.hear(server.state('collector', 'links', { ok: true, error: null }))
  house.hear(router.tm({ 'modem/mifi': RADIO }))
  for (let i = 0; i < 6; i++) {
    house.hear(router.tm({ 'modem/mifi': NO_RADIO }))
    house.hear(server.tm({ 'link/eth0': { rxBytes: 1_234_567, txBytes: 89 } }))
    await house.clock.advance(seconds(4))
  }
  const alert = Object.values(house.world.alerts).find(({ code }) => code === 'modem-signal-lost')
  return Object.assign(made, { alertId: alert?.id ?? '' })
}

const get = (made: HttpHouse, url: string, headers: Record<string, string> = {}) =>
  made.http.app.inject({ method: 'GET', url, headers: { host: '127.0.0.1:8470', ...headers } })
const post = (
  made: HttpHouse,
  url: string,
  payload: object | string | undefined,
  headers: Record<string, string> = {},
) =>
  made.http.app.inject({
    method: 'POST',
    url,
    headers: { host: '127.0.0.1', ...headers },
    ...(payload === undefined ? {} : { payload }),
  })

t.test('tables', async (t) => {
  t.test(
    'are aligned, fit 100 columns, keep ids whole, and take no control characters from devices',
    async (t) => {
      const table = formatTable({
        head: ['', 'WHAT', 'ID'],
        rows: [
          ['!', `\u001b[31m${'long '.repeat(40)}`, '01JD0000000000000000000000'],
          ['', 'short', '01JD0000000000000000000001'],
        ],
        whole: [2],
      })
      const lines = table.split('\n')
      t.ok(lines.every((line) => line.length <= 100))
      t.ok(lines[1]?.endsWith('…  01JD0000000000000000000000'))
      t.notOk(table.includes('\u001b'))
      t.equal(lines[1]?.indexOf('01JD'), lines[2]?.indexOf('01JD'))
    },
  )
  t.test('say ages and sizes as people do', async (t) => {
    t.same([0, 119_000, 120_000, 7_199_000, 7_200_000, 200_000_000, null].map(age), [
      '0 s',
      '119 s',
      '2 min',
      '119 min',
      '2 h',
      '2 d',
      '–',
    ])
    t.same([0, 999, 1000, 123_456, 5_400_000_000, null].map(bytes), [
      '0 B',
      '999 B',
      '1.0 kB',
      '123 kB',
      '5.4 GB',
      '–',
    ])
  })
  t.test('lines that are too long go on below, and no character is cut in half', async (t) => {
    t.equal(wrap('one two three', 7), 'one two\nthree')
    t.equal(wrap('0123456789', 4), '0123\n4567\n89')
    t.equal(wrap('a\u009b31mb\u202ec', 20), 'a?31mb?c')
    const cell = `${'x'.repeat(98)}\u{1F4A1}\u{1F4A1}`
    t.equal(formatTable({ head: ['A'], rows: [[cell]] }).split('\n')[1], `${'x'.repeat(98)}…`)
  })
  t.test('say below a row what is too long for a column', async (t) => {
    const long = 'word '.repeat(30).trim()
    const lines = formatTable({
      head: ['', 'A'],
      rows: [
        ['!', 'a'],
        ['', 'b'],
      ],
      below: [long, 'short'],
    }).split('\n')
    t.same([lines[0], lines[1], lines[4], lines[5]], ['   A', '!  a', '   b', '   short'])
    t.ok(lines.every((line) => line.length <= 100))
    t.equal(
      lines
        .slice(2, 4)
        .map((line) => line.trim())
        .join(' '),
      long,
    )
  })
  t.test('look as they were agreed on', async (t) => {
    const made = await troubled({ topology })
    const { alertId } = made
    const parts: string[] = []
    for (const url of [
      '/',
      '/api/v1/nodes',
      '/api/v1/nodes/rpi4-2',
      '/api/v1/links',
      '/api/v1/vlans',
      '/api/v1/modems',
      '/api/v1/modems/rpi4-1/mifi/history?metric=rsrpDbm',
      '/api/v1/topology',
      '/api/v1/alerts',
      `/api/v1/alerts/${alertId}`,
      '/api/v1/events',
      `/api/v1/events/${alertId}`,
      `/api/v1/events/${alertId}/explain`,
      '/metrics',
    ]) {
      const { body } = await get(made, url)
      const wide = body.split('\n').filter((line) => line.length > 100)
      if (url !== '/metrics') t.same(wide, [], `${url} fits 100 columns`)
      parts.push(`# ${url}\n\n${body}`)
    }
    const text = parts.join('\n')
    if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(GOLDEN)) writeFileSync(GOLDEN, text)
    t.equal(text, readFileSync(GOLDEN, 'utf8'))
  })
  t.test('the count of deviations is the same everywhere, and that of the rows', async (t) => {
    const made = await troubled({ topology })
    const count = /1 deviation from the plan, and 1 that follows$/m
    t.match((await get(made, '/')).body, count)
    const { body } = await get(made, '/api/v1/topology')
    t.match(body, count)
    t.equal(body.split('FOLLOWS FROM\n')[1]?.split('\n\n')[0]?.split('\n').length, 2)
  })
  t.test('a home without a plan says so, and nothing about deviations', async (t) => {
    const { body } = await get(await troubled(), '/api/v1/topology')
    t.match(body, /^this home has no plan/)
    t.notMatch(body, /as planned/)
  })
  t.test('the status page says what is wrong and what to run next', async (t) => {
    const made = await troubled({ topology })
    const { headers, body } = await get(made, '/')
    t.match(headers, { 'content-type': 'text/plain; charset=utf-8', vary: 'Accept', etag: /^"/ })
    t.match(body, /^home: 2 of 2 nodes online, 1 alert, 1 deviation from the plan, and 1 that follows$/m)
    t.match(body, /^! {2}rpi4-2 {2}online {2}0\/1 .* eth0 down$/m)
    t.match(body, /^! {2}rpi4-1 {2}mifi .* – +– +– /m)
    t.match(body, /^! {2}firing +modem-signal-lost {2}rpi4-1/m)
    t.match(body, /^! rpi4-2 eth0 is down$/m)
    t.match(body.trimEnd().split('\n').at(-1), /^next: curl …/)
    t.ok(
      body.split('\n').every((line) => line.length <= 100),
      body,
    )
  })
})

t.test('a resource comes in the form that is asked for', async (t) => {
  const made = await troubled()
  for (const [accept, type] of [
    ['*/*', 'text/plain'],
    ['text/plain', 'text/plain'],
    ['application/json', 'application/json'],
    ['text/html,application/xhtml+xml', 'text/html'],
    ['application/json, */*', 'application/json'],
  ] as const)
    t.test(`${accept} is ${type}`, async (t) => {
      for (const url of [
        '/',
        '/api/v1/nodes',
        '/api/v1/links',
        '/api/v1/vlans',
        '/api/v1/modems',
        '/api/v1/alerts',
        '/api/v1/silences',
        '/api/v1/topology',
        '/api/v1/events',
        '/api/v1/nodes/rpi4-1',
        '/api/v1/modems/rpi4-1/mifi',
        '/api/v1/modems/rpi4-1/mifi/history?metric=rsrpDbm',
        '/api/v1/nodes/rpi4-2/history?key=link%2Feth0&metric=rxBytes',
        `/api/v1/alerts/${made.alertId}`,
        `/api/v1/events/${made.alertId}`,
        `/api/v1/events/${made.alertId}/explain`,
      ]) {
        const { statusCode, headers, body } = await get(made, url, { accept })
        t.equal(statusCode, 200, `${url} ${body.slice(0, 200)}`)
        t.equal(headers['content-type'], `${type}; charset=utf-8`, url)
        t.equal(headers['vary'], 'Accept', url)
        if (type === 'application/json') JSON.parse(body)
      }
    })
})

t.test('JSON', async (t) => {
  const made = await troubled()
  const json = async (url: string) => JSON.parse((await get(made, url, { accept: 'application/json' })).body)
  t.test('a modem says unknown as null and how old it is', async (t) =>
    t.match(await json('/api/v1/modems'), {
      next: null,
      items: [
        {
          node: 'rpi4-1',
          id: 'mifi',
          driver: 'hilink',
          state: 'online',
          rat: 'lte',
          registration: 'home',
          rsrpDbm: null,
          ageMs: 4000,
          stale: false,
        },
      ],
    }),
  )
  t.test('a modem says how its cell and its SIM went, newest first and page by page', async (t) => {
    const made = await troubled()
    const { house } = made
    const router = voice('rpi4-1', house.clock, { session: 2 })
    for (const cellId of ['1', '2', '3']) {
      house.hear(
        router.state('modem', 'mifi', { ...MODEM, cellId, sim: cellId === '2' ? 'locked' : 'ready' }),
      )
      await house.clock.advance(seconds(3))
    }
    const url = '/api/v1/modems/rpi4-1/mifi/changes'
    const page = async (query: string) =>
      JSON.parse((await get(made, `${url}?limit=2${query}`, { accept: 'application/json' })).body) as {
        items: { cellId: string; sim: string }[]
        next: string | null
      }
    const first = await page('')
    t.match(first.items, [
      { cellId: '3', sim: 'ready', band: '7', operator: 'Orange' },
      { cellId: '2', sim: 'locked' },
    ])
    const rest = await page(`&after=${first.next}`)
    t.match(rest.items, [{ cellId: '1' }, { cellId: MODEM.cellId }])
    t.match((await get(made, url)).body, /2026-11-01 00:00:27 {2}online {2}locked/)
    t.equal((await get(made, '/api/v1/modems/rpi4-1/none/changes')).statusCode, 404)
  })
  t.test('nodes', async (t) =>
    t.match(await json('/api/v1/nodes'), {
      items: [
        { node: 'rpi4-1', state: 'online' },
        { node: 'rpi4-2', state: 'online', links: { up: 0, total: 1 }, troubles: ['eth0 down'] },
      ],
    }),
  )
  t.test('an alert says who was told, and when', async (t) =>
    t.match(await json(`/api/v1/alerts/${made.alertId}`), {
      state: 'firing',
      code: 'modem-signal-lost',
      cause: 'no-radio',
      notified: [{ channel: 'phone', event: 'fired', status: 'sent', attempts: 1, answer: 'HTTP 200' }],
    }),
  )
  t.test('explain goes from the reading to the delivery', async (t) => {
    const { evidence, entry } = await json(`/api/v1/events/${made.alertId}/explain`)
    t.ok(evidence.some(({ kind }: { kind: string }) => kind === 'numbers'))
    const story = JSON.stringify(entry)
    for (const word of ['suspected', 'fired', 'deliveries', 'step-started', 'step-finished', 'HTTP 200'])
      t.match(story, new RegExp(word))
    const { body } = await get(made, `/api/v1/events/${made.alertId}/explain`)
    t.match(
      body,
      /· rpi4-1: numbers of modem\/mifi[\s\S]*● rpi4-1: modem-signal-lost suspected[\s\S]*→ rpi4-1: modem-signal-lost fired[\s\S]*→ tell phone[\s\S]*done: HTTP 200/,
    )
  })
  t.test('an explanation reads downwards: evidence stands before what rests on it', async (t) => {
    const made = await troubled()
    const { body } = await get(made, `/api/v1/events/${made.alertId}/explain`)
    const times = body.match(/^\d\d:\d\d:\d\d\.\d{3}/gm) ?? []
    t.ok(times.length > 5)
    t.same(times, times.toSorted())
    t.match(body, /↓ rpi4-1: modem[^]*· rpi4-1: numbers[^]*● [^]*· rpi4-1: numbers[^]*→ rpi4-1: .* fired/)
  })
  t.test('an alert is told in full in the table, beside its whole id', async (t) => {
    const made = await troubled()
    await made.house.clock.advance(seconds(300))
    const { body } = await get(made, '/api/v1/alerts')
    t.match(body, /^ {3}rpi4-1 is gone, last heard 2026-11-01T00:00:20\.000Z$/m)
    const lost = Object.values(made.house.world.alerts).find(({ code }) => code === 'node-lost')
    t.match(body, new RegExp(`^! .* node-lost .* ${lost?.id}$`, 'm'))
    t.match(body, /next: curl …\/api\/v1\/events\/[0-9A-Z]{26}\/explain$/m)
  })
  t.test('pages go on where they ended, without loss or doubling', async (t) => {
    const seen: string[] = []
    let url = '/api/v1/events?limit=3'
    for (let i = 0; i < 50; i++) {
      const { items, next } = await json(url)
      seen.push(...items.map(({ id }: { id: string }) => id))
      if (next === null) break
      url = `/api/v1/events?limit=3&after=${next}`
    }
    const all = made.house.journal.filter(({ kind }) => kind !== 'numbers').map(({ id }) => id)
    t.same(seen, all.toReversed())
  })
  t.test('a version is not of the age', async (t) => {
    const first = await get(made, '/api/v1/links')
    await made.house.clock.advance(seconds(1))
    const again = await get(made, '/api/v1/links', { 'if-none-match': String(first.headers['etag']) })
    t.equal(again.statusCode, 304)
    made.house.hear(voice('rpi4-2', made.house.clock, { session: 2 }).state('link', 'eth0', LINK))
    t.equal(
      (await get(made, '/api/v1/links', { 'if-none-match': String(first.headers['etag']) })).statusCode,
      200,
    )
  })
})

t.test('the client’s Accept is weighed as RFC 9110 says', async (t) => {
  for (const [accept, form] of [
    [undefined, 'text'],
    ['application/json;q=0.2, text/plain', 'text'],
    ['text/html;q=0, */*', 'text'],
    ['text/*', 'text'],
    ['application/*, text/plain;q=0.9', 'json'],
    ['text/html,application/xml;q=0.9,*/*;q=0.8', 'html'],
    ['image/png', 'json'],
    ['Application/JSON', 'json'],
  ] as const)
    t.equal(formOf({ headers: { accept } }), form, String(accept))
})

t.test('answers are as /openapi.json describes them', async (t) => {
  const made = await troubled({ topology })
  const { paths } = JSON.parse((await get(made, '/openapi.json')).body) as {
    paths: Record<string, Record<string, Described>>
  }
  const json = { accept: 'application/json' }
  await post(made, '/api/v1/silences', { reason: 'a', forSeconds: 9 }, bearer('all'))
  const silence = Object.keys(made.house.world.silences)[0] ?? ''
  for (const [path, { get: described }] of Object.entries(paths)) {
    const schema = described?.responses['200']?.content?.['application/json']?.schema
    if (!described || !schema || path === '/openapi.json') continue
    const url = path
      .replace('{node}/{id}', 'rpi4-1/mifi')
      .replace('{node}', 'rpi4-2')
      .replace('{id}', path.includes('silences') ? silence : made.alertId)
    const key = path.includes('/modems/') ? '' : '&key=link%2Feth0'
    const query = path.includes('history') ? `?metric=rxBytes${key}` : ''
    const { body, statusCode } = await get(made, url + query, { ...json, ...bearer('all') })
    t.equal(statusCode, 200, path)
    t.ok(Check(schema, JSON.parse(body)), `${path} ${body.slice(0, 300)}`)
    const problem = described.responses['421']?.content?.['application/problem+json']
    t.ok(problem && Check(problem.schema, problem.example), `${path} has problems by example`)
  }
  const scopes = Object.values(paths).flatMap((methods) =>
    Object.values(methods).map((described) => described['x-scope']),
  )
  t.same([...new Set(scopes)].toSorted(), ['admin', 'none', 'operate', 'read'])
})

type Described = {
  readonly 'x-scope': string
  readonly responses: Record<
    string,
    { readonly content?: Record<string, { readonly schema: object; readonly example?: unknown }> }
  >
}

t.test('what is wrong with a request is a problem with a stable type', async (t) => {
  const made = await troubled()
  const rows: [
    string,
    () => Promise<{ statusCode: number; headers: object; body: string }>,
    number,
    string,
  ][] = [
    ['nothing there', () => get(made, '/nope'), 404, 'not-found'],
    ['an unknown node', () => get(made, '/api/v1/nodes/rpi9'), 404, 'not-found'],
    ['a name from the prototype', () => get(made, '/api/v1/nodes/constructor'), 404, 'not-found'],
    ['an unknown modem', () => get(made, '/api/v1/modems/rpi4-1/nope'), 404, 'not-found'],
    ['an unknown alert', () => get(made, '/api/v1/alerts/01JD0000000000000000000000'), 404, 'not-found'],
    ['an unknown entry', () => get(made, '/api/v1/events/nope/explain'), 404, 'not-found'],
    ['dots', () => get(made, '/api/v1/../../../etc/passwd'), 404, 'not-found'],
    ['encoded dots', () => get(made, '/api/v1/nodes/..%2f..%2fetc'), 404, 'not-found'],
    ['a name without end', () => get(made, `/api/v1/nodes/${'x'.repeat(5000)}`), 404, 'not-found'],
    ['a name that is too long', () => get(made, `/api/v1/nodes/${'x'.repeat(100)}`), 400, 'invalid-input'],
    [
      'a method that is not for it, with a slash behind',
      () => post(made, '/api/v1/nodes/', {}, bearer('all')),
      405,
      'method-not-allowed',
    ],
    [
      'a time without a zone',
      () => get(made, '/api/v1/modems/rpi4-1/mifi/history?metric=rsrpDbm&from=2026-11-01'),
      400,
      'invalid-input',
    ],
    [
      'a history of what never was',
      () => get(made, '/api/v1/nodes/rpi4-1/history?metric=load1&key=constructor%2Fx'),
      404,
      'not-found',
    ],
    ['a cursor that was made up', () => get(made, '/api/v1/nodes?after=eHl6'), 400, 'invalid-input'],
    [
      'an Idempotency-Key of nothing',
      () =>
        post(
          made,
          '/api/v1/silences',
          { reason: 'a', forSeconds: 9 },
          { ...bearer('all'), 'idempotency-key': '' },
        ),
      400,
      'invalid-input',
    ],
    ['broken encoding', () => get(made, '/api/v1/nodes/%zz'), 400, 'invalid-input'],
    [
      'a method that is not for it',
      () => post(made, '/api/v1/nodes', {}, bearer('all')),
      405,
      'method-not-allowed',
    ],
    ['a limit that is a word', () => get(made, '/api/v1/nodes?limit=many'), 400, 'invalid-input'],
    ['a wait of a day', () => get(made, '/api/v1/nodes?wait=86400'), 400, 'invalid-input'],
    ['a kind that is none', () => get(made, '/api/v1/events?kind=gossip'), 400, 'invalid-input'],
    ['a cursor of somebody else', () => get(made, '/api/v1/events?after=%C3%A9'), 400, 'invalid-input'],
    [
      'a metric that is none',
      () => get(made, '/api/v1/modems/rpi4-1/mifi/history?metric=mood'),
      400,
      'invalid-input',
    ],
    [
      'a time that is none',
      () => get(made, '/api/v1/modems/rpi4-1/mifi/history?metric=rsrpDbm&from=now'),
      400,
      'invalid-input',
    ],
    [
      'too many points',
      () => get(made, '/api/v1/modems/rpi4-1/mifi/history?metric=rsrpDbm&step=1'),
      400,
      'invalid-input',
    ],
    [
      'a change without a token',
      () => post(made, `/api/v1/alerts/${made.alertId}/ack`, undefined),
      401,
      'unauthenticated',
    ],
    [
      'an unknown token',
      () => post(made, `/api/v1/alerts/${made.alertId}/ack`, undefined, bearer('guess')),
      401,
      'unauthenticated',
    ],
    [
      'a token that does not reach',
      () => post(made, `/api/v1/alerts/${made.alertId}/ack`, undefined, bearer('reader')),
      403,
      'forbidden',
    ],
    [
      'a body that is not JSON',
      () => post(made, '/api/v1/silences', '{', { ...bearer('all'), 'content-type': 'application/json' }),
      400,
      'invalid-input',
    ],
    [
      'a body of another kind',
      () =>
        post(made, '/api/v1/silences', 'a=1', {
          ...bearer('all'),
          'content-type': 'application/x-www-form-urlencoded',
        }),
      415,
      'unsupported-media-type',
    ],
    [
      'a body that is too large',
      () => post(made, '/api/v1/silences', { reason: 'x'.repeat(100_000) }, bearer('all')),
      413,
      'too-large',
    ],
    [
      'a body with a key too many',
      () => post(made, '/api/v1/silences', { reason: 'a', forSeconds: 60, colour: 1 }, bearer('all')),
      400,
      'invalid-input',
    ],
    [
      'a channel that is none',
      () => post(made, '/api/v1/alerts/test', { channel: 'pigeon' }, bearer('all')),
      400,
      'invalid-input',
    ],
    ['a host that is not ours', () => get(made, '/', { host: 'evil.example' }), 421, 'unknown-host'],
  ]
  for (const [name, ask, status, kind] of rows)
    t.test(`${name} is ${status} ${kind}`, async (t) => {
      const { statusCode, headers, body } = await ask()
      t.equal(statusCode, status, body)
      t.match(headers, { 'content-type': /^application\/problem\+json/ })
      t.match(JSON.parse(body), {
        type: `urn:infra-home:problem:${kind}`,
        status,
        title: String,
        detail: String,
      })
    })
  t.test(
    'a query key that a route does not know is refused, and those that it knows are named',
    async (t) => {
      for (const [url, known] of [
        ['/api/v1/events?foo=bar', /^is none of kind, node, limit, after$/],
        ['/api/v1/nodes?limt=1', /^is none of wait, limit, after$/],
        ['/api/v1/topology?foo', /takes none/],
        ['/api/v1/nodes?constructor=1', /^is none of/],
        ['/healthz?foo=bar', /takes none/],
      ] as const) {
        const { statusCode, body } = await get(made, url)
        t.equal(statusCode, 400, url)
        t.match(JSON.parse(body), { errors: [{ path: /^querystring\//, message: known }] })
      }
      t.equal((await get(made, '/api/v1/events?kind=decision&limit=1&node=rpi4-1')).statusCode, 200)
      t.equal((await get(made, '/api/v1/nope?foo=bar')).statusCode, 404)
    },
  )
  t.test('input is named with its path', async (t) =>
    t.match(JSON.parse((await get(made, '/api/v1/nodes?limit=many')).body), {
      errors: [{ path: 'querystring/limit', message: 'must be integer, not "many"' }],
    }),
  )
  t.test('a body that is wrong is told key by key, beside what would be right', async (t) => {
    const made = await troubled()
    const detailOf = async (url: string, body: object): Promise<string> =>
      JSON.parse((await post(made, url, body, bearer('all'))).body).detail
    t.equal(
      await detailOf('/api/v1/silences', { reason: '', for: 60 }),
      'body/forSeconds is missing, body/for is none of reason, forSeconds, code, node, body/reason must not have fewer than 1 characters',
    )
    t.match(
      await detailOf('/api/v1/enrolments', { node: 'phone-9', role: 'readr' }),
      /^body\/role is one of [\w, ]+, not "readr"$/,
    )
    t.match(
      await detailOf('/api/v1/silences', { reason: 'a', forSeconds: 'x'.repeat(200), 'a%zz/~2': 1 }),
      /body\/forSeconds must be integer, not "x{58}…/,
      'cut, and whatever keys there are',
    )
    t.match(
      await detailOf('/api/v1/silences', {
        reason: 'a',
        forSeconds: `${'x'.repeat(40)} ih_${'x'.repeat(43)}`,
      }),
      /not "x{40} ih_…"$/,
      'a token is shown to nobody',
    )
  })
})

t.test('every route is closed to strangers from other networks, and none falls over', async (t) => {
  const made = await troubled()
  const { paths } = JSON.parse((await get(made, '/openapi.json')).body) as {
    paths: Record<string, Record<string, object>>
  }
  t.ok(Object.keys(paths).length >= 18, Object.keys(paths).join(' '))
  for (const [path, methods] of Object.entries(paths))
    for (const method of Object.keys(methods)) {
      const url = path.replaceAll(/\{[^}]+\}/g, 'x')
      const { statusCode } = await made.http.app.inject({
        method: method.toUpperCase() as 'GET',
        url,
        remoteAddress: '203.0.113.9',
        headers: { host: '127.0.0.1' },
      })
      if (['/healthz', '/readyz', '/openapi.json'].includes(path)) t.equal(statusCode, 200, path)
      // what devices ask for themselves: a one-time token or the key of a certificate is the proof
      else if (/\/(redeem|renewals)$/.test(path)) t.equal(statusCode, 400, `${method} ${path}`)
      else if (path === '/api/v1/renewals/challenge') t.equal(statusCode, 200, path)
      else t.equal(statusCode, 401, `${method} ${path}`)
    }
  const read = await made.http.app.inject({
    url: '/api/v1/nodes',
    remoteAddress: '203.0.113.9',
    headers: { host: 'rpi4-1', ...bearer('reader') },
  })
  t.equal(read.statusCode, 200)
  const one = await httpHouse({
    readNetworks: ['203.0.113.7', '2001:db8::/32'],
    allowedHosts: ['2001:db8::1'],
  })
  for (const [remoteAddress, status] of [
    ['203.0.113.7', 200],
    ['203.0.113.9', 401],
    ['2001:db8::9', 200],
    ['::1', 200],
  ] as const)
    t.equal(
      (await one.http.app.inject({ url: '/', remoteAddress, headers: { host: '[2001:db8::1]:8470' } }))
        .statusCode,
      status,
      remoteAddress,
    )
  const open = await httpHouse({ readNetworks: ['203.0.113.0/24'] })
  t.equal(
    (
      await open.http.app.inject({
        url: '/',
        remoteAddress: '::ffff:203.0.113.9',
        headers: { host: 'localhost' },
      })
    ).statusCode,
    200,
  )
})

t.test('a version changes with the thing, and If-Match holds what is done to it', async (t) => {
  const made = await troubled()
  const url = '/api/v1/nodes/rpi4-2'
  const { etag } = (await get(made, url)).headers
  const has = (list: string) => get(made, url, { 'if-none-match': list })
  t.equal((await has(String(etag))).statusCode, 304)
  t.equal((await has(`"x", W/${etag}`)).statusCode, 304)
  t.equal((await has('*')).statusCode, 304)
  await made.house.clock.advance(seconds(300))
  const lost = await has(String(etag))
  t.equal(lost.statusCode, 200, 'a node that is lost is not what it was')
  t.match(lost.body, /STATE +lost/)
  const forget = (match: string) =>
    made.http.app.inject({
      method: 'DELETE',
      url,
      headers: { host: 'localhost', 'if-match': match, ...bearer('all') },
    })
  t.equal((await forget(String(etag))).statusCode, 412)
  t.equal((await forget(String(lost.headers['etag']))).statusCode, 204)
})

t.test('a page goes on where it ended even when that item is gone', async (t) => {
  const made = await httpHouse()
  for (const name of ['a', 'b', 'c', 'd']) made.house.hear(voice(name, made.house.clock).birth())
  const json = async (url: string) => JSON.parse((await get(made, url, { accept: 'application/json' })).body)
  const { next } = await json('/api/v1/nodes?limit=2')
  await made.context.ask({ request: 'forget-node', node: 'b', by: 'x' })
  t.match(await json(`/api/v1/nodes?limit=2&after=${next}`), {
    items: [{ node: 'c' }, { node: 'd' }],
    next: null,
  })
})

t.test('changes', async (t) => {
  t.test('an alert is acknowledged by name, unless it has changed since it was read', async (t) => {
    const made = await troubled()
    const url = `/api/v1/alerts/${made.alertId}`
    const { headers } = await get(made, url, { accept: 'application/json' })
    const json = { accept: 'application/json', ...bearer('operator') }
    t.equal((await post(made, `${url}/ack`, undefined, { ...json, 'if-match': '"other"' })).statusCode, 412)
    const done = await post(made, `${url}/ack`, undefined, { ...json, 'if-match': String(headers['etag']) })
    t.match(JSON.parse(done.body), { acknowledged: { by: 'operator' } })
    t.match((await get(made, url)).body, /^acknowledged by operator at 2026-11-01T00:00:24/m)
    const why = await get(made, `/api/v1/events/${made.alertId}/explain`)
    t.match(why.body, /→ acknowledge by operator/)
    const typed = { ...json, 'content-type': 'application/json' }
    t.equal((await post(made, `${url}/ack`, undefined, typed)).statusCode, 200, 'an empty body has no type')
  })
  t.test('who acknowledged an alert first, did', async (t) => {
    const made = await troubled()
    const url = `/api/v1/alerts/${made.alertId}`
    await post(made, `${url}/ack`, undefined, bearer('operator'))
    await made.house.clock.advance(seconds(60))
    await post(made, `${url}/ack`, undefined, bearer('all'))
    t.match((await get(made, url)).body, /^acknowledged by operator at 2026-11-01T00:00:24/m)
  })
  t.test('a silence, a hold and a wish stand on the first page, until they are ended', async (t) => {
    const made = await troubled({ topology })
    const change = (method: 'PUT' | 'DELETE', url: string, payload?: object) =>
      made.http.app.inject({
        method,
        url,
        headers: { host: 'localhost', ...bearer('operator') },
        ...(payload === undefined ? {} : { payload }),
      })
    await post(made, '/api/v1/silences', { reason: 'works', forSeconds: 60 }, bearer('operator'))
    await change('PUT', '/api/v1/wan/hold', { reason: 'hands off' })
    const override = { uplink: 'mifi', by: 'operator', reason: 'try', until: made.house.clock.now().wall }
    const until = wallMs(override.until + 60_000)
    made.house.mind.take({
      kind: 'request',
      body: { request: 'switch-wan', override: { ...override, until }, by: 'operator' },
    })
    const wishes = [
      /^silenced by operator: any alert of any node, works \(until 2026-/m,
      /^held by operator: hands off$/m,
      /^mifi is wanted by operator until 2026-.*: try$/m,
    ]
    const { body } = await get(made, '/')
    for (const wish of wishes) t.match(body, wish)
    for (const url of ['/api/v1/wan/hold', '/api/v1/wan/switch', '/api/v1/wan/switch'])
      t.equal((await change('DELETE', url)).statusCode, 204)
    const isThere = async (): Promise<boolean> => /held by|is wanted by/.test((await get(made, '/')).body)
    await eventually('a page that is made anew', async () => !(await isThere()))
  })
  t.test('a silence is made, shown and ended', async (t) => {
    const made = await troubled()
    const json = { accept: 'application/json', ...bearer('operator') }
    const done = await post(
      made,
      '/api/v1/silences',
      { reason: 'works', forSeconds: 3600, node: 'rpi4-1' },
      json,
    )
    t.equal(done.statusCode, 201)
    const { id } = JSON.parse(done.body) as { id: string }
    t.match((await get(made, '/api/v1/silences')).body, new RegExp(`rpi4-1.*operator.*works.*${id}`))
    t.equal(
      (
        await made.http.app.inject({
          method: 'DELETE',
          url: `/api/v1/silences/${id}`,
          headers: { host: 'localhost', ...bearer('operator') },
        })
      ).statusCode,
      204,
    )
    t.match((await get(made, '/api/v1/silences')).body, /nothing is silenced/)
  })
  t.test(
    'a silence of an unknown node comes with a warning, one of an unknown alert not at all',
    async (t) => {
      const made = await troubled()
      const json = { accept: 'application/json', ...bearer('operator') }
      const silence = { reason: 'works', forSeconds: 3600 }
      const ask = (more: object, headers: Record<string, string> = json) =>
        post(made, '/api/v1/silences', { ...silence, ...more }, headers)
      t.match(JSON.parse((await ask({ node: 'typo-node' })).body), { warnings: ["unknown node 'typo-node'"] })
      t.same(JSON.parse((await ask({ node: 'rpi4-1', code: 'node-lost' })).body).warnings, [])
      const text = (await ask({ node: 'typo-node' }, bearer('operator'))).body
      t.match(text, /2026-11-01 01:00 UTC, in 60 min/)
      t.match(text, /^! unknown node 'typo-node'$/m)
      const refused = await ask({ code: 'node-gone' })
      t.equal(refused.statusCode, 400)
      t.match(JSON.parse(refused.body), {
        detail: /there is no alert node-gone/,
        errors: [{ path: 'body/code', message: /^is one of .*node-lost/ }],
      })
    },
  )
  t.test('a silence that has ended is not in the list', async (t) => {
    const made = await troubled()
    const silence = { reason: 'works', forSeconds: 60 }
    await post(made, '/api/v1/silences', silence, bearer('operator'))
    await made.house.clock.advance(seconds(59))
    t.match((await get(made, '/api/v1/silences')).body, /works/)
    await made.house.clock.advance(seconds(1))
    t.match((await get(made, '/api/v1/silences')).body, /nothing is silenced/)
  })
  t.test('the same key does a thing once', async (t) => {
    const made = await troubled()
    const headers = { accept: 'application/json', ...bearer('operator'), 'idempotency-key': 'k1' }
    const ask = () => post(made, '/api/v1/silences', { reason: 'works', forSeconds: 60 }, headers)
    const [first, again] = [await ask(), await ask()]
    t.equal(again.body, first.body)
    t.equal(again.headers['idempotent-replayed'], 'true')
    t.equal(again.headers['location'], first.headers['location'])
    t.equal(Object.keys(made.house.world.silences).length, 1)
    const other = await post(made, '/api/v1/silences', { reason: 'other', forSeconds: 60 }, headers)
    t.match([other.statusCode, other.body], [422, /key-reused/])
    const wrong = { ...headers, 'idempotency-key': 'k2' }
    t.equal((await post(made, '/api/v1/silences', { reason: 'a' }, wrong)).statusCode, 400)
    t.equal((await post(made, '/api/v1/silences', { reason: 'a', forSeconds: 9 }, wrong)).statusCode, 201)
  })
  t.test('the same key at the same time does a thing once', async (t) => {
    const made = await troubled()
    const headers = { ...bearer('operator'), 'idempotency-key': 'k1' }
    const ask = () => post(made, '/api/v1/silences', { reason: 'works', forSeconds: 60 }, headers)
    const statuses = (await Promise.all([ask(), ask()])).map(({ statusCode }) => statusCode)
    t.equal(statuses.filter((status) => status === 201).length >= 1, true)
    t.equal(Object.keys(made.house.world.silences).length, 1, statuses.join(' '))
  })
  t.test('what the disk refuses is told as such', async (t) => {
    const made = await httpHouse({
      ask: async () => {
        throw new Error('disk full')
      },
    })
    const answer = await post(made, '/api/v1/silences', { reason: 'a', forSeconds: 9 }, bearer('all'))
    t.match([answer.statusCode, answer.body], [503, /journal-unavailable/])
  })
  t.test('a node is forgotten by the administrator alone', async (t) => {
    const made = await troubled()
    const forget = (token: string) =>
      made.http.app.inject({
        method: 'DELETE',
        url: '/api/v1/nodes/rpi4-2',
        headers: { host: 'localhost', ...bearer(token) },
      })
    t.equal((await forget('operator')).statusCode, 403)
    t.equal((await forget('all')).statusCode, 204)
    t.equal((await get(made, '/api/v1/nodes/rpi4-2')).statusCode, 404)
  })
  t.test('a test shows what the channel answered', async (t) =>
    t.match(
      (await post(await troubled(), '/api/v1/alerts/test', { channel: 'phone' }, bearer('operator'))).body,
      /^phone: delivered, phone says HTTP 200\n\n> POST \/\n< HTTP 200\n\nIt took 12 ms\.\n$/,
    ),
  )
})

t.test('health and metrics', async (t) => {
  const made = await troubled()
  t.equal((await get(made, '/healthz')).statusCode, 200)
  made.readiness = { ready: false, reasons: ['the journal cannot be written'] }
  const answer = await get(made, '/readyz')
  t.equal(answer.statusCode, 503)
  t.match(answer.body, /the journal cannot be written/)
  const { body } = await get(made, '/metrics')
  t.match(body, /^infra_home_node_up\{node="rpi4-1"\} 1$/m)
  t.match(body, /^infra_home_link_up\{node="rpi4-2",link="eth0"\} 0$/m)
  t.match(body, /^infra_home_alerts\{state="firing",severity="critical"\} 1$/m)
  t.notMatch(body, /infra_home_modem_rsrp_dbm\{/, 'unknown is absent')
  t.notMatch(body, /infra_home_modem_stray_values_total\{/, 'and so is a count of none')
  const other = await httpHouse()
  const router = voice('rpi4-1', other.house.clock)
  const numbers = router.tm({ 'modem/mifi': { strayValues: 3 } })
  for (const said of [router.birth(), router.state('modem', 'mifi', MODEM), numbers]) other.house.hear(said)
  await other.house.clock.advance(seconds(1))
  const counted = /^infra_home_modem_stray_values_total\{node="rpi4-1",modem="mifi"\} 3$/m
  t.match((await get(other, '/metrics')).body, counted)
})

t.test(
  'a message that was not tried yet waits for the channel that its contact is told by first',
  async (t) => {
    const made = await troubled()
    const waiting = async () =>
      /^infra_home_deliveries_waiting\{channel="phone"\} (\d+)$/m.exec(
        (await get(made, '/metrics')).body,
      )?.[1]
    t.equal(await waiting(), '0')
    const about = { alertKey: null, alertId: null, title: '', text: '', severity: 'info', by: '01' } as const
    const owed = owedDelivery({ ...about, contact: 'phone', event: 'test' }, made.house.clock.now())
    made.house.world.deliveries[owed.id] = owed
    t.equal(await waiting(), '1')
    owed.status = 'sent'
    t.equal(await waiting(), '0')
  },
)

t.test('docs/metrics.md lists exactly what /metrics can say', async (t) => {
  const docs = readFileSync(join(import.meta.dirname, '../../../docs/metrics.md'), 'utf8')
  const rows = docs.split('\n').filter((line) => line.startsWith('| `infra_home_'))
  t.same(
    rows,
    FAMILIES.map(
      ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ')} | ${help} |`,
    ),
  )
  const made = await troubled()
  const described = [...(await get(made, '/metrics')).body.matchAll(/^# TYPE (\S+)/gm)].map(
    ([, name]) => name,
  )
  t.same(
    described,
    FAMILIES.map(({ name }) => name),
  )
  t.same(described, [...new Set(described)], 'none twice')
  for (const { name, type } of FAMILIES) t.equal(type === 'counter', name.endsWith('_total'), name)
})

t.test('the live stream', async (t) => {
  const listening = async (t: Test) => {
    const made = await troubled()
    const address = await made.http.start()
    t.teardown(() => made.http.stop())
    return { made, address }
  }
  const say = (made: HttpHouse, count: number): void => {
    const node = voice('phone-1', made.house.clock, { session: 7 })
    for (let i = 0; i < count; i++) made.house.hear(node.tm({ 'host/host': { load1: i } }))
  }
  t.test(
    'resumes behind the last event, from memory or from the journal, without loss or doubling',
    async (t) => {
      const { made, address } = await listening(t)
      for (const [name, entries] of [
        ['memory', 5],
        ['the journal', 120],
      ] as const) {
        const last = made.house.journal.at(-1)
        say(made, entries)
        const abort = new AbortController()
        const response = await fetch(`${address}/api/v1/stream`, {
          headers: { 'last-event-id': last?.id ?? '' },
          signal: abort.signal,
        })
        t.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8')
        const expected = made.house.journal.filter(({ pos }) => pos > (last?.pos ?? 0)).map(({ id }) => id)
        const ids = await idsFrom(response, expected.length)
        t.same(ids, expected, name)
        abort.abort()
      }
    },
  )
  t.test('says only what is asked for', async (t) => {
    const { made, address } = await listening(t)
    const abort = new AbortController()
    const response = await fetch(`${address}/api/v1/stream?kind=decision&node=phone-1`, {
      signal: abort.signal,
    })
    say(made, 3)
    const ids = await idsFrom(response, 1)
    t.match(
      made.house.journal.find(({ id }) => id === ids[0]),
      { kind: 'decision', node: 'phone-1' },
    )
    abort.abort()
  })
  t.test('comes over WebSocket too, and not to pages of other sites', async (t) => {
    const { made, address } = await listening(t)
    const url = `${address.replace('http', 'ws')}/api/v1/stream`
    const last = made.house.journal.at(-1)
    say(made, 4)
    const heard: string[] = []
    const socket = new WebSocket(`${url}?after=${last?.id}`)
    await new Promise<void>((resolve) =>
      socket.on(
        'message',
        (data) =>
          heard.push((JSON.parse((data as Buffer).toString()) as { id: string }).id) >= 4 && resolve(),
      ),
    )
    t.same(
      heard.slice(0, 4),
      made.house.journal
        .filter(({ pos }) => pos > (last?.pos ?? 0))
        .map(({ id }) => id)
        .slice(0, 4),
    )
    socket.close()
    const status = (target: string, options: object): Promise<string> =>
      new Promise((resolve) =>
        new WebSocket(target, options)
          .on('error', (error) => resolve(error.message))
          .on('open', () => resolve('open')),
      )
    t.match(await status(url, { origin: 'http://evil.example' }), /403/)
    t.match(await status(url, { origin: 'http://rpi4-1:8470' }), /open/)
    t.match(await status(url.replace('stream', 'other'), {}), /404/)
    t.match(await status(`${url}?kid=decision`, {}), /400/)
    t.match(await status(url, { headers: bearer('guess') }), /401/)
  })
  t.test('resumes behind an entry that is not on the disk yet', async (t) => {
    const made = await httpHouse({ store: { entry: async () => null } })
    const address = await made.http.start()
    t.teardown(() => made.http.stop())
    say(made, 3)
    const [first, ...expected] = made.house.journal.map(({ id }) => id)
    const response = await fetch(`${address}/api/v1/stream?after=${first}`)
    t.same(await idsFrom(response, expected.length), expected)
    t.equal((await get(made, `/api/v1/events/${first}`)).statusCode, 200, 'and shows it')
  })
  t.test('says so when what came after an entry is not kept any more', async (t) => {
    const { address } = await listening(t)
    const abort = new AbortController()
    const url = `${address}/api/v1/stream?after=01JD0000000000000000000000`
    const response = await fetch(url, { signal: abort.signal })
    let text = ''
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(part).toString()
      if (text.includes('data:')) break
    }
    t.match(text, /^event: gap$/m)
    abort.abort()
  })
  t.test('lets go a client that does not read', async (t) => {
    const { made, address } = await listening(t)
    const socket = connect(Number(new URL(address).port), '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.write('GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await new Promise((resolve) => socket.once('readable', resolve))
    const before = made.context.stream.listeners()
    const node = voice('phone-1', made.house.clock, { session: 7 })
    const error = 'x'.repeat(500)
    for (let i = 0; i < 40_000 && made.context.stream.listeners() === before; i++) {
      made.house.hear(node.state('collector', `c${i % 9}`, { ok: false, error }))
      if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    t.ok(made.context.stream.listeners() < before)
  })
  t.test('odd requests do not end the process, and stopping does not wait for anybody', async (t) => {
    const made = await httpHouse({
      store: {
        entry: async () => {
          throw new InfraError('store-failed', 'disk')
        },
      },
    })
    const address = await made.http.start()
    const port = Number(new URL(address).port)
    const UPGRADE = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==`
    const stream = '/api/v1/stream'
    for (const [name, head, expected] of [
      ['an upgrade of //', `GET // HTTP/1.1\r\nHost: localhost\r\n${UPGRADE}`, /^HTTP\/1.1 404/],
      ['an upgrade for another host', `GET ${stream} HTTP/1.1\r\nHost: x\r\n${UPGRADE}`, /^HTTP\/1.1 421/],
      ['HEAD of the stream', `HEAD ${stream} HTTP/1.1\r\nHost: localhost`, /^HTTP\/1.1 405/],
      [
        'a journal that cannot be read',
        `GET ${stream}?after=01JD0000000000000000000000 HTTP/1.1\r\nHost: localhost`,
        /^HTTP\/1.1 5\d\d/,
      ],
      [
        'the same over WebSocket',
        `GET ${stream}?after=01JD0000000000000000000000 HTTP/1.1\r\nHost: localhost\r\n${UPGRADE}`,
        /^HTTP\/1.1 101[\s\S]*the journal cannot be read/,
      ],
      ['no HTTP', 'hello', /^HTTP\/1.1 400[\s\S]*urn:infra-home:problem:invalid-input/],
      ['an absolute address', 'GET http://localhost/healthz HTTP/1.1\r\nHost: localhost', /^HTTP\/1.1 [24]/],
    ] as const)
      t.match(await answerTo(port, head, expected), expected, name)
    const open = ['/', '/api/v1/nodes?wait=60', stream].map((path) => {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      return socket
    })
    open.push(connect(port, '127.0.0.1').on('error', () => {}))
    open[3]?.write(`GET ${stream} HTTP/1.1\r\nHost: localhost\r\n${UPGRADE}\r\n\r\n`)
    await new Promise((resolve) => open[3]?.once('data', resolve))
    await made.http.stop()
    await eventually('nobody left but the journal’s own memory', () => made.context.stream.listeners() === 1)
    for (const socket of open) socket.destroy()
  })
  t.test('waits for a change when asked to', async (t) => {
    const { made, address } = await listening(t)
    const waiting = fetch(`${address}/api/v1/nodes?wait=30`)
    await new Promise((resolve) => setTimeout(resolve, 50))
    made.house.hear(voice('phone-2', made.house.clock).birth())
    t.match(await (await waiting).text(), /phone-2/)
  })
  t.test('waits for the right change, and not when the client is behind already', async (t) => {
    const { made, address } = await listening(t)
    const ask = (path: string, headers: Record<string, string> = {}) =>
      fetch(`${address}/api/v1${path}`, { headers })
    t.equal((await ask('/alerts?wait=30', { 'if-none-match': '"old"' })).status, 200)
    let answered = false
    const waiting = ask('/nodes/rpi4-1?wait=30').then((answer) => {
      answered = true
      return answer.text()
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
    made.house.hear(voice('phone-2', made.house.clock).birth())
    await new Promise((resolve) => setTimeout(resolve, 50))
    t.notOk(answered, 'another node’s birth is no change of this one')
    made.house.hear(voice('rpi4-1', made.house.clock, { session: 2 }).state('modem', 'mifi', MODEM))
    t.match(await waiting, /rpi4-1/)
  })
})

/** What comes back on a socket until it is as expected, or the other side ends. */
const answerTo = (port: number, head: string, expected: RegExp): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head}\r\n\r\n`))
    let text = ''
    const done = (): void => {
      socket.destroy()
      resolve(text)
    }
    socket
      .on('data', (part) => {
        text += part.toString()
        if (expected.test(text)) done()
      })
      .on('end', done)
      .on('error', done)
      .setTimeout(3000, done)
  })

const idsFrom = async (response: Response, count: number): Promise<string[]> => {
  const ids: string[] = []
  const decoder = new TextDecoder()
  let text = ''
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(part, { stream: true })
    const found = [...text.matchAll(/^id: (\S+)$/gm)].map((match) => match[1] ?? '')
    ids.splice(0, ids.length, ...found)
    if (ids.length >= count) break
  }
  return ids.slice(0, count)
}

t.test(
  'a body is made again when the world changed and making is cheap, and else at most once a second',
  async (t) => {
    let [time, position, made, cost] = [0, 1, 0, 1]
    let sent: (request: { method: string }, reply: { statusCode: number }) => unknown = () => {}
    const app = { addHook: (_name: 'onSend', hook: typeof sent) => (sent = hook) }
    const show = cachedShow(
      app as never,
      () => position,
      () => time,
    )
    const reply = { header: () => reply, type: () => reply, code: () => reply, send: () => reply }
    const ask = (key = 'x'): void =>
      void show({ headers: { accept: 'text/plain' } } as never, reply as never, {
        key,
        shown() {
          made++
          time += cost
          return { json: {}, parts: () => ['x'] }
        },
      })
    const steps: [string, () => void, number][] = [
      ['the first', () => {}, 1],
      ['the same again', () => {}, 1],
      ['changed, but not yet affordable', () => position++, 1],
      ['changed and affordable', () => (time += 20), 2],
      ['unchanged for less than a second', () => (time += 900), 2],
      ['a second old', () => (time += 100), 3],
      ['changed and dear', () => ((cost = 80), position++, (time += 20)), 4],
      ['changed again at once', () => (position++, (time += 500)), 4],
      ['a second after', () => (time += 500), 5],
      ['changed, and somebody read', () => (position++, sent({ method: 'GET' }, { statusCode: 200 })), 5],
      ['and somebody was refused', () => sent({ method: 'DELETE' }, { statusCode: 401 }), 5],
      [
        'and somebody changed it, who reads at once',
        () => sent({ method: 'DELETE' }, { statusCode: 204 }),
        6,
      ],
    ]
    for (const [name, change, expected] of steps) {
      change()
      ask()
      t.equal(made, expected, name)
    }
    for (let i = 0; i < 50; i++) ask(`key ${i}`)
    ask()
    t.equal(made, 57, 'what clients make up does not stay for ever')
  },
)
