// A device's whole life with a coordinator as it is shipped: a pasted line, TLS, a certificate, its end; and every refusal.
import { spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, diffieHellman, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectPlain, createServer, type AddressInfo } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { connect, type MqttClient } from 'mqtt'
import t, { type Test } from 'tap'
import { machineClock } from '@infra-home/coordinator/machine-clock.ts'
import { openAuthority } from '@infra-home/coordinator/trust/authority.ts'
import type { Grant } from '@infra-home/coordinator/trust/grant.ts'
import { openIdentities } from '@infra-home/coordinator/trust/identities.ts'
import { days, wallMs } from '@infra-home/shared/clock.ts'
import { type MacKey, macKeyFrom, macKeyOfSecret, withMac } from '@infra-home/shared/seal/mac.ts'
import { type Answered, askHttps, type Asked } from '../helpers/ask-https.ts'
import { ownMs, startTook, tookWords } from '../helpers/late-ticks.ts'
import { type CoordinatorHome, coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'
import { newDevice, type NewDevice } from '../helpers/new-device.ts'
import { voice } from '../helpers/said.ts'

const MAIN = join(import.meta.dirname, '../../../coordinator/src/main.ts')
const AGENT = join(import.meta.dirname, '../../../agent/src/main.ts')
const SECURE = {
  broker: { kind: 'embedded', port: 0, tls: { host: '127.0.0.1', port: 0 } },
} as const
const clock = machineClock()

type Opened = { readonly token: string; readonly authorityFingerprint: string; readonly id: string }

/** A coordinator that runs, and how one talks to it. */
type Home = {
  readonly home: CoordinatorHome
  readonly http: string
  readonly httpPort: number
  readonly mqttPort: number
  readonly mqttsPort: number
  readonly token: string
  readonly authority: string
  ask<T = Record<string, unknown>>(path: string, asked?: Asked): Promise<Answered<T>>
  enrolment(node: string, more?: object): Promise<Opened>
  enrol(node: string, device: NewDevice, more?: object): Promise<Grant>
  refusals(): Promise<Readonly<Record<string, number>>>
  journal(): Promise<readonly { readonly body: Record<string, unknown>; readonly node: string | null }[]>
  end(): Promise<void>
}

const startHome = async (t: Test, config: object = SECURE, old?: CoordinatorHome): Promise<Home> => {
  const home = old ?? coordinatorHome(['plain-1'], config)
  const running = await home.start()
  let ended = false
  const end = async (): Promise<void> => {
    if (!ended) await running.end('SIGTERM')
    ended = true
  }
  t.teardown(async () => {
    await end()
    if (!old) home.remove()
  })
  const { http, mqtt, mqttsPort, tokenFile } = running.addresses as typeof running.addresses & {
    mqttsPort: number
  }
  const token = readFileSync(tokenFile, 'utf8').trim()
  const httpPort = Number(new URL(http).port)
  const { authority } = { authority: (await openAuthority(join(home.stateDir, 'trust'), 'home')).certificate }
  const ask: Home['ask'] = (path, asked) => askHttps({ port: httpPort, authority }, path, asked)
  const enrolment: Home['enrolment'] = async (node, more = {}) => {
    const { status, value } = await ask<Opened>('/api/v1/enrolments', {
      method: 'POST',
      token,
      body: { node, ...more },
    })
    t.equal(status, 201, `${node} may enrol`)
    return value
  }
  return {
    home,
    http,
    httpPort,
    mqttPort: Number(new URL(mqtt).port),
    mqttsPort,
    token,
    authority,
    ask,
    enrolment,
    async enrol(node, device, more) {
      const opened = await enrolment(node, more)
      const { status, value } = await ask<Grant>('/api/v1/enrolments/redeem', {
        method: 'POST',
        body: { token: opened.token, csr: device.csr },
      })
      t.equal(status, 201, `${node} is enrolled`)
      return value
    },
    async refusals() {
      const text = await (await fetch(`${http}/metrics`)).text()
      const pairs = [...text.matchAll(/^infra_home_broker_refusals_total\{reason="([^"]+)"\} (\d+)$/gm)]
      return Object.fromEntries(pairs.map(([, reason = '', count]) => [reason, Number(count)]))
    },
    async journal() {
      const { value } = await ask<{ items: { body: Record<string, unknown>; node: string | null }[] }>(
        '/api/v1/events?kind=request&limit=200',
        { token },
      )
      return value.items.toReversed() // the newest come first
    },
    end,
  }
}

type Shown = { readonly key?: string; readonly cert?: string }

/** Connects by TLS; rejects when it is not let in. */
const dial = async (
  t: Test,
  { mqttsPort, authority }: Pick<Home, 'mqttsPort' | 'authority'>,
  shown: Shown,
  options: object,
): Promise<MqttClient> => {
  const client = connect({
    protocol: 'mqtts',
    host: '127.0.0.1',
    port: mqttsPort,
    ca: authority,
    servername: 'coordinator',
    protocolVersion: 4,
    reconnectPeriod: 0,
    connectTimeout: 8000,
    ...shown,
    ...options,
  })
  client.on('error', () => {})
  t.teardown(() => void client.end(true))
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed')))
  })
  return client
}

const closed = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => client.once('close', () => resolve()))

/** Says a message as the enrolled device would. */
const speaker = (client: MqttClient, device: NewDevice, grant: Grant) => {
  const agreed = diffieHellman({
    privateKey: createPrivateKey(device.key),
    publicKey: createPublicKey(grant.agreementKey),
  })
  return speaking(client, macKeyFrom(agreed, grant.site, grant.node))
}

const speaking =
  (client: MqttClient, key: MacKey) =>
  ([topic, message]: readonly [string, object]) =>
    client.publishAsync(topic, withMac(key, topic, JSON.stringify(message)), { qos: 1 })

const nodeState = async ({ ask }: Home, node: string): Promise<string | undefined> => {
  const { value } = await ask<{ items: { node: string; state: string }[] }>('/api/v1/nodes')
  return value.items.find((one) => one.node === node)?.state
}

t.test('a device goes from a pasted line to a green row, and away within a second', async (t) => {
  const home = await startHome(t)
  const device = await newDevice()
  const opened = await home.enrolment('rpi4-1')

  const chain = await new Promise<X509Certificate[]>((resolve, reject) => {
    const socket = connectTls({ port: home.httpPort, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      const peer = socket.getPeerCertificate(true)
      resolve([new X509Certificate(peer.raw), new X509Certificate(peer.issuerCertificate.raw)])
      socket.destroy()
    })
    socket.once('error', reject)
  })
  const [leaf, root] = chain
  t.equal(leaf?.subject, 'CN=coordinator\nO=home')
  t.equal(`sha256:${root?.fingerprint256.replaceAll(':', '').toLowerCase()}`, opened.authorityFingerprint)
  t.ok(root && leaf?.checkIssued(root) && leaf.verify(root.publicKey), 'the pinned authority signed it')

  const { value: grant } = await home.ask<Grant>('/api/v1/enrolments/redeem', {
    method: 'POST',
    body: { token: opened.token, node: 'rpi4-1', csr: device.csr },
  })
  t.match(grant, {
    site: 'home',
    node: 'rpi4-1',
    authority: home.authority,
    broker: { host: '127.0.0.1', port: home.mqttsPort },
    coordinator: { https: `https://127.0.0.1:${home.httpPort}` },
  })
  t.match(grant.signingKeys, home.home.signingKeys)

  const shown = { key: device.key, cert: grant.certificate }
  const client = await dial(t, home, shown, { clientId: 'rpi4-1' })
  const say = speaker(client, device, grant)
  const self = voice('rpi4-1', clock)
  await say(self.presence('ready'))
  await say(self.birth())
  await say(self.tm({ 'host/host': { load1: 0.5 } }))
  await eventually('a green row', async () => (await nodeState(home, 'rpi4-1')) === 'online')
  t.match((await home.ask('/api/v1/identities')).value, {
    items: [{ name: 'rpi4-1', role: 'node', certificates: 1, revoked: null, by: 'administrator' }],
  })

  t.test('a message without the right MAC counts for nothing, though TLS says who it is', async () => {
    const [topic, message] = self.tm({ 'host/host': { load1: 99 } })
    await client.publishAsync(topic, JSON.stringify(message), { qos: 1 })
    await eventually('a refusal', async () =>
      /ingest_messages_total\{result="no-mac"\} 1/.test(await (await fetch(`${home.http}/metrics`)).text()),
    )
  })

  t.test('who is revoked is out, and stays out', async (t) => {
    const gone = closed(client)
    const took = startTook()
    const { status } = await home.ask('/api/v1/nodes/rpi4-1', { method: 'DELETE', token: home.token })
    await gone
    const cut = took()
    t.equal(status, 204)
    t.ok(ownMs(cut) < 1000, `cut after ${tookWords(cut)}`)
    await t.rejects(dial(t, home, shown, { clientId: 'rpi4-1' }))
    t.equal((await home.refusals())['revoked-certificate'], 1)
    t.equal(await nodeState(home, 'rpi4-1'), 'revoked')
    const { value } = await home.ask<{ items: object[] }>('/api/v1/identities')
    t.match(value.items, [{ revoked: { by: 'administrator' } }])
    const again = await home.ask('/api/v1/nodes/rpi4-1', { method: 'DELETE', token: home.token })
    t.equal(again.status, 204)
    t.equal(await nodeState(home, 'rpi4-1'), 'revoked', 'the second time changes nothing')
    await t.rejects(dial(t, home, shown, { clientId: 'rpi4-1' }))
    await home.ask('/api/v1/nodes/rpi4-1?forget=true', { method: 'DELETE', token: home.token })
    t.equal(await nodeState(home, 'rpi4-1'), undefined, 'forgotten when it is wished')
    await t.rejects(dial(t, home, shown, { clientId: 'rpi4-1' }))
  })

  t.test('everything of it stands in the journal under somebody’s name', async (t) => {
    const entries = await home.journal()
    const told = entries.map(
      ({ body, node }) => `${String(body['request'])} ${node} by ${String(body['by'])}`,
    )
    t.strictSame(told, [
      'open-enrolment rpi4-1 by administrator',
      'enrol rpi4-1 by rpi4-1',
      'revoke-node rpi4-1 by administrator',
      'forget-node rpi4-1 by administrator',
    ])
    t.notMatch(JSON.stringify(entries), opened.token)
  })
})

t.test('every refusal at the API is a typed problem, and journalled', async (t) => {
  const home = await startHome(t)
  const device = await newDevice()
  const redeem = (body: object, from: string) =>
    home.ask('/api/v1/enrolments/redeem', { method: 'POST', body, from })
  const first = await home.enrolment('rpi4-1')
  const { csr } = device
  const good = { token: first.token, csr }
  const soon = await home.enrolment('rpi4-2', { expiresInSeconds: 1 })
  const withdrawn = await home.enrolment('rpi4-3')
  await home.ask(`/api/v1/enrolments/${withdrawn.id}`, { method: 'DELETE', token: home.token })
  await redeem({ ...good, csr: '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END' }, '127.0.1.1')
  await eventually('the end of an enrolment', async () => {
    const { value } = await home.ask<{ items: { id: string; state: string }[] }>('/api/v1/enrolments', {
      token: home.token,
    })
    return value.items.find(({ id }) => id === soon.id)?.state === 'expired'
  })
  const rows: [what: string, body: object, status: number, type: string, detail: RegExp][] = [
    ['a token that nobody gave out', { token: 'guess', csr }, 403, 'unknown-token', /not known/],
    ['one that was taken back', { ...good, token: withdrawn.token }, 403, 'unknown-token', /not known/],
    ['one that has expired', { ...good, token: soon.token }, 410, 'expired-token', /expired/],
    ['another’s', { ...good, node: 'rpi4-9' }, 403, 'wrong-node', /another device/],
    ['with a bad request', { ...good, csr: 'x' }, 400, 'bad-signing-request', /no signing request/],
    ['without a request', { token: first.token }, 400, 'invalid-input', /csr/],
    ['with a body far too large', { ...good, csr: 'x'.repeat(20_000) }, 413, 'too-large', /too large/],
  ]
  for (const [i, [what, body, status, kind, detail]] of rows.entries()) {
    const answer = await redeem(body, `127.0.2.${i + 1}`)
    t.match(answer, { status, value: { type: `urn:infra-home:problem:${kind}`, detail } }, what)
  }
  t.equal((await redeem(good, '127.0.3.1')).status, 201, 'none of them used the token up')
  const other = { ...good, csr: (await newDevice()).csr }
  t.match(await redeem(other, '127.0.3.2'), { status: 410, value: { type: /used-token/, detail: /once/ } })
  t.equal((await redeem(good, '127.0.3.3')).status, 201, 'whose answer got lost may ask again')

  const reasons = (await home.journal())
    .filter(({ body }) => body['request'] === 'refuse-identity')
    .map(({ body, node }) => `${String(body['reason'])} ${node} ${String(body['source'])}`)
  t.strictSame(reasons, [
    'bad-signing-request rpi4-1 127.0.1.1',
    'unknown-token null 127.0.2.1',
    'unknown-token null 127.0.2.2',
    'expired-token rpi4-2 127.0.2.3',
    'wrong-node rpi4-1 127.0.2.4',
    'bad-signing-request rpi4-1 127.0.2.5',
    'used-token rpi4-1 127.0.3.2',
  ])

  t.test('who guesses has to wait, and nobody else', async (t) => {
    /** Six guesses, and how long the last three took: on a busy machine longer than the second that one has to wait. */
    const guesses = async (source: string) => {
      const answers = []
      let begun = 0
      for (let i = 0; i < 6; i++) {
        if (i === 3) begun = performance.now()
        answers.push(await redeem({ token: `guess ${i}`, csr }, source))
      }
      return { answers, ms: performance.now() - begun }
    }
    let host = 1
    let made = await guesses('127.0.4.1')
    while (made.ms > 900 && host < 100) made = await guesses(`127.0.4.${++host}`)
    t.strictSame(
      made.answers.map(({ status }) => status),
      [403, 403, 403, 429, 429, 429],
    )
    t.match(made.answers[5], {
      headers: { 'retry-after': '1' },
      value: { type: 'urn:infra-home:problem:too-many-attempts' },
    })
    t.equal((await redeem({ token: 'guess', csr }, `127.0.4.${host + 1}`)).status, 403)
  })

  t.test('only an administrator opens, sees and takes back enrolments', async (t) => {
    for (const [method, path, body] of [
      ['POST', '/api/v1/enrolments', { node: 'x' }],
      ['GET', '/api/v1/enrolments', undefined],
      ['DELETE', `/api/v1/enrolments/${first.id}`, undefined],
      ['DELETE', '/api/v1/nodes/rpi4-1', undefined],
    ] as const)
      t.equal((await home.ask(path, { method, ...(body ? { body } : {}) })).status, 401, `${method} ${path}`)
    const own = await home.ask('/api/v1/enrolments', {
      method: 'POST',
      token: home.token,
      body: { node: 'coordinator' },
    })
    t.match(own, { status: 400, value: { detail: /own name/ } })
  })
})

t.test(
  'a certificate that expired in a drawer is renewed by proof of its key, and good for nothing else',
  async (t) => {
    const home = await startHome(t)
    const [device, other] = [await newDevice(), await newDevice()]
    const folder = join(home.home.stateDir, 'trust')
    const authority = await openAuthority(folder, 'home')
    const past = { at: wallMs(Date.now() - days(400)), notAfter: wallMs(Date.now() - days(35)) }
    const old = await authority.issue({
      name: 'rpi4-1',
      publicKey: device.publicKey,
      notAfter: past.notAfter,
    })
    openIdentities(folder).enrol('rpi4-1', {
      ...old,
      publicKey: device.publicKey,
      at: past.at,
      role: 'node',
      by: 'me',
    })
    await t.rejects(dial(t, home, { key: device.key, cert: old.certificate }, { clientId: 'rpi4-1' }))
    t.match(await home.refusals(), { 'expired-certificate': 1 })

    const renew = async (by: NewDevice, change: object = {}, from = '127.0.5.1') => {
      const { value } = await home.ask<{ nonce: string }>('/api/v1/renewals/challenge', {
        method: 'POST',
        from,
      })
      const { nonce } = value
      const body = { certificate: old.certificate, csr: device.csr, nonce, ...change }
      const signature = by.prove(body.nonce, body.csr)
      return home.ask<Grant & { type: string }>('/api/v1/renewals', {
        method: 'POST',
        body: { ...body, signature },
        from,
      })
    }
    t.match(await renew(other, {}, '127.0.5.2'), { status: 403, value: { type: /bad-proof/ } })
    t.match(await renew(device, { nonce: 'A'.repeat(54) }, '127.0.5.3'), {
      status: 409,
      value: { type: /stale/ },
    })
    t.match(await renew(device, { certificate: authority.certificate }, '127.0.5.4'), {
      status: 403,
      value: { type: /bad-proof|unknown-certificate/ },
    })
    const { status, value: grant } = await renew(device)
    t.equal(status, 201)
    const client = await dial(t, home, { key: device.key, cert: grant.certificate }, { clientId: 'rpi4-1' })
    t.ok(client.connected)
    t.match((await home.journal()).at(-1)?.body, {
      request: 'renew',
      node: 'rpi4-1',
      expired: true,
      by: 'rpi4-1',
    })
    await home.ask('/api/v1/nodes/rpi4-1', { method: 'DELETE', token: home.token })
    t.match(await renew(device), { status: 403, value: { type: /revoked-identity/ } })
  },
)

t.test('the broker’s door for devices', async (t) => {
  const home = await startHome(t, { ...SECURE, homeAssistant: {} })
  const [one, two, ears] = [await newDevice(), await newDevice(), await newDevice()]
  const grants = {
    one: await home.enrol('rpi4-1', one),
    two: await home.enrol('rpi4-2', two),
    ears: await home.enrol('grafana', ears, { role: 'reader' }),
  }
  const shown = {
    one: { key: one.key, cert: grants.one.certificate },
    two: { key: two.key, cert: grants.two.certificate },
    ears: { key: ears.key, cert: grants.ears.certificate },
  }
  const refusedFor = async (reason: string, what: () => Promise<unknown>): Promise<void> => {
    const before = (await home.refusals())[reason] ?? 0
    await what()
    await eventually(`a refusal: ${reason}`, async () => ((await home.refusals())[reason] ?? 0) > before)
    t.pass(reason)
  }

  t.test('is closed to whoever has no certificate of ours that counts', async (t) => {
    const foreign = await openAuthority(mkdtempSync(join(tmpdir(), 'infra-home-foreign-')), 'home')
    const ours = await openAuthority(join(home.home.stateDir, 'trust'), 'home')
    const wish = { name: 'rpi4-1', publicKey: one.publicKey, notAfter: wallMs(Date.now() + days(1)) }
    const forged = { key: one.key, cert: (await foreign.issue(wish)).certificate }
    const unknown = { key: one.key, cert: (await ours.issue(wish)).certificate }
    const nobody = { key: one.key, cert: (await ours.issue({ ...wish, name: 'rpi4-9' })).certificate }
    for (const [reason, which] of [
      ['no-certificate', {}],
      ['foreign-certificate', forged],
      ['unknown-certificate', unknown],
      ['unknown-identity', nobody],
    ] as const)
      await refusedFor(reason, () => t.rejects(dial(t, home, which, { clientId: 'rpi4-1' }), reason))
    await refusedFor('handshake-failed', async () => {
      const socket = connectPlain(home.mqttsPort, '127.0.0.1')
      socket.on('error', () => {})
      socket.write('GET / HTTP/1.1\r\n\r\n')
    })
  })

  t.test('lets nobody call itself another', async (t) => {
    await refusedFor('other-client-id', () => t.rejects(dial(t, home, shown.one, { clientId: 'rpi4-2' })))
    await refusedFor('other-client-id', () =>
      t.rejects(dial(t, home, shown.one, { clientId: 'rpi4-1', username: 'rpi4-2' })),
    )
    const client = await dial(t, home, shown.one, { clientId: 'rpi4-1', username: 'rpi4-1' })
    await refusedFor('forbidden-publish', async () => {
      client.publish('ih/1/rpi4-2/tm', '{}')
    })
  })

  t.test('tells a Home Assistant what there is, and again whenever it starts', async (t) => {
    const reader = await dial(t, home, shown.ears, { clientId: 'grafana' })
    const heard: string[] = []
    reader.on('message', (topic) => void heard.push(topic))
    await reader.subscribeAsync('homeassistant/device/+/config')
    const config = 'homeassistant/device/infra-home_home/config'
    const times = (): number => heard.filter((topic) => topic === config).length
    await eventually('what is retained', () => times() === 1)
    await reader.publishAsync('homeassistant/status', 'online', { qos: 1 })
    await eventually('the same again', () => times() === 2)
    reader.end(true)
  })

  t.test('gives readers ears and no mouth', async (t) => {
    const reader = await dial(t, home, shown.ears, { clientId: 'grafana' })
    const heard: string[] = []
    reader.on('message', (topic) => void heard.push(topic))
    await reader.subscribeAsync('ih/1/#')
    await reader.publishAsync('homeassistant/status', 'online', { qos: 1 })
    const client = await dial(t, home, shown.one, { clientId: 'rpi4-1' })
    await speaker(client, one, grants.one)(voice('rpi4-1', clock).presence('ready'))
    await eventually('another’s words', () => heard.includes('ih/1/rpi4-1/$state'))
    await refusedFor('forbidden-subscribe', () => reader.subscribeAsync('#').catch(() => {}))
    for (const topic of [
      'ih/1/rpi4-1/cmd/rebirth',
      'ih/1/grafana/tm',
      'homeassistant/other',
      'ih/1/$coord/state',
    ]) {
      const mouth = await dial(t, home, shown.ears, { clientId: 'grafana' })
      const gone = closed(mouth)
      await refusedFor('forbidden-publish', async () => {
        mouth.publish(topic, '{}', { qos: 1 })
      })
      await gone
    }
    t.equal(await nodeState(home, 'grafana'), undefined, 'a reader is no node')
  })

  t.test('cuts off who sends too much, and nobody else', async (t) => {
    const [noisy, quiet] = [
      await dial(t, home, shown.one, { clientId: 'rpi4-1' }),
      await dial(t, home, shown.two, { clientId: 'rpi4-2' }),
    ]
    const gone = closed(noisy)
    await refusedFor('flood', async () => {
      for (let i = 0; i < 12_000; i++) noisy.publish('ih/1/rpi4-1/tm', '{}')
      await gone
    })
    const large = await dial(t, home, shown.one, { clientId: 'rpi4-1' })
    const cut = closed(large)
    await refusedFor('too-large', async () => {
      large.publish('ih/1/rpi4-1/tm', Buffer.alloc(1_000_000, 0x20))
      await cut
    })
    await quiet.publishAsync('ih/1/rpi4-2/tm', '{}', { qos: 1 })
    t.ok(quiet.connected)
  })

  t.test('is not blocked by 500 handshakes that never end', async (t) => {
    const sockets = Array.from({ length: 500 }, () => {
      const socket = connectPlain({ port: home.mqttsPort, host: '127.0.0.1', localAddress: '127.0.6.1' })
      socket.on('error', () => {})
      socket.write(Buffer.from([22, 3, 1, 2])) // a hello that is never finished
      return socket
    })
    t.teardown(() => sockets.forEach((socket) => socket.destroy()))
    await eventually('refusals', async () => ((await home.refusals())['too-many-handshakes'] ?? 0) >= 436)
    const took = startTook()
    const client = await dial(t, home, shown.two, { clientId: 'rpi4-2' })
    const connected = took()
    t.ok(ownMs(connected) < 1000, `another connects in ${tookWords(connected)}`)
    await client.publishAsync('ih/1/rpi4-2/tm', '{}', { qos: 1 })
    await eventually(
      'the end of what is never finished',
      async () => ((await home.refusals())['handshake-timeout'] ?? 0) >= 64,
    )
    const { 'too-many-handshakes': most } = await home.refusals()
    t.equal(most, 436, '64 of a source may try at once')
  })

  t.test('is beside the plain one, where a secret counts and names count as well', async (t) => {
    const plain = (clientId: string) =>
      dial(
        t,
        { mqttsPort: home.mqttPort, authority: '' },
        {},
        {
          protocol: 'mqtt',
          clientId,
          username: 'plain-1',
          password: home.home.secrets.get('plain-1') ?? '',
        },
      )
    const client = await plain('plain-1')
    const secret = home.home.secrets.get('plain-1') ?? ''
    await speaking(
      client,
      macKeyOfSecret(secret, { site: 'home', node: 'plain-1' }),
    )(voice('plain-1', clock).birth())
    await eventually('a row', async () => (await nodeState(home, 'plain-1')) !== undefined)
    await refusedFor('other-client-id', () => t.rejects(plain('rpi4-1')))
    const gone = closed(client)
    await home.ask('/api/v1/nodes/plain-1', { method: 'DELETE', token: home.token })
    await gone
    await t.rejects(plain('plain-1'), 'its secret went with it')
    t.equal(await nodeState(home, 'plain-1'), 'revoked')
    await home.ask('/api/v1/nodes/plain-1', { method: 'DELETE', token: home.token })
    t.equal(await nodeState(home, 'plain-1'), 'revoked', 'the second time changes nothing')
  })
})

t.test('a lost folder of keys comes back from the database, and devices notice nothing', async (t) => {
  const home = await startHome(t)
  const device = await newDevice()
  const grant = await home.enrol('rpi4-1', device)
  await home.end()
  rmSync(join(home.home.stateDir, 'trust'), { recursive: true })
  const again = await startHome(t, SECURE, home.home)
  t.equal(again.authority, home.authority)
  const shown = { key: device.key, cert: grant.certificate }
  const client = await dial(t, again, shown, { clientId: 'rpi4-1' })
  const say = speaker(client, device, grant)
  await say(voice('rpi4-1', clock).presence('ready'))
  await say(voice('rpi4-1', clock).birth())
  await eventually('a green row', async () => (await nodeState(again, 'rpi4-1')) === 'online')
  t.match((await again.journal()).at(-1)?.body, { request: 'restore-trust', by: 'coordinator' })
})

/** Pastes a reader's line, and enters what comes of it as somebody would who knows no more than that. */
const listensWithItsFiles = async (t: Test, printed: string): Promise<void> => {
  const [line = ''] = /^infra-home-agent .*$/m.exec(printed) ?? []
  const cwd = t.testdir()
  const { stdout, status, stderr } = spawnSync(process.execPath, [AGENT, ...line.split(' ').slice(1)], {
    cwd,
    encoding: 'utf8',
  })
  t.equal(status, 0, stderr)
  t.notMatch(stdout, 'agent --config', 'there is nothing to start')
  t.same(readdirSync(join(cwd, 'ears')), ['trust'], 'and no configuration of an agent')
  const said = (what: string): string => new RegExp(`^  ${what} +(.*)$`, 'm').exec(stdout)?.[1] ?? ''
  const [, host = '', port] = /^(.*), port (\d+), TLS/.exec(said('broker')) ?? []
  const client = connect(`mqtts://${host}:${port}`, {
    clientId: said('client id'),
    cert: readFileSync(said('client certificate')),
    key: readFileSync(said('private key')),
    ca: readFileSync(said('authority')),
    reconnectPeriod: 0,
  })
  t.teardown(() => client.end(true))
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve())
    client.once('error', reject)
  })
  const heard = new Promise<string>((resolve) => client.once('message', resolve))
  await client.subscribeAsync('ih/1/#')
  t.match(await heard, /^ih\/1\//)
}

t.test('the command line prints the line that the API gives', async (t) => {
  const port = await new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as AddressInfo
      probe.close(() => resolve(free))
    })
  })
  const home = await startHome(t, { ...SECURE, http: { port } })
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [MAIN, '--config', home.home.configFile, ...words], { encoding: 'utf8' })
  const { stdout, status, stderr } = run('enrol', 'rpi4-1')
  t.equal(status, 0, stderr)
  const token =
    /^sudo infra-home-agent enrol --at (\S+) --authority (sha256:[0-9a-f]{64}) --token (\S+)$/m.exec(stdout)
  t.equal(token?.[1], `https://127.0.0.1:${port}`)
  const { csr } = await newDevice()
  const body = { token: token?.[3] ?? '', csr }
  t.equal((await home.ask('/api/v1/enrolments/redeem', { method: 'POST', body })).status, 201)
  await listensWithItsFiles(t, run('enrol', 'ears', 'reader').stdout)
  t.equal(run('enrol', 'Not A Name').status, 1)
  await home.end()
  t.match(run('enrol', 'rpi4-1'), { status: 1, stderr: /is it running\?/ })
})

const elsewhere = Object.values(networkInterfaces())
  .flat()
  .find((one) => one && !one.internal && one.family === 'IPv4')?.address

t.test(
  'beyond loopback there is TLS alone, and plain HTTP for this machine',
  { skip: elsewhere ? false : 'this machine has no address but loopback' },
  async (t) => {
    const host = elsewhere ?? ''
    const home = await startHome(t, { ...SECURE, http: { port: 0, host } })
    t.match(home.http, `https://${host}:`)
    const at = { port: home.httpPort, authority: home.authority, host }
    t.match((await askHttps(at, '/openapi.json')).value, { openapi: '3.1.0' })
    const refused = await fetch(`http://${host}:${home.httpPort}/`)
    t.equal(refused.status, 400)
    t.match(await refused.json(), { type: 'urn:infra-home:problem:tls-needed' })
    const plain = await fetch(`http://127.0.0.1:${home.httpPort}/healthz`)
    t.equal(await plain.text(), 'ok\n')
    const { value } = await askHttps<{ lines: { pi: string } }>(
      { ...at, host: '127.0.0.1' },
      '/api/v1/enrolments',
      {
        method: 'POST',
        token: home.token,
        body: { node: 'rpi4-1' },
      },
    )
    t.match(value.lines.pi, ` --at https://${host}:${home.httpPort} `)

    const open = await startHome(t, { ...SECURE, http: { port: 0, host }, insecureHttp: true })
    t.match(open.http, `http://${host}:`)
    const page = await fetch(`${open.http}/`, { headers: { authorization: `Bearer ${open.token}` } })
    t.match(await page.text(), /^! insecureHttp is set/m)
    t.match(await (await fetch(`${open.http}/readyz`)).text(), /^ready\n! insecureHttp/)
  },
)

t.test('a plain broker beyond loopback is no configuration', async (t) => {
  const home = coordinatorHome([], { broker: { kind: 'embedded', host: '0.0.0.0', port: 0 } })
  t.teardown(() => home.remove())
  const { status, stderr } = spawnSync(
    process.execPath,
    [MAIN, '--config', home.configFile, '--check-config'],
    { encoding: 'utf8' },
  )
  t.equal(status, 2)
  t.match(stderr, /\/broker\/host.*0\.0\.0\.0/s)
  t.match(stderr, /broker\.tls/)
})
