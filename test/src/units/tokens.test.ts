import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { networkOf } from '@infra-home/coordinator/trust/network-of.ts'
import { attempt, type Bucket, createTokenAttempts } from '@infra-home/coordinator/trust/tokens-attempts.ts'
import { openTokens } from '@infra-home/coordinator/trust/tokens.ts'
import { hashOfToken, newToken, redacted, redactedJson } from '@infra-home/coordinator/trust/tokens-text.ts'
import { hours, milliseconds, minutes, wallMs } from '@infra-home/shared/clock.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { bearer, httpHouse, type HttpHouse, tokenOf } from '../helpers/http-world.ts'

const folderFor = (t: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-tokens-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

t.test('wrong tokens cost attempts, and time gives them back', async (t) => {
  const params = { size: 2, refillMs: 10_000 }
  let bucket: Bucket | undefined
  for (const [name, at, waitMs] of [
    ['the first', 0, 0],
    ['the second, at once', 0, 0],
    ['the third, at once', 0, 10_000],
    ['a little later', 4000, 6000],
    ['when one has come back', 10_000, 0],
    ['and again at once', 10_000, 10_000],
    ['after a long time there is no more than the bucket holds', 1_000_000, 0],
    ['the second of these', 1_000_000, 0],
    ['the third of these', 1_000_000, 10_000],
  ] as const) {
    const next = attempt(bucket, at, params)
    bucket = next.bucket
    t.equal(next.waitMs, waitMs, name)
  }
})

t.test('a source is an address, or all that one machine may have', async (t) => {
  for (const [address, source] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ] as const)
    t.equal(networkOf(address), source, address)
})

t.test('wrong tokens are reported once an hour and source, and never without end', async (t) => {
  let now = 0
  const reports: [string, number][] = []
  const attempts = createTokenAttempts({ now: () => now, report: (...report) => reports.push(report) })
  for (let i = 0; i < 50; i++) attempts.failed('192.0.2.7')
  t.same(reports, [['192.0.2.7', 1]])
  now += hours(1)
  attempts.failed('192.0.2.7')
  t.same(reports[1], ['192.0.2.7', 50])
  for (let i = 0; i < 5000; i++) attempts.failed(`10.0.${i >> 8}.${i & 255}`)
  t.equal(reports.length, 101, 'a hundred an hour')
  now += hours(1)
  attempts.failed('10.9.9.9')
  t.equal(reports.length, 102)
})

t.test('tokens', async (t) => {
  t.test(
    'are kept as hashes in a file for nobody else, and count until they are revoked or expire',
    async (t) => {
      const folder = folderFor(t)
      const clock = fakeClock()
      const now = (): ReturnType<typeof clock.now> => clock.now()
      const tokens = openTokens(folder, { now })
      const expiresAt = new Date(clock.now().wall + hours(2)).toISOString()
      const made = tokens.create({ id: 'a', name: 'ci', scopes: ['operate'], expiresAt, by: 'me' })
      const lasting = tokens.create({
        id: 'b',
        name: 'phone',
        scopes: ['approve'],
        expiresAt: null,
        by: 'me',
      })
      t.match(made.token, /^ih_[A-Za-z0-9_-]{43}$/)
      t.equal(statSync(join(folder, 'tokens.json')).mode & 0o777, 0o600)
      t.notMatch(readFileSync(join(folder, 'tokens.json'), 'utf8'), made.token)
      t.notOk('hash' in (tokens.list()[0] ?? {}), 'the hash is shown to nobody')
      t.same(tokens.authenticate(made.token), { owner: 'ci', scopes: ['read', 'operate'] })
      t.same(openTokens(folder, { now }).authenticate(lasting.token), {
        owner: 'phone',
        scopes: ['read', 'approve'],
      })
      for (const wrong of ['', 'ih_', `${made.token}x`, hashOfToken(made.token), newToken()])
        t.equal(tokens.authenticate(wrong), null)
      await clock.advance(hours(2))
      t.equal(tokens.authenticate(made.token), null)
      t.equal(tokens.stateOf(tokens.list()[0]!), 'expired')
      t.same(
        [tokens.revoke('b', 'me'), tokens.revoke('b', 'me'), tokens.revoke('nope', 'me')],
        [true, false, false],
      )
      t.equal(tokens.authenticate(lasting.token), null)
      t.match(tokens.list()[1], { revoked: { by: 'me' } })
    },
  )
  t.test('note their use once an hour, and let in although the disk refuses', async (t) => {
    const folder = folderFor(t)
    const clock = fakeClock()
    const tokens = openTokens(folder, { now: () => clock.now() })
    const { token } = tokens.create({ id: 'a', name: 'ci', scopes: ['read'], expiresAt: null, by: 'me' })
    const uses = new Set<unknown>()
    for (let i = 0; i < 30; i++) {
      tokens.authenticate(token)
      uses.add(tokens.list()[0]?.lastUsedAt)
      await clock.advance(minutes(5))
    }
    t.equal(uses.size, 3)
    mkdirSync(join(folder, 'tokens.json.new'))
    await clock.advance(hours(2))
    t.equal(tokens.authenticate(token)?.owner, 'ci')
  })
  t.test('that have expired do not come back when the clock stands at 1970', async (t) => {
    const folder = folderFor(t)
    const clock = fakeClock()
    const expiresAt = new Date(clock.now().wall + hours(1)).toISOString()
    const tokens = openTokens(folder, { now: () => clock.now() })
    const { token } = tokens.create({ id: 'a', name: 'ci', scopes: ['read'], expiresAt, by: 'me' })
    await clock.advance(hours(3))
    tokens.create({ id: 'b', name: 'later', scopes: ['read'], expiresAt: null, by: 'me' })
    const reborn = openTokens(folder, { now: () => fakeClock(wallMs(0)).now() })
    t.equal(reborn.authenticate(token), null)
  })
  t.test('are struck out of whatever is written', async (t) => {
    const token = newToken()
    t.equal(redacted(`a ${token}, b ${token}x`), 'a ih_…, b ih_…x')
    t.same(redactedJson({ a: [token], b: 1 }), { a: ['ih_…'], b: 1 })
    t.equal(redacted('ih_short'), 'ih_short')
  })
})

type Answer = {
  readonly statusCode: number
  readonly body: string
  readonly headers: Record<string, unknown>
}
const ask = (
  made: HttpHouse,
  method: string,
  url: string,
  { token = 'all', from = '127.0.0.1', payload }: { token?: string; from?: string; payload?: object } = {},
): Promise<Answer> =>
  made.http.app.inject({
    method: method as 'GET',
    url,
    remoteAddress: from,
    headers: {
      host: 'localhost',
      accept: 'application/json',
      ...(token.startsWith('ih_') ? { authorization: `Bearer ${token}` } : bearer(token)),
    },
    ...(payload ? { payload } : {}),
  })
const create = (made: HttpHouse, payload: object, token = 'all'): Promise<Answer> =>
  ask(made, 'POST', '/api/v1/tokens', { token, payload })

t.test('over REST', async (t) => {
  t.test('a token is made, shown once, used under its name, and revoked', async (t) => {
    const made = await httpHouse()
    const answer = await create(made, { name: 'ci', scopes: ['operate'], expiresInSeconds: 60 })
    t.equal(answer.statusCode, 201)
    t.equal(answer.headers['cache-control'], 'no-store')
    const { token, id } = JSON.parse(answer.body) as { token: string; id: string }
    t.match(JSON.parse((await ask(made, 'GET', '/api/v1/tokens')).body), {
      items: [{ id, name: 'ci', scopes: ['read', 'operate'], state: 'good', createdBy: 'all' }],
    })
    const silence = { reason: 'works', forSeconds: 9 }
    t.equal((await ask(made, 'POST', '/api/v1/silences', { token, payload: silence })).statusCode, 201)
    t.equal((await create(made, { name: 'x', scopes: ['read'] }, token)).statusCode, 403)
    t.equal((await ask(made, 'DELETE', `/api/v1/tokens/${id}`)).statusCode, 204)
    t.equal((await ask(made, 'DELETE', `/api/v1/tokens/${id}`)).statusCode, 204)
    t.equal((await ask(made, 'POST', '/api/v1/silences', { token, payload: silence })).statusCode, 401)
    t.equal((await ask(made, 'DELETE', '/api/v1/tokens/nope')).statusCode, 404)
    const requests = made.house.journal.flatMap((entry) => (entry.kind === 'request' ? [entry.body] : []))
    t.match(requests, [
      { request: 'create-token', token: id, name: 'ci', by: 'all' },
      { request: 'silence', silence: { by: 'ci' } },
      { request: 'revoke-token', token: id, name: 'ci', by: 'all' },
      { request: 'refuse-tokens', source: '127.0.0.1', attempts: 1 },
    ])
    t.equal(requests.length, 4)
  })
  t.test('nobody gives what they have not, and no name comes twice', async (t) => {
    const made = await httpHouse()
    const admin = JSON.parse((await create(made, { name: 'helper', scopes: ['admin'] })).body) as {
      token: string
    }
    t.match(await create(made, { name: 'more', scopes: ['admin', 'operate'] }, admin.token), {
      statusCode: 403,
      body: /no scope operate to give/,
    })
    t.equal((await create(made, { name: 'less', scopes: ['read'] }, admin.token)).statusCode, 201)
    for (const [name, why] of [
      ['helper', /was the name of a token before/],
      ['administrator', /stands for somebody else/],
      ['Not a name', /invalid-input/],
      ['__proto__', /invalid-input/],
    ] as const)
      t.match(await create(made, { name, scopes: ['read'] }), { statusCode: 400, body: why }, name)
    t.equal((await create(made, { name: 'none', scopes: [] })).statusCode, 400)
    t.equal((await create(made, { name: 'odd', scopes: ['root'] })).statusCode, 400)
  })
  t.test('an answer that is repeated under its Idempotency-Key does not show the token again', async (t) => {
    const made = await httpHouse()
    const once = () =>
      made.http.app.inject({
        method: 'POST',
        url: '/api/v1/tokens',
        headers: { host: 'localhost', accept: 'application/json', 'idempotency-key': 'k', ...bearer('all') },
        payload: { name: 'ci', scopes: ['read'] },
      })
    const [first, again] = [await once(), await once()]
    t.match((JSON.parse(first.body) as { token: string }).token, /^ih_[A-Za-z0-9_-]{43}$/)
    t.match(JSON.parse(again.body), { name: 'ci', token: 'ih_…' })
  })
  t.test('whoever guesses is slowed down; a right token counts on from there', async (t) => {
    const made = await httpHouse()
    const guess = (from: string) => ask(made, 'GET', '/api/v1/nodes', { token: 'guess', from })
    for (let i = 0; i < 10; i++) t.equal((await guess('127.0.0.9')).statusCode, 401)
    const limited = await guess('127.0.0.9')
    t.match(limited, { statusCode: 429, headers: { 'retry-after': 10 } })
    t.match(limited.body, /too-many-attempts/)
    t.equal((await guess('127.0.0.8')).statusCode, 401, 'another source')
    t.equal((await ask(made, 'GET', '/api/v1/nodes', { from: '127.0.0.9' })).statusCode, 200)
    await made.house.clock.advance(milliseconds(10_000))
    t.equal((await guess('127.0.0.9')).statusCode, 401)
    t.match((await ask(made, 'GET', '/metrics')).body, /token_refusals_total\{result="limited"\} 1$/m)
    const said = made.house.journal.filter(({ kind }) => kind === 'request').map(({ body }) => body)
    t.match(said, [
      { source: '127.0.0.9', attempts: 1 },
      { source: '127.0.0.8', attempts: 1 },
    ])
    t.equal(said.length, 2)
  })
  t.test(
    'a token that somebody put in the wrong place is struck out of answers, log and journal',
    async (t) => {
      const made = await httpHouse({
        store: {
          entry: () => {
            throw new TypeError(`a bug`)
          },
        },
      })
      const token = tokenOf('all')
      await create(made, { name: 'ci', scopes: ['read'] }) // so that the house knows the token that was used
      t.match((await ask(made, 'GET', `/api/v1/nodes/${token}`)).body, /there is no node ih_…/)
      t.match((await ask(made, 'GET', `/${token}`)).body, /nothing is at \/ih_…/)
      t.match((await ask(made, 'GET', `/api/v1/events?kind=${token}`)).body, /there is no kind ih_…/)
      t.match((await create(made, { name: token, scopes: [token] })).body, /invalid-input/)
      const silence = { reason: `use ${token}`, forSeconds: 9 }
      await made.http.app.inject({
        method: 'POST',
        url: '/api/v1/silences',
        headers: { host: 'localhost', ...bearer('all') },
        payload: silence,
      })
      t.match(JSON.stringify(made.house.journal), /use ih_…/)
      t.notMatch(JSON.stringify([made.house.journal, made.logged]), token)
    },
  )
})
