// Every route of /openapi.json × everything that somebody may try: the right 4xx problem, never a 5xx, never a change.
import t, { type Test } from 'tap'
import { hours, seconds } from '@infra-home/shared/clock.ts'
import { bearer, httpHouse, type HttpHouse, tokenOf } from '../helpers/http-world.ts'
import { type RawAnswer, rawClient, type RawRequest } from '../helpers/raw-request.ts'
import { LINK, MODEM, voice } from '../helpers/said.ts'

type Route = {
  readonly method: string
  /** As it is described. */
  readonly pattern: string
  /** With names of things that are there. */
  readonly path: string
  readonly scope: 'none' | 'read' | 'operate' | 'approve' | 'admin'
  readonly hasBody: boolean
}

type Attack = {
  readonly name: string
  /** Which routes it is tried on. */
  readonly on: (route: Route) => boolean
  readonly with: (route: Route) => Omit<RawRequest, 'method'> & { readonly method?: string }
  readonly gets: readonly number[]
}

type Scene = {
  readonly made: HttpHouse
  readonly routes: readonly Route[]
  readonly ask: (request: RawRequest) => Promise<RawAnswer>
  /** Tokens that were good once. */
  readonly revoked: string
  readonly expired: string
}

/** A house with something of everything in it, and its routes with names of these. */
const scene = async (t: Test): Promise<Scene> => {
  const made = await httpHouse()
  const { house, http, context } = made
  const node = voice('rpi4-1', house.clock)
  house.hear(node.birth())
  house.hear(node.state('link', 'eth0', LINK))
  house.hear(node.state('modem', 'mifi', MODEM))
  house.hear(node.tm({ 'modem/mifi': { rsrpDbm: -90, rsrqDb: -10, sinrDb: 12 } }))
  for (let i = 0; i < 6; i++) {
    house.hear(node.tm({ 'modem/mifi': { rsrpDbm: null, rsrqDb: null, sinrDb: null } }))
    await house.clock.advance(seconds(4))
  }
  const { wall } = house.clock.now()
  const make = (id: string, expiresAt: string | null) =>
    context.tokens.create({ id, name: id, scopes: ['read', 'operate', 'admin'], expiresAt, by: 'test' }).token
  const [revoked, expired] = [make('revoked', null), make('expired', new Date(wall + 1000).toISOString())]
  make('good', null)
  context.tokens.revoke('revoked', 'test')
  await context.ask({
    request: 'silence',
    silence: {
      id: 's1',
      code: null,
      node: null,
      reason: 'x',
      by: 'me',
      from: wall,
      until: (wall + hours(9)) as typeof wall,
    },
  })
  await house.clock.advance(seconds(2))
  const address = await http.start()
  t.teardown(() => http.stop())
  const { ask } = rawClient(address)
  const alert = Object.values(house.world.alerts)[0]?.id ?? ''
  const described = JSON.parse((await http.app.inject('/openapi.json')).body) as Described
  const routes = Object.entries(described.paths).flatMap(([pattern, methods]) =>
    Object.entries(methods).map(([method, { 'x-scope': scope, requestBody }]): Route => {
      const id = pattern.includes('silences') ? 's1' : pattern.includes('tokens') ? 'good' : alert
      const path = pattern
        .replace('{node}/{id}', 'rpi4-1/mifi')
        .replace(/\{(node|name)\}/, 'rpi4-1')
        .replace('{id}', id)
        .replace(/\{\w+\}/, 'x')
      return { method: method.toUpperCase(), pattern, path, scope, hasBody: requestBody !== undefined }
    }),
  )
  return { made, routes, ask, revoked, expired }
}

type Described = {
  readonly paths: Record<
    string,
    Record<string, { readonly 'x-scope': Route['scope']; readonly requestBody?: unknown }>
  >
}

const host = { host: 'localhost' }
const all = { ...host, ...bearer('all') }
const json = { ...all, 'content-type': 'application/json' }
const isGuarded = ({ scope }: Route): boolean => scope !== 'none'
const isChange = ({ method }: Route): boolean => method !== 'GET'
const takesJson = ({ hasBody }: Route): boolean => hasBody
const everywhere = (): boolean => true
const withToken =
  (token: string) =>
  ({ path }: Route) => ({ path, headers: { ...host, authorization: `Bearer ${token}` } })
const withBody =
  (body: string | Uint8Array) =>
  ({ path }: Route) => ({ path, headers: json, body })
/** The last name in a path becomes another, or comes behind it. */
const at =
  (name: string) =>
  ({ path, pattern }: Route) => ({
    path: pattern.endsWith('}') ? path.replace(/[^/]*$/, name) : `${path.replace(/\/$/, '')}/${name}`,
    headers: all,
  })

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const deep = '['.repeat(15_000)
/** 401: an address that is a secret itself, and is not right. */
const NOWHERE = [400, 401, 404, 405]
const HUGE = JSON.stringify({ reason: 'x'.repeat(200_000) })

const attacks = ({ revoked, expired, routes }: Scene): readonly Attack[] => {
  const wrong = (route: Route): string =>
    METHODS.find(
      (method) =>
        !routes.some((other) => other.pattern === route.pattern && other.method === method) &&
        method !== 'GET',
    ) ?? 'PATCH'
  return [
    {
      name: 'no token',
      on: (r) => isGuarded(r) && isChange(r),
      with: ({ path }) => ({ path, headers: host }),
      gets: [401],
    },
    {
      name: 'a token of too little scope',
      on: (r) => isGuarded(r) && r.scope !== 'read',
      with: withToken(tokenOf('reader')),
      gets: [403],
    },
    { name: 'a token that nobody gave out', on: isGuarded, with: withToken(tokenOf('nobody')), gets: [401] },
    { name: 'a revoked token', on: isGuarded, with: withToken(revoked), gets: [401] },
    { name: 'an expired token', on: isGuarded, with: withToken(expired), gets: [401] },
    { name: 'a token of a name in every object', on: isGuarded, with: withToken('constructor'), gets: [401] },
    {
      name: 'another way of authorization',
      on: isGuarded,
      with: ({ path }) => ({ path, headers: { ...host, authorization: 'Basic YTpi' } }),
      gets: [401],
    },
    {
      name: 'two tokens at once',
      on: isGuarded,
      with: ({ path }) => ({
        path,
        headers: { ...host, authorization: `Bearer ${tokenOf('all')} ${tokenOf('all')}` },
      }),
      gets: [401],
    },
    {
      name: 'the Host of a stranger',
      on: everywhere,
      with: ({ path }) => ({ path, headers: { ...all, host: 'evil.example' } }),
      gets: [421],
    },
    {
      name: 'a Host with a user in it',
      on: everywhere,
      with: ({ path }) => ({ path, headers: { ...all, host: 'localhost@evil.example' } }),
      gets: [421],
    },
    { name: 'a body of 200 kB', on: isChange, with: withBody(HUGE), gets: [413] },
    {
      name: 'a body that says it is larger than it may be',
      on: isChange,
      with: ({ path }) => ({ path, headers: { ...json, 'content-length': '99999999999' }, body: '{}' }),
      gets: [413],
    },
    {
      name: 'a body of another kind',
      on: isChange,
      with: ({ path }) => ({ path, headers: { ...all, 'content-type': 'text/xml' }, body: '<a/>' }),
      gets: [415],
    },
    {
      name: 'a form',
      on: isChange,
      with: ({ path }) => ({
        path,
        headers: { ...all, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'a=1',
      }),
      gets: [415],
    },
    {
      name: 'a Content-Type that is none',
      on: isChange,
      with: ({ path }) => ({ path, headers: { ...all, 'content-type': ';;;' }, body: 'x' }),
      gets: [415],
    },
    {
      name: 'a method that is not for it',
      on: everywhere,
      with: (r) => ({ method: wrong(r), path: r.path, headers: all }),
      gets: [405],
    },
    {
      name: 'a method of WebDAV',
      on: everywhere,
      with: ({ path }) => ({ method: 'PROPFIND', path, headers: all }),
      gets: [404, 405],
    },
    { name: 'dots', on: everywhere, with: at('..'), gets: NOWHERE },
    { name: 'many dots', on: everywhere, with: at('../../../../etc/passwd'), gets: NOWHERE },
    { name: 'encoded dots', on: everywhere, with: at('%2e%2e'), gets: NOWHERE },
    {
      name: 'dots and slashes, encoded',
      on: everywhere,
      with: at('%2e%2e%2f%2e%2e%2fetc%2fpasswd'),
      gets: NOWHERE,
    },
    { name: 'dots, encoded twice', on: everywhere, with: at('%252e%252e%252f'), gets: NOWHERE },
    { name: 'backslashes', on: everywhere, with: at('..\\..\\etc'), gets: NOWHERE },
    { name: 'a zero byte, encoded', on: everywhere, with: at('%00'), gets: NOWHERE },
    { name: 'a broken encoding', on: everywhere, with: at('%zz'), gets: NOWHERE },
    { name: 'an overlong encoding', on: everywhere, with: at('%c0%ae%c0%ae'), gets: NOWHERE },
    { name: 'a name in every object', on: everywhere, with: at('__proto__'), gets: NOWHERE },
    { name: 'another name in every object', on: everywhere, with: at('constructor'), gets: NOWHERE },
    { name: 'a path of 5 kB', on: everywhere, with: at('x'.repeat(5000)), gets: NOWHERE },
    { name: 'a path of 40 kB', on: everywhere, with: at('x'.repeat(40_000)), gets: [413] },
    {
      name: 'a header of 40 kB',
      on: everywhere,
      with: ({ path }) => ({ path, headers: { ...all, 'x-long': 'x'.repeat(40_000) } }),
      gets: [413],
    },
    {
      name: 'an Idempotency-Key of 9 kB',
      on: (r) => r.method === 'POST' && takesJson(r),
      with: ({ path }) => ({ path, headers: { ...json, 'idempotency-key': 'x'.repeat(9000) }, body: '{}' }),
      gets: [400],
    },
    { name: 'half a JSON text', on: takesJson, with: withBody('{"reason":'), gets: [400] },
    { name: 'no JSON', on: takesJson, with: withBody('hello'), gets: [400] },
    { name: 'nothing, as JSON', on: takesJson, with: withBody(''), gets: [400] },
    { name: 'null', on: takesJson, with: withBody('null'), gets: [400] },
    { name: 'a list', on: takesJson, with: withBody('[]'), gets: [400] },
    {
      name: 'a number without end',
      on: takesJson,
      with: withBody(`{"forSeconds":${'9'.repeat(1000)}}`),
      gets: [400],
    },
    { name: 'NaN', on: takesJson, with: withBody('{"forSeconds":NaN}'), gets: [400] },
    {
      name: 'bytes that are no UTF-8',
      on: takesJson,
      with: withBody(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])),
      gets: [400],
    },
    { name: 'deep nesting', on: takesJson, with: withBody(deep), gets: [400] },
    {
      name: 'deep nesting that is closed',
      on: takesJson,
      with: withBody(`{"reason":${'['.repeat(7000)}${']'.repeat(7000)}}`),
      gets: [400],
    },
    {
      name: 'a prototype',
      on: takesJson,
      with: withBody('{"__proto__":{"scopes":["admin"]},"reason":"a","forSeconds":9}'),
      gets: [400],
    },
    {
      name: 'a constructor',
      on: takesJson,
      with: withBody('{"constructor":{"prototype":{"a":1}}}'),
      gets: [400],
    },
    {
      name: 'names of every object',
      on: takesJson,
      with: withBody('{"toString":1,"valueOf":2,"hasOwnProperty":3}'),
      gets: [400],
    },
    {
      name: 'keys that come twice, the last one wrong',
      on: takesJson,
      with: withBody(
        '{"reason":"a","reason":1,"node":"x","node":2,"name":"a","name":{},"channel":"phone","channel":[]}',
      ),
      gets: [400],
    },
    {
      name: 'a query of a prototype',
      on: (r) => r.method === 'GET' && !/stream/.test(r.path),
      with: ({ path }) => ({ path: `${path}?__proto__[a]=1&constructor=2&limit=x`, headers: all }),
      gets: [200, 400, 401, 404],
    },
    {
      name: 'a query that is broken',
      on: (r) => r.method === 'GET' && !/stream/.test(r.path),
      with: ({ path }) => ({
        path: `${path}?limit=%zz&after=%00&wait=-1&metric=%ff&from=..&key=__proto__`,
        headers: all,
      }),
      gets: [200, 400, 401, 404],
    },
    {
      name: 'a query twice over',
      on: (r) => r.method === 'GET' && !/stream/.test(r.path),
      with: ({ path }) => ({ path: `${path}?limit=1&limit=2&kind=a&kind=b&metric=x&metric=y`, headers: all }),
      gets: [200, 400, 401, 404],
    },
  ]
}

/** What stands in the journal but for who was turned away, which is to stand there. */
const changesIn = ({ house }: HttpHouse): number =>
  house.journal.filter(
    ({ kind, body }) => kind !== 'request' || !(body as { request: string }).request.startsWith('refuse-'),
  ).length

t.test('the hostile matrix', async (t) => {
  const set = await scene(t)
  const { made, routes, ask } = set
  t.ok(routes.length >= 25, `${routes.length} routes`)
  const before = {
    changes: changesIn(made),
    tokens: JSON.stringify(made.context.tokens.list().map(({ revoked }) => revoked)),
  }
  let source = 0
  let tried = 0
  for (const attack of attacks(set))
    await t.test(attack.name, async (t) => {
      for (const route of routes.filter(attack.on)) {
        source++
        tried++
        const from = `127.${1 + (source >> 16)}.${(source >> 8) & 255}.${source & 255}`
        const { method = route.method, ...rest } = attack.with(route)
        const answer = await ask({ method, from, ...rest })
        const what = `${method} ${route.pattern}`
        t.ok(
          attack.gets.includes(answer.status),
          `${what} is ${answer.status}, not ${attack.gets.join(' or ')}: ${answer.body.slice(0, 200)}`,
        )
        if (answer.status >= 400) t.match(answer.type, /^application\/problem\+json/, what)
        if (answer.status >= 400)
          t.match(JSON.parse(answer.body), { type: /^urn:infra-home:problem:/, status: answer.status }, what)
        if (answer.status === 405) t.ok(answer.headers['allow'], what)
        if (answer.status === 401) t.equal(answer.headers['www-authenticate'], 'Bearer', what)
      }
    })
  await t.test('has changed nothing', async (t) => {
    t.equal(changesIn(made), before.changes)
    t.equal(JSON.stringify(made.context.tokens.list().map(({ revoked }) => revoked)), before.tokens)
    t.equal(({} as Record<string, unknown>)['scopes'], undefined)
    t.comment(`${tried} requests to ${routes.length} routes`)
  })
  await t.test('and has told nobody a token', async (t) => {
    const written = JSON.stringify([made.house.journal, made.logged])
    for (const token of made.used) t.notMatch(written, token)
  })
})

t.test('reads are closed to other networks', async (t) => {
  const { made, routes } = await scene(t)
  for (const { method, path } of routes.filter((route) => isGuarded(route))) {
    const { statusCode, headers } = await made.http.app.inject({
      method: method as 'GET',
      url: path,
      remoteAddress: '203.0.113.9',
      headers: host,
    })
    t.equal(statusCode, 401, `${method} ${path}`)
    t.match(headers['content-type'], /problem\+json/)
  }
})
