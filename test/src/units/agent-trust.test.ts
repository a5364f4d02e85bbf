// The agent's side of who is who: what it believes, what it keeps, when it asks for more.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import type { AddressInfo } from 'node:net'
import { readSigningRequest } from '@infra-home/coordinator/trust/signing-request.ts'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer, type TlsOptions } from 'node:tls'
import t, { type Test } from 'tap'
import { openClockCheck } from '@infra-home/agent/clock-check.ts'
import { createConnection } from '@infra-home/agent/connection.ts'
import { type ChainFault, chainFault } from '@infra-home/agent/identity/chain-fault.ts'
import { enrolDevice } from '@infra-home/agent/identity/commands.ts'
import { datesWatch } from '@infra-home/agent/identity/dates-watch.ts'
import { enrol } from '@infra-home/agent/identity/enrol.ts'
import { fingerprintOfPem, type GrantFault, grantFault } from '@infra-home/agent/identity/grant-fault.ts'
import type { IdentityFile } from '@infra-home/agent/identity/identity-file.ts'
import { keepCertificate } from '@infra-home/agent/identity/keep-certificate.ts'
import { renew } from '@infra-home/agent/identity/renew.ts'
import { renewalDue, type RenewalReason } from '@infra-home/agent/identity/renewal-due.ts'
import { identityFolder } from '@infra-home/agent/sys/identity-folder.ts'
import { putAside } from '@infra-home/agent/sys/put-aside.ts'
import { mqttWire } from '@infra-home/agent/sys/mqtt-wire.ts'
import type { Answer } from '@infra-home/agent/sys/real-checked-https.ts'
import { tlsSocket } from '@infra-home/agent/sys/tls-socket.ts'
import type { Wire } from '@infra-home/agent/sys/wire.ts'
import { days, hours, milliseconds, minutes, seconds, wallLater, wallMs } from '@infra-home/shared/clock.ts'
import type { CertificateState } from '@infra-home/shared/messages/certificate.ts'
import { eventually } from '../helpers/eventually.ts'
import { fakeClock, settle } from '../helpers/fake-clock.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { type Holding, tampered, toyAuthority } from '../helpers/toy-authority.ts'

const ours = await toyAuthority()
const foreign = await toyAuthority()
const server = await ours.issue()
const long = new Date('2001-01-01T00:00:00Z')
const far = new Date('2100-01-01T00:00:00Z')

const SHOWN: readonly [what: string, holding: Holding, fault: ChainFault | null][] = [
  ['the coordinator’s', server, null],
  ['one that has expired', await ours.issue({ to: long }), null],
  ['one that does not count yet', await ours.issue({ from: far, to: new Date('2101-01-01') }), null],
  ['one of an authority that has our authority’s name', await foreign.issue(), 'foreign-authority'],
  ['one that signed itself', await toyAuthority('coordinator'), 'foreign-authority'],
  ['one with another signature', tampered(server), 'foreign-authority'],
  ['the authority’s own', ours, 'no-server'],
  ['one that may sign others', await ours.issue({ signs: true }), 'no-server'],
  ['a device’s, which is a client’s alone', await ours.issue({ usages: ['client'] }), 'no-server'],
  ['one for no use in particular', await ours.issue({ usages: [] }), 'no-server'],
  ['another device’s', await ours.issue({ name: 'rpi4-1' }), 'other-name'],
]

t.test('whose certificate counts', async (t) => {
  const authority = new X509Certificate(ours.certificate)
  for (const [what, { certificate }, fault] of SHOWN)
    t.equal(chainFault(new X509Certificate(certificate), authority, 'coordinator'), fault, what)
  t.equal(chainFault(undefined, authority, 'coordinator'), 'no-certificate')
  const broker = await ours.issue({ name: 'mosquitto' })
  t.equal(chainFault(new X509Certificate(broker.certificate), authority, null), null, 'a broker of ours')
})

const device = await ours.issue({ name: 'rpi4-1', usages: ['client'] })
const given: IdentityFile = {
  site: 'home',
  node: 'rpi4-1',
  certificate: device.certificate,
  issuedAt: '2026-11-01T00:00:00.000Z',
  authority: ours.certificate,
  agreementKey: 'PEM',
  signingKeys: ['A'.repeat(43)],
  broker: { host: '127.0.0.1', port: 8883 },
  coordinator: { https: 'https://127.0.0.1:8470' },
}
const fingerprint = fingerprintOfPem(ours.certificate)

t.test('a grant is kept when it is for us', async (t) => {
  const imposter = await foreign.issue({ name: 'rpi4-1' })
  const rows: [what: string, papers: object, key: string, fault: GrantFault | null][] = [
    ['ours', {}, device.key, null],
    ['another authority beside it', { authority: foreign.certificate }, device.key, 'other-authority'],
    [
      'a certificate of another authority',
      { certificate: imposter.certificate },
      imposter.key,
      'foreign-certificate',
    ],
    ['a certificate for another key', {}, server.key, 'other-key'],
    ['a certificate for another name', { node: 'rpi4-2' }, device.key, 'other-name'],
  ]
  for (const [what, papers, key, fault] of rows)
    t.equal(grantFault({ ...given, ...papers }, { key, fingerprint }), fault, what)
})

t.test('when a certificate is renewed', async (t) => {
  const issuedAt = wallMs(Date.UTC(2026, 0, 1))
  const notAfter = wallLater(issuedAt, days(300))
  const at = (day: number) => wallLater(issuedAt, days(day))
  const out = (reason: string, forMs = minutes(0)) => ({ reason, forMs })
  const alert = 'ssl/tls alert certificate expired'
  const sentAway = 'the broker hung up on our greeting'
  const rows: [
    what: string,
    coordinator: number | null,
    own: number,
    keptOut: unknown,
    RenewalReason | null,
  ][] = [
    ['before two thirds of its life', 199, 199, null, null],
    ['after two thirds by the coordinator’s time', 200, 1, null, 'two-thirds'],
    ['not by our own clock', null, 250, null, null],
    ['not by our own clock, expired as it says', null, 301, null, null],
    ['at once when the broker says so', null, 10, out(alert), 'refused'],
    [
      'at once when we are kept out and it has expired by our clock',
      null,
      301,
      out('ECONNREFUSED'),
      'expired',
    ],
    ['not when the coordinator’s time says otherwise', 10, 301, out('ECONNREFUSED', days(1)), null],
    ['not yet when our clock is before its beginning', null, -9000, out('ECONNREFUSED', minutes(1)), null],
    [
      'when our clock stays before its beginning',
      null,
      -9000,
      out('ECONNREFUSED', minutes(2)),
      'clock-unset',
    ],
    ['not when the broker is away', null, 10, out('ECONNREFUSED', days(9)), null],
    ['not yet when the broker hung up', null, 10, out(sentAway, minutes(1)), null],
    ['when the broker hangs up again and again', null, 10, out(sentAway, minutes(2)), 'sent-away'],
    ['not because we refuse the broker', null, 10, out('it is not ours: … its certificate', days(1)), null],
  ]
  for (const [what, coordinator, own, keptOut, reason] of rows) {
    const now = {
      coordinator: coordinator === null ? null : at(coordinator),
      own: at(own),
      keptOut: keptOut as ReturnType<typeof out> | null,
    }
    t.equal(renewalDue({ issuedAt, notAfter }, now), reason, what)
  }
})

t.test('keeping a certificate', async (t) => {
  const keep = (renewing: () => Promise<unknown>) => {
    const clock = fakeClock()
    const issuedAt = clock.now().wall
    const told: CertificateState[] = []
    const tries: number[] = []
    let redialled = 0
    const keeper = keepCertificate(
      {
        life: () => ({ issuedAt, notAfter: wallLater(issuedAt, days(3)) }),
        renew() {
          tries.push(clock.now().mono)
          return renewing()
        },
      },
      { clock, log: () => {}, tell: (state) => told.push(state), renewed: () => redialled++ },
    )
    t.teardown(keeper.stop)
    return { clock, keeper, told, tries, redialled: () => redialled }
  }

  t.test('renews it at two thirds of its life, and connects anew', async (t) => {
    const { clock, keeper, told, tries, redialled } = keep(async () => {})
    keeper.heardTime(clock.now().wall)
    t.match(told, [{ notAfter: '2026-11-04T00:00:00.000Z', error: null }])
    await clock.advance(milliseconds(days(2) - minutes(1)))
    t.same([tries.length, redialled()], [0, 0])
    await clock.advance(minutes(2))
    t.same([tries.length, redialled()], [1, 1])
    await clock.advance(hours(5))
    t.equal(tries.length, 1, 'once')
  })

  t.test('tries again with growing waits up to six hours, and says why it fails', async (t) => {
    const { clock, keeper, told, tries } = keep(() => Promise.reject(new Error('renew failed (1): revoked')))
    keeper.heardTime(wallLater(clock.now().wall, days(2)))
    await settle()
    await clock.advance(days(2))
    const waits = tries.slice(1).map((at, i) => (at - (tries[i] ?? 0)) / 60_000)
    t.same(waits.slice(0, 10), [1, 2, 4, 8, 16, 32, 64, 128, 256, 360])
    t.ok(waits.slice(10).every((wait) => wait === 360))
    t.match(told.at(-1), { error: /revoked/ })
  })

  t.test('renews at once what the broker calls expired, and one at a time', async (t) => {
    let end = (): void => {}
    const { keeper, tries, redialled } = keep(() => new Promise<void>((resolve) => (end = resolve)))
    keeper.lost('read ECONNRESET')
    t.equal(tries.length, 0)
    keeper.lost('ssl/tls alert certificate expired')
    keeper.lost('ssl/tls alert certificate expired')
    t.equal(tries.length, 1)
    end()
    await settle()
    t.equal(redialled(), 1)
  })
})

const folderOf = (t: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-identity-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Certifies the key that a request was made with: the toy request is the key itself. */
const certify = async (t: Test) => {
  const { Pkcs10CertificateRequest, X509CertificateGenerator } = await import('@peculiar/x509')
  const { signingRequest } = await import('@infra-home/agent/sys/signing-request.ts')
  const signer = await toyAuthority()
  const grant = async (csr: string, node = 'rpi4-1'): Promise<IdentityFile> => {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    const { webcrypto } = await import('node:crypto')
    const secret = createPrivateKey(signer.key).export({ format: 'der', type: 'pkcs8' })
    const written = await X509CertificateGenerator.create({
      subject: [{ CN: [node] }],
      issuer: 'CN=home authority',
      notBefore: new Date(0),
      notAfter: new Date('2100-01-01'),
      signingAlgorithm: algorithm,
      signingKey: await webcrypto.subtle.importKey('pkcs8', secret, algorithm, false, ['sign']),
      publicKey: await new Pkcs10CertificateRequest(csr).publicKey.export(),
    })
    return { ...given, node, certificate: written.toString('pem'), authority: signer.certificate }
  }
  const folder = folderOf(t)
  const asked: { url: string; body: Record<string, unknown> }[] = []
  /** Answers of the coordinator, one for each time that it is asked; then it certifies. */
  const answers: (() => Promise<Answer>)[] = []
  const means = {
    folder: identityFolder(folder),
    request: signingRequest,
    async post(url: string, _pin: unknown, body: object): Promise<Answer> {
      const said = body as Record<string, unknown>
      asked.push({ url, body: said })
      const next = answers.shift()
      if (next) return next()
      const value = url.endsWith('challenge') ? { nonce: 'n' } : await grant(String(said['csr']))
      return { status: 201, value }
    },
  }
  const line = {
    at: 'https://h:1',
    authority: fingerprintOfPem(signer.certificate),
    token: 'ih_token',
    node: null,
    again: false,
    mayFinish: false,
  }
  return { means, line, folder, asked, answers, grant }
}

t.test('enrolling', async (t) => {
  t.test('keeps the key to itself, in files for their owner alone', async (t) => {
    const { means, line, folder, asked } = await certify(t)
    await enrol(line, means)
    const files = readdirSync(folder)
    t.same(files.sort(), ['identity.json', 'key.pem'])
    for (const file of files) t.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file)
    t.notMatch(JSON.stringify(asked), 'PRIVATE')
    t.match(means.folder.read(), { key: /PRIVATE/, given: { node: 'rpi4-1' } })
  })

  t.test('that fails leaves a device what it was', async (t) => {
    const { means, line, answers } = await certify(t)
    await enrol(line, means)
    const before = means.folder.read()
    await t.rejects(enrol(line, means), /is rpi4-1 of home already: add --again/)
    const refusal = { status: 403, value: { detail: 'this token was used' }, authority: '' }
    const failures: [what: string, answer: () => Promise<Answer>, says: RegExp][] = [
      ['nobody there', () => Promise.reject(new Error('ECONNREFUSED')), /ECONNREFUSED/],
      ['a refusal', async () => refusal, /the coordinator refused: this token was used/],
      ['nonsense', async () => ({ ...refusal, status: 201, value: { site: 'home' } }), /answer: \/node/],
      ['another’s', async () => ({ ...refusal, status: 201, value: given }), /authority in it is another/],
    ]
    for (const [what, answer, says] of failures) {
      answers.push(answer)
      await t.rejects(enrol({ ...line, again: true }, means), says, what)
      t.same(means.folder.read(), before, what)
    }
  })

  t.test('anew takes a new key', async (t) => {
    const { means, line, folder } = await certify(t)
    await enrol(line, means)
    const before = means.folder.read()
    await enrol({ ...line, again: true }, means)
    t.not(means.folder.read()?.key, before?.key)
    t.same(readdirSync(folder).sort(), ['identity.json', 'key.pem'])
  })

  t.test(
    'under another authority leaves the word of the one before, and under the same keeps it',
    async (t) => {
      const [first, second] = [await certify(t), await certify(t)]
      const left: string[] = []
      const onLeft = (authority: string): void => void left.push(authority)
      const here = { folder: first.means.folder, onLeft }
      await enrol(first.line, { ...first.means, onLeft })
      await enrol({ ...first.line, again: true }, { ...first.means, onLeft })
      t.same(left, [])
      const wrong = { ...second.line, again: true, authority: fingerprint }
      await t.rejects(enrol(wrong, { ...second.means, ...here }))
      t.same(left, [], 'nor when nothing came of it')
      await enrol({ ...second.line, again: true }, { ...second.means, ...here })
      t.same(left, [first.line.authority])
      const state = folderOf(t)
      for (const name of ['obeyed.json', 'wishes.json', 'session']) writeFileSync(join(state, name), name)
      putAside(state, ['obeyed.json', 'wishes.json', 'keys.json'], 'of-another')
      t.same(readdirSync(state).sort(), ['obeyed.json.of-another', 'session', 'wishes.json.of-another'])
    },
  )

  t.test('anew shows the same new key for the same line, since its answer may have got lost', async (t) => {
    const { means, line, folder, answers, asked } = await certify(t)
    await enrol(line, means)
    const again = { ...line, again: true, token: 'ih_second' }
    for (const _ of [1, 2]) {
      answers.push(() => Promise.reject(new Error('cut')))
      await t.rejects(enrol(again, means))
    }
    answers.push(() => Promise.reject(new Error('cut')))
    await t.rejects(enrol({ ...again, token: 'ih_third' }, means))
    const keys = await Promise.all(
      asked.map(async ({ body }) => {
        const request = await readSigningRequest(String(body['csr']))
        return request.ok ? request.publicKey : null
      }),
    )
    const [first, second, third, fourth] = keys
    t.not(first, second)
    t.equal(second, third, 'the token is used up for any other')
    t.not(third, fourth, 'another line, another key')
    await enrol({ ...again, token: 'ih_third' }, means)
    t.same(readdirSync(folder).sort(), ['identity.json', 'key.pem'], 'and nothing is left beside it')
  })

  t.test('goes on after a power cut between what was given and its key', async (t) => {
    const { means, line, folder, grant } = await certify(t)
    await enrol(line, means)
    const next = means.folder.nextKey('token')
    const renewed = await grant(await means.request(next, 'x'))
    writeFileSync(join(folder, 'identity.json'), JSON.stringify(renewed))
    t.equal(means.folder.read()?.key, next)
    t.same(readdirSync(folder).sort(), ['identity.json', 'key.pem'])
  })

  t.test(
    'goes on after a crash with the key that is there, and after one before the configuration',
    async (t) => {
      const { means, line, folder, answers, asked } = await certify(t)
      answers.push(() => Promise.reject(new Error('cut')))
      await t.rejects(enrol(line, means))
      const key = readFileSync(join(folder, 'key.pem'), 'utf8')
      await enrol(line, means)
      t.equal(means.folder.read()?.key, key)
      t.match(await enrol({ ...line, mayFinish: true }, means), { node: 'rpi4-1' })
      t.equal(asked.length, 2, 'nobody was asked again')
      const other = { ...line, mayFinish: true }
      await t.rejects(enrol({ ...other, node: 'rpi4-2' }, means), /already/)
      await t.rejects(enrol({ ...other, authority: fingerprint }, means), /already/)
    },
  )

  t.test('mends a folder that is damaged', async (t) => {
    const { means, line, folder } = await certify(t)
    await enrol(line, means)
    for (const file of ['identity.json', 'key.pem']) {
      writeFileSync(join(folder, file), 'rust')
      t.throws(() => means.folder.read(), /enrol this device anew, with --again/)
      await enrol({ ...line, again: true }, means)
      t.match(means.folder.read(), { given: { node: 'rpi4-1' } })
    }
  })

  const asRoot = process.getuid?.() === 0 ? {} : { skip: 'needs root' }
  t.test('as root gives the files to the user whose folder it is', asRoot, async (t) => {
    const { means, line, folder } = await certify(t)
    const inner = join(folder, 'agent')
    mkdirSync(inner)
    chownSync(inner, 12_345, 12_345)
    const trust = identityFolder(join(inner, 'trust'))
    await enrol(line, { ...means, folder: trust })
    await enrol({ ...line, again: true }, { ...means, folder: trust })
    for (const file of ['', 'key.pem', 'identity.json'])
      t.equal(statSync(join(inner, 'trust', file)).uid, 12_345, file)
  })

  t.test('as a reader leaves files to enter elsewhere, and never in an agent’s place', async (t) => {
    const { means, line, answers, grant, folder, asked } = await certify(t)
    const asReader = async () => {
      const csr = String(asked.at(-1)?.body['csr'])
      return { status: 201, value: { ...(await grant(csr)), role: 'reader' }, authority: '' }
    }
    answers.push(asReader)
    const given = await enrol(line, means)
    t.equal(given.role, 'reader')
    const identity = means.folder.read()
    const files = identity && means.folder.writePem(identity)
    t.same(files, {
      certificate: join(folder, 'client.pem'),
      key: join(folder, 'key.pem'),
      authority: join(folder, 'authority.pem'),
    })
    const shown = new X509Certificate(readFileSync(files?.certificate ?? ''))
    t.ok(shown.checkPrivateKey(createPrivateKey(readFileSync(files?.key ?? ''))))
    t.ok(shown.checkIssued(new X509Certificate(readFileSync(files?.authority ?? ''))))
    await t.rejects(
      enrol({ ...line, again: true }, means),
      /is a node, and here is the reader .* --state FOLDER/,
    )
    t.match(means.folder.read(), { given: { role: 'reader' } }, 'and it stays what it was')
  })

  t.test('says what is wrong with the line', async (t) => {
    const { means, line } = await certify(t)
    await t.rejects(enrol({ ...line, at: 'http://h:1' }, means), /--at: "http:\/\/h:1", expected https/)
    await t.rejects(enrol({ ...line, authority: 'sha256:1' }, means), /--authority: .*64 hexadecimal/)
    await t.rejects(enrol({ ...line, token: '' }, means), /--token/)
    const on = { isRoot: false, readConfig: () => '{', write: () => {} }
    await t.rejects(enrolDevice({ state: folderOf(t) }, on), /is not JSON: mend it/)
    t.notOk(existsSync('infra-home-agent'), 'nothing was made')
  })
})

t.test('renewing keeps the key, and does not keep what is for another', async (t) => {
  const { means, line, answers } = await certify(t)
  await t.rejects(renew(means), /not enrolled/)
  const { certificate } = await enrol(line, means)
  const before = means.folder.read()
  const renewed = await renew(means)
  t.not(renewed.certificate, certificate)
  t.equal(means.folder.read()?.key, before?.key)
  const kept = means.folder.read()
  const challenge = async () => ({ status: 200, value: { nonce: 'n' }, authority: '' })
  answers.push(challenge, async () => ({ status: 201, value: given, authority: '' }))
  await t.rejects(renew(means), /cannot be used/)
  answers.push(async () => ({ status: 503, value: null, authority: '' }))
  await t.rejects(renew(means), /no number to sign \(HTTP 503\)/)
  t.same(means.folder.read(), kept)
})

t.test('a wrong clock is told once a boot, and nothing else is', async (t) => {
  const open = async (boot = 'b1', disk = fakeDisk().mount()) => {
    const clock = fakeClock()
    const told: unknown[] = []
    const publisher = { event: (kind: string, body: unknown) => void told.push([kind, body]) }
    const check = await openClockCheck({ clock, disk, boot, publisher, log: () => {} })
    const hear = async (aheadMs: number, after = 20): Promise<void> => {
      await clock.advance(seconds(after))
      check.heard(wallMs(clock.now().wall - aheadMs))
    }
    return { hear, told, disk }
  }
  const { hear, told, disk } = await open()
  for (const ahead of [0, 59_000, -59_000, 0]) await hear(ahead)
  for (const old of [3_600_000, 3_620_000, 3_640_000, 0]) await hear(old)
  t.same(told, [], 'words that had lain about')
  for (let i = 0; i < 5; i++) await hear(-90_000 + i)
  t.match(told, [['clock-wrong', { byMs: -89_998 }]])
  for (const [boot, expected] of [
    ['b1', 0],
    ['b2', 1],
  ] as const) {
    const later = await open(boot, disk)
    for (let i = 0; i < 5; i++) await later.hear(7_200_000)
    t.equal(later.told.length, expected, boot)
  }

  const lines: string[] = []
  const watch = datesWatch(fakeClock(), (_level, text) => void lines.push(text))
  watch(new X509Certificate(server.certificate))
  t.same(lines, [])
  for (let i = 0; i < 2; i++) watch(new X509Certificate((await ours.issue({ to: long })).certificate))
  t.match(lines, [/is the clock wrong/])
  t.equal(lines.length, 1)
})

t.test('a connection is made anew at once, after a good-bye', async (t) => {
  const clock = fakeClock()
  const story: string[] = []
  const ends: ((reason: string) => void)[] = []
  const opens: (() => void)[] = []
  const connection = createConnection({
    clock,
    jitter: () => 1,
    make({ onOpen, onEnd }) {
      story.push('dial')
      opens.push(onOpen)
      ends.push(onEnd)
      return { publish() {}, close: async () => void story.push('close') }
    },
    will: () => ({ topic: 'w', payload: '' }),
    atMostOnce: [],
    subscriptions: [],
    onOpen() {},
    onMessage() {},
    onEnd() {},
  })
  connection.start()
  await connection.redial()
  t.same(story, ['dial'], 'the one that is being made is as good')
  opens[0]?.()
  await Promise.all([connection.redial(), connection.redial()])
  t.same(story, ['dial', 'close', 'dial'])
  ends[1]?.('refused')
  await connection.redial()
  t.equal(story.length, 4, 'without waiting')
  await clock.advance(minutes(5))
  t.equal(story.length, 4, 'and once')
  opens[2]?.()
  const last = connection.redial()
  await connection.stop()
  await last
  t.equal(story.filter((what) => what === 'dial').length, 3, 'not after the end')
  t.equal(connection.wire(), null)
})

/** A TLS server on loopback, and a wire that is made to it. */
const listen = async (t: Test, options: TlsOptions & { readonly speaksFirst?: Uint8Array }) => {
  const heard: Buffer[] = []
  const listener = createServer(options, (socket) => {
    socket.on('error', () => {})
    socket.on('data', (part: Buffer) => heard.push(part))
    if (options.speaksFirst) socket.write(options.speaksFirst)
  })
  listener.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  t.teardown(() => listener.close())
  const { port } = listener.address() as AddressInfo
  const dial = (identity: Holding = device) => {
    const story: string[] = []
    const wire: Wire = mqttWire({
      clock: fakeClock(),
      open: (ready) =>
        tlsSocket(
          {
            host: '127.0.0.1',
            port,
            identity: () => ({
              key: identity.key,
              given: { certificate: identity.certificate, authority: ours.certificate },
            }),
            name: 'coordinator',
          },
          ready,
        ),
      node: 'rpi4-1',
      secret: null,
    })({
      will: { topic: 'w', payload: 'gone' },
      subscriptions: ['a'],
      onOpen: () => story.push('open'),
      onMessage: () => story.push('message'),
      onEnd: (reason) => story.push(reason),
    })
    t.teardown(() => wire.close())
    return { wire, story }
  }
  return { heard, dial }
}

t.test('MQTT by TLS', async (t) => {
  for (const [what, { key, certificate }, fault] of SHOWN)
    t.test(`${fault ? 'says nothing to' : 'speaks to'} whoever shows ${what}`, async (t) => {
      // A connection that was answered before it asked must not be taken in by that.
      const speaksFirst = Buffer.from([0x20, 2, 0, 0, 0x90, 3, 0, 1, 1])
      const { heard, dial } = await listen(t, { key, cert: certificate, speaksFirst })
      const { story } = dial()
      if (fault === null) return await eventually('a greeting', () => /MQTT/.test(heard.join('')))
      const reason = await eventually('an end', () => story[0])
      t.match(reason, /is not ours: /)
      t.same([heard, story.length], [[], 1])
    })

  t.test('that is left before anybody was found to be right says nothing', async (t) => {
    const { heard, dial } = await listen(t, { key: server.key, cert: server.certificate })
    await dial().wire.close()
    await settle()
    t.same(heard, [])
  })

  t.test('knows that a broker without a word sends away who has expired', async (t) => {
    const { dial } = await listen(t, {
      key: server.key,
      cert: server.certificate,
      ca: ours.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    })
    const { story } = dial(await ours.issue({ name: 'rpi4-1', usages: ['client'], to: long }))
    const reason = await eventually('an end', () => story[0])
    t.match(reason, /hung up on our greeting|alert.*certificate/)
  })
})
