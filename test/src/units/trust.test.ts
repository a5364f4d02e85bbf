// The coordinator's side of who is who: its authority, who was enrolled, and how that outlives a disk.
import { spawnSync } from 'node:child_process'
import { createHash, createPrivateKey, createPublicKey, diffieHellman, X509Certificate } from 'node:crypto'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import * as Type from 'typebox'
import { gatherWrites } from '@infra-home/coordinator/broker/gather-writes.ts'
import { createMeter } from '@infra-home/coordinator/broker/guard.ts'
import { openDoors } from '@infra-home/coordinator/http/doors.ts'
import { limitHandshakes } from '@infra-home/coordinator/handshakes.ts'
import { openAgreement } from '@infra-home/coordinator/trust/agreement.ts'
import { createAttempts } from '@infra-home/coordinator/trust/attempts.ts'
import { openAuthority } from '@infra-home/coordinator/trust/authority.ts'
import { openApprovers } from '@infra-home/coordinator/trust/approvers.ts'
import { openBook, readBook } from '@infra-home/coordinator/trust/book.ts'
import { BOOKS } from '@infra-home/coordinator/trust/book-schemas.ts'
import { keepCertificates } from '@infra-home/coordinator/trust/certificates.ts'
import type { Desk } from '@infra-home/coordinator/trust/desk.ts'
import { openEnrolments } from '@infra-home/coordinator/trust/enrolments.ts'
import { openIdentities } from '@infra-home/coordinator/trust/identities.ts'
import { forgetCopy, keepMirror, restoreTrust } from '@infra-home/coordinator/trust/mirror.ts'
import { createNonces } from '@infra-home/coordinator/trust/nonces.ts'
import { certificateFiles, endingCertificates } from '@infra-home/coordinator/self/ending-certificates.ts'
import { trustFolder } from '@infra-home/coordinator/trust/signing-keys.ts'
import { serverCertificate } from '@infra-home/coordinator/trust/server-certificate.ts'
import { readSigningRequest } from '@infra-home/coordinator/trust/signing-request.ts'
import { openSigningKeys } from '@infra-home/coordinator/trust/signing-keys.ts'
import type { Request } from '@infra-home/coordinator/world/input.ts'
import {
  type DurationMs,
  days,
  hours,
  milliseconds,
  minutes,
  seconds,
  wallMs,
} from '@infra-home/shared/clock.ts'
import { createMacKeys } from '@infra-home/coordinator/trust/mac-keys.ts'
import { macKeyFrom } from '@infra-home/shared/seal/mac.ts'
import { eventually } from '../helpers/eventually.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { newDevice, type NewDevice } from '../helpers/new-device.ts'
import { testDesk } from '../helpers/test-desk.ts'

const folderOf = (t: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-trust-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'trust')
}

/** Every file of a folder, by name. */
const readFolder = (folder: string): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8s8r1gTjQ8cC4pGkR1n0wDqQmXvK3l2b9yQh7f0aZx'
const NOW = wallMs(Date.UTC(2026, 10, 1))
const YEAR = days(365)
const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const needsOpenssl = hasOpenssl ? {} : { skip: 'openssl is not installed' }

/** What openssl says; its exit code must be 0 unless `fails`. */
const openssl = (t: Test, args: readonly string[], fails = false): string => {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  t.equal(status === 0, !fails, `openssl ${args[0]}: ${stderr.slice(0, 300)}`)
  return stdout + stderr
}

t.test('an authority', async (t) => {
  const folder = folderOf(t)
  const authority = await openAuthority(folder, 'home')
  const device = await newDevice()
  const wish = { name: 'rpi4-1', publicKey: device.publicKey, notAfter: wallMs(NOW + YEAR) }

  t.test('is made once, with a key that nobody else can read', async (t) => {
    const again = await openAuthority(folder, 'home')
    t.equal(again.certificate, authority.certificate)
    t.equal(again.fingerprint, authority.fingerprint)
    const der = new X509Certificate(authority.certificate).raw
    t.equal(authority.fingerprint, `sha256:${createHash('sha256').update(der).digest('hex')}`)
    for (const name of ['authority.key', 'authority.pem'])
      t.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name)
    t.equal(statSync(folder).mode & 0o777, 0o700)
    t.strictSame(readdirSync(folder).sort(), ['authority.key', 'authority.pem'])
  })

  t.test('counts from 1970 on without an end, for a clock that is late', async (t) => {
    const own = new X509Certificate(authority.certificate)
    t.equal(own.validFromDate.toISOString(), '1970-01-01T00:00:00.000Z')
    t.equal(own.validToDate.toISOString(), '9999-12-31T23:59:59.000Z')
    t.ok(own.ca)
  })

  t.test('certifies a device under the name that we know it by', async (t) => {
    const { certificate, serial, notAfter } = await authority.issue(wish)
    const parsed = new X509Certificate(certificate)
    t.equal(parsed.subject, 'CN=rpi4-1\nO=home')
    t.equal(parsed.validFromDate.getTime(), 0)
    t.equal(notAfter, '2027-11-01T00:00:00.000Z')
    t.match(serial, /^[4-7][0-9A-F]{31}$/)
    t.strictSame(parsed.keyUsage, ['1.3.6.1.5.5.7.3.2'], 'a client and nothing else')
    t.notOk(parsed.ca)
    t.ok(authority.signed(parsed))
    t.not((await authority.issue(wish)).serial, serial, 'every serial is another')
  })

  t.test('does not take for its own what another of the same name signed', async (t) => {
    const other = await openAuthority(folderOf(t), 'home')
    const { certificate } = await other.issue(wish)
    t.notOk(authority.signed(new X509Certificate(certificate)))
  })

  t.test(
    'refuses to begin anew beside a certificate whose key is lost, or with a key of another',
    async (t) => {
      const lost = folderOf(t)
      await openAuthority(lost, 'home')
      rmSync(join(lost, 'authority.key'))
      await t.rejects(openAuthority(lost, 'home'), { code: 'config-invalid', message: /only a backup/ })
      writeFileSync(join(lost, 'authority.key'), device.key)
      await t.rejects(openAuthority(lost, 'home'), { message: /does not belong/ })
      writeFileSync(join(lost, 'authority.pem'), 'nonsense')
      await t.rejects(openAuthority(lost, 'home'), { message: /is no certificate/ })
    },
  )

  t.test('is understood by OpenSSL: chains, dates, uses and the revocation list', needsOpenssl, async (t) => {
    const at = (name: string): string => join(folder, '..', name)
    const leaf = await authority.issue(wish)
    const server = await authority.issue({ ...wish, name: 'coordinator', serverNames: ['router.lan', '::1'] })
    writeFileSync(at('leaf.crt'), leaf.certificate)
    writeFileSync(at('server.crt'), server.certificate)
    const ca = ['-CAfile', join(folder, 'authority.pem')]
    const when = ['-attime', String(NOW / 1000), '-x509_strict']
    openssl(t, ['verify', ...ca, ...when, '-purpose', 'sslclient', at('leaf.crt')])
    openssl(t, ['verify', ...ca, ...when, '-purpose', 'sslserver', at('leaf.crt')], true)
    openssl(t, ['verify', ...ca, ...when, '-purpose', 'sslserver', '-verify_ip', '::1', at('server.crt')])
    openssl(t, ['verify', ...ca, ...when, '-verify_hostname', 'router.lan', at('server.crt')])
    openssl(t, ['verify', ...ca, ...when, '-verify_hostname', 'evil.lan', at('server.crt')], true)
    openssl(t, ['verify', ...ca, '-attime', '1', at('leaf.crt')])
    const late = String((NOW + YEAR) / 1000 + 1)
    t.match(openssl(t, ['verify', ...ca, '-attime', late, at('leaf.crt')], true), /expired/)
    const text = openssl(t, ['x509', '-in', at('leaf.crt'), '-noout', '-text'])
    for (const words of [
      /Signature Algorithm: ecdsa-with-SHA256/,
      /Not Before: Jan {2}1 00:00:00 1970 GMT/,
      /X509v3 Basic Constraints: critical\s+CA:FALSE/,
      /X509v3 Key Usage: critical\s+Digital Signature/,
      /TLS Web Client Authentication/,
      /NIST CURVE: P-256/,
    ])
      t.match(text, words)
    const own = openssl(t, ['x509', '-in', join(folder, 'authority.pem'), '-noout', '-text'])
    t.match(own, /CA:TRUE, pathlen:0/)
    t.match(own, /Not After : Dec 31 23:59:59 9999 GMT/)

    writeFileSync(at('none.crl'), await authority.revocationList([]))
    const revokedAt = '2026-10-31T12:00:00.000Z'
    writeFileSync(at('one.crl'), await authority.revocationList([{ serial: leaf.serial, revokedAt }]))
    const list = openssl(t, ['crl', '-in', at('one.crl'), '-noout', '-text', ...ca])
    t.match(list, /verify OK/)
    t.match(list, new RegExp(`Serial Number: ${leaf.serial}\\s+Revocation Date: Oct 31 12:00:00 2026 GMT`))
    const check = ['verify', ...ca, '-crl_check', '-attime', String(NOW / 1000)]
    openssl(t, [...check, '-CRLfile', at('none.crl'), at('leaf.crt')])
    t.match(openssl(t, [...check, '-CRLfile', at('one.crl'), at('leaf.crt')], true), /revoked/)
    openssl(t, [...check, '-CRLfile', at('one.crl'), at('server.crt')])
  })

  t.test('reads the requests of OpenSSL as it reads our own', needsOpenssl, async (t) => {
    const key = join(folder, '..', 'device.key')
    openssl(t, ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key])
    const csr = openssl(t, ['req', '-new', '-key', key, '-subj', '/CN=rpi4-2'])
    t.match(await readSigningRequest(csr), { ok: true, commonName: 'rpi4-2' })
    const rsa = join(folder, '..', 'rsa.key')
    const args = ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', rsa, '-subj', '/CN=x']
    const asked = openssl(t, args).replace(/^[^-]*(?=-----BEGIN)/, '')
    t.match(await readSigningRequest(asked), { ok: false, why: /curve P-256/ })
  })
})

t.test('a signing request is believed only with its own signature, by a key on P-256', async (t) => {
  const device = await newDevice('rpi4-1')
  t.match(await readSigningRequest(device.csr), {
    ok: true,
    publicKey: device.publicKey,
    commonName: 'rpi4-1',
  })
  const der = Buffer.from(device.csr.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
  const pem = (bytes: Buffer): string =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${bytes.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
  const bent = Buffer.from(der)
  bent[bent.indexOf('rpi4-1')] = 0x78
  const p384 = await newDevice('x', { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' })
  const rows: [what: string, csr: string, why: RegExp][] = [
    ['one whose name was changed on the way', pem(bent), /signature/],
    ['a key on another curve', p384.csr, /P-256/],
    ['half of one', pem(der.subarray(0, 100)), /cannot be read/],
    ['bytes', pem(Buffer.alloc(500, 0x30)), /cannot be read/],
    ['nothing', '', /no signing request/],
    ['a certificate', (await openAuthority(folderOf(t), 'home')).certificate, /no signing request/],
    ['far too much', pem(Buffer.alloc(9000)), /no signing request/],
  ]
  for (const [what, csr, why] of rows) t.match(await readSigningRequest(csr), { ok: false, why }, what)
})

t.test('both sides agree on a key for messages that nobody between them can work out', async (t) => {
  const folder = folderOf(t)
  const agreement = openAgreement(folder)
  const device = await newDevice()
  const secret = diffieHellman({
    privateKey: createPrivateKey(device.key),
    publicKey: createPublicKey(agreement.publicKey),
  })
  t.strictSame(agreement.secretWith(device.publicKey), secret)
  const keyOf = createMacKeys('home', () => agreement.secretWith(device.publicKey))
  t.ok(keyOf('rpi4-1')?.equals(macKeyFrom(secret, 'home', 'rpi4-1')))
  t.notOk(keyOf('rpi4-2')?.equals(macKeyFrom(secret, 'home', 'rpi4-1')), 'another name, another key')
  t.equal(openAgreement(folder).publicKey, agreement.publicKey, 'it is made once')
  t.equal(statSync(join(folder, 'agreement.key')).mode & 0o777, 0o600)
  writeFileSync(join(folder, 'agreement.key'), 'half of a key')
  t.throws(() => openAgreement(folder), {
    code: 'config-invalid',
    message: /agreement\.key: is no private key/,
  })
})

t.test('a book is read again when another program has written it', async (t) => {
  const file = join(folderOf(t), 'book.json')
  let now = 0
  const schema = Type.Object({ n: Type.Number() })
  const open = () => openBook<{ n: number }>(file, { empty: { n: 0 }, schema, now: () => now })
  const [mine, theirs] = [open(), open()]
  t.equal(mine.read().n, 0)
  theirs.write({ n: 12 })
  t.equal(mine.read().n, 0, 'not looked at again within the second')
  t.equal(mine.look().n, 12)
  theirs.write({ n: 345 })
  now += 1001
  t.equal(mine.read().n, 345)
  for (const [text, what] of [
    ['{"n":', /cannot be read as JSON: mend it/],
    ['secret words', /cannot be read as JSON: mend it/],
    ['["secret"]', /json: \/ is wrong, expected an object with n: mend it/],
    ['{}', /\/n is wrong, expected/],
    ['{"n":"secret"}', /\/n is wrong, expected a number/],
  ] as const) {
    writeFileSync(file, text)
    t.throws(open, { code: 'config-invalid', message: what }, 'at the start, too')
    t.throws(open, { message: /^(?!.*secret)/s }, 'what stands in it is told to nobody')
    t.equal(mine.look().n, 345, 'the broker goes on by what stood there')
    t.match(mine.fault(), what)
  }
  writeFileSync(file, '{"n":6789}')
  t.equal(mine.look().n, 6789)
  t.equal(mine.fault(), null)
  writeFileSync(file, 'somebody was here')
  mine.write({ n: 6789 })
  t.equal(readFileSync(`${file}.broken`, 'utf8'), 'somebody was here', 'what was broken is kept')
  t.equal(mine.fault(), null)
  rmSync(file)
  t.equal(mine.look().n, 6789, 'a book that is gone revokes nobody and lets nobody in')
  t.match(mine.fault(), /is not there any more; going on with what stood there/)
  mine.write({ n: mine.look().n + 1 })
  t.equal(theirs.look().n, 6790, 'the next change writes it anew')
  t.equal(mine.fault(), null)
})

t.test('a book of the trust folder that is not whole is no start', async (t) => {
  const good = { at: '2026-11-01T00:00:00Z', by: 'me' }
  for (const [name, text, where] of [
    ['nodes.json', { identities: { 'rpi4-1': { role: 'god' } }, gone: [] }, '/identities/rpi4-1'],
    ['nodes.json', { identities: {}, gone: [{ serial: 1 }] }, '/gone/0'],
    ['signing.json', { keys: [], endorsements: [], retired: [] }, '/keys'],
    [
      'nodes.json',
      { identities: {}, gone: [{ serial: 'a', notAfter: '2026-11-31Tx', revokedAt: good.at }] },
      '/gone/0/notAfter',
    ],
    [
      'approvers.json',
      {
        lists: [{ approvers: [{ name: 'alice', key: 'garbage' }], signature: null, at: good.at }],
        proposed: { approvers: [] },
      },
      '/lists/0/approvers/0/key',
    ],
    ['tokens.json', [{ id: 'x', revoked: good }], '/0'],
    ['enrolments.json', { open: [{}] }, '/open/0'],
    ['approvers.json', [], '/'],
    ['server.json', {}, '/'],
  ] as const) {
    const file = join(folderOf(t), name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(text))
    const reads = () => readBook(file, BOOKS[name])
    t.throws(
      reads,
      { code: 'config-invalid', message: new RegExp(`${name}: ${where}.* is wrong, expected`) },
      name,
    )
  }
})

t.test('the registry', async (t) => {
  const granted = (serial: string, at = NOW) => ({
    serial,
    notAfter: new Date(at + YEAR).toISOString(),
    publicKey: `key of ${serial}`,
    at,
  })
  const enrolled = (t: Test) => {
    const identities = openIdentities(folderOf(t))
    identities.enrol('rpi4-1', { ...granted('A1'), role: 'node', by: 'me' })
    return identities
  }

  t.test('admits an identity by its name and one of its serials', async (t) => {
    const identities = enrolled(t)
    t.match(identities.admits('rpi4-1', 'A1'), { identity: { role: 'node' } })
    t.match(identities.admits('rpi4-1', 'B2'), { refused: 'unknown-certificate' })
    t.match(identities.admits('rpi4-2', 'A1'), { refused: 'unknown-identity' })
    identities.enrol('rpi4-2', { ...granted('B2'), role: 'reader', by: 'me' })
    t.match(identities.admits('rpi4-1', 'B2'), { refused: 'unknown-certificate' }, 'somebody else’s')
    t.match(identities.admits('__proto__', 'B2'), { refused: 'unknown-identity' })
  })

  t.test('revokes though somebody broke its file, and keeps what was broken', async (t) => {
    const folder = folderOf(t)
    const identities = openIdentities(folder)
    identities.enrol('rpi4-1', { ...granted('A1'), role: 'node', by: 'me' })
    writeFileSync(join(folder, 'nodes.json'), '{bad')
    t.equal(identities.all().length, 1)
    t.ok(identities.revoke('rpi4-1', { at: NOW, by: 'me' }))
    t.match(openIdentities(folder).admits('rpi4-1', 'A1'), { refused: 'revoked-certificate' })
    t.equal(readFileSync(join(folder, 'nodes.json.broken'), 'utf8'), '{bad')
  })

  t.test('lets the old certificate count beside the renewed one', async (t) => {
    const identities = enrolled(t)
    identities.renew('rpi4-1', granted('A2', wallMs(NOW + days(243))))
    t.match(identities.admits('rpi4-1', 'A1'), { identity: {} })
    t.match(identities.get('rpi4-1'), { publicKey: 'key of A2', renewedAt: '2027-07-02T00:00:00.000Z' })
    identities.renew('rpi4-1', granted('A3', wallMs(NOW + days(400))))
    t.strictSame(
      identities.get('rpi4-1')?.certificates.map(({ serial }) => serial),
      ['A2', 'A3'],
      'what has expired is forgotten',
    )
  })

  t.test('takes everything away at once, and says so to whoever listens', async (t) => {
    const identities = enrolled(t)
    const changed: string[] = []
    identities.onChange((name) => changed.push(name))
    identities.renew('rpi4-1', granted('A2'))
    t.ok(identities.revoke('rpi4-1', { at: NOW, by: 'me' }))
    t.notOk(identities.revoke('rpi4-1', { at: NOW, by: 'me' }), 'once')
    t.notOk(identities.revoke('nobody', { at: NOW, by: 'me' }))
    for (const serial of ['A1', 'A2'])
      t.match(identities.admits('rpi4-1', serial), { refused: 'revoked-certificate' })
    t.strictSame(changed, ['rpi4-1', 'rpi4-1'])
    t.strictSame(
      identities.withdrawn(NOW).map(({ serial }) => serial),
      ['A1', 'A2'],
    )
    t.strictSame(identities.withdrawn(wallMs(NOW + days(366))), [], 'expired ones need no list')
  })

  t.test('gives a device that is enrolled again new certificates alone', async (t) => {
    const identities = enrolled(t)
    identities.revoke('rpi4-1', { at: NOW, by: 'me' })
    identities.enrol('rpi4-1', { ...granted('A2'), role: 'node', by: 'you' })
    t.match(identities.admits('rpi4-1', 'A1'), { refused: 'revoked-certificate' })
    t.match(identities.admits('rpi4-1', 'A2'), { identity: { revoked: null, by: 'you' } })
  })

  t.test('forgets whom it has revoked, but not the certificates', async (t) => {
    const identities = enrolled(t)
    t.notOk(identities.forget('rpi4-1'), 'not before it is revoked')
    identities.revoke('rpi4-1', { at: NOW, by: 'me' })
    t.ok(identities.forget('rpi4-1'))
    t.equal(identities.get('rpi4-1'), null)
    t.match(identities.withdrawn(NOW), [{ serial: 'A1' }])
  })

  t.test('finds one of 10,000 as quickly as one of ten', async (t) => {
    const folder = folderOf(t)
    const identities = openIdentities(folder)
    identities.enrol('n0', { ...granted('S0'), role: 'node', by: 'me' })
    const file = join(folder, 'nodes.json')
    const { identities: known } = JSON.parse(readFileSync(file, 'utf8')) as {
      identities: Record<string, { certificates: object[] }>
    }
    const many = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [
        `n${i}`,
        { ...known['n0'], certificates: [{ ...known['n0']?.certificates[0], serial: `S${i}` }] },
      ]),
    )
    writeFileSync(file, JSON.stringify({ identities: many, gone: [] }))
    const full = openIdentities(folder)
    full.admits('n1', 'S1')
    const begun = performance.now()
    for (let i = 0; i < 10_000; i++)
      if ('refused' in full.admits(`n${i}`, `S${i}`)) t.fail(`n${i} is not admitted`)
    t.ok(performance.now() - begun < 500, 'a microsecond each, and not a walk')
  })
})

t.test('an enrolment', async (t) => {
  const wanted = { id: 'e1', node: 'rpi4-1', role: 'node', by: 'me', lasts: minutes(10) } as const

  t.test('is good once, for its node, until it expires', async (t) => {
    const enrolments = openEnrolments(folderOf(t))
    const { token, enrolment } = enrolments.open(wanted, NOW)
    t.equal(enrolment.expiresAt, '2026-11-01T00:10:00.000Z')
    const claim = (node: string | null, later: number, which = token, publicKey = 'its key') =>
      enrolments.claim({ token: which, node, publicKey }, wallMs(NOW + later))
    t.strictSame(claim(null, 0, 'guess'), { refused: 'unknown-token', node: null })
    t.strictSame(claim('rpi4-2', 0), { refused: 'wrong-node', node: 'rpi4-1' })
    t.strictSame(claim(null, 600_000), { refused: 'expired-token', node: 'rpi4-1' })
    const first = claim('rpi4-1', 599_999)
    t.match(first, { again: false, enrolment: { id: 'e1', node: 'rpi4-1', role: 'node' } })
    t.strictSame(claim('rpi4-1', 599_999, token, 'another'), { refused: 'used-token', node: 'rpi4-1' })
    t.match(claim('rpi4-1', 599_999), { again: true }, 'for who has it')
    t.strictSame(claim('rpi4-1', 600_000), { refused: 'used-token', node: 'rpi4-1' })
    if ('undo' in first) first.undo()
    t.match(claim(null, 0), { enrolment: { id: 'e1' } }, 'nothing came of it')
  })

  t.test('keeps the token nowhere', async (t) => {
    const folder = folderOf(t)
    const enrolments = openEnrolments(folder)
    const { token } = enrolments.open(wanted, NOW)
    t.notMatch(readFileSync(join(folder, 'enrolments.json'), 'utf8'), token)
    t.notMatch(JSON.stringify(enrolments.all()), token)
    t.match(token, /^ih_[\w-]{43}$/, 'no option to any program')
  })

  t.test('can be taken back', async (t) => {
    const enrolments = openEnrolments(folderOf(t))
    const { token } = enrolments.open(wanted, NOW)
    t.match(enrolments.withdraw('e1'), { node: 'rpi4-1' })
    t.equal(enrolments.withdraw('e1'), null)
    t.match(enrolments.claim({ token, node: null, publicKey: 'key' }, NOW), { refused: 'unknown-token' })
  })

  t.test('is forgotten a month after it has expired', async (t) => {
    const enrolments = openEnrolments(folderOf(t))
    enrolments.open(wanted, NOW)
    enrolments.open({ ...wanted, id: 'e2' }, wallMs(NOW + days(20)))
    t.equal(enrolments.all().length, 2)
    enrolments.open({ ...wanted, id: 'e3' }, wallMs(NOW + days(31)))
    t.strictSame(
      enrolments.all().map(({ id }) => id),
      ['e3', 'e2'],
    )
  })
})

t.test('a number to sign is good for a minute, once, and from nobody else', async (t) => {
  let now = 0
  const nonces = createNonces(() => now)
  const [first, second] = [nonces.make(), nonces.make()]
  t.not(first, second)
  t.ok(nonces.use(first))
  t.notOk(nonces.use(first), 'once')
  t.notOk(nonces.use(createNonces(() => now).make()), 'made by another process')
  for (const odd of ['', 'x', first.slice(1), `${first}A`, '='.repeat(54)]) t.notOk(nonces.use(odd), odd)
  now += 60_001
  t.notOk(nonces.use(second), 'a minute later')
})

t.test('whoever fails has to wait, longer each time, and nobody else does', async (t) => {
  let now = 0
  const attempts = createAttempts(() => now)
  const waits: number[] = []
  for (let i = 0; i < 12; i++) {
    attempts.failed('10.0.0.9')
    waits.push(attempts.waitMs('10.0.0.9') / 1000)
  }
  t.strictSame(waits, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60])
  t.equal(attempts.waitMs('10.0.0.8'), 0)
  now += 59_000
  t.equal(attempts.waitMs('::ffff:10.0.0.9'), 1000)
  now += 600_000
  t.equal(attempts.waitMs('10.0.0.9'), 0, 'it is forgotten')
  for (const source of ['2001:db8::1', '2001:db8:0:0:9::7', '2001:0db8::2']) attempts.failed(source)
  t.ok(attempts.waitMs('2001:db8::3') > 0, 'a whole network of addresses is one source')
  t.equal(attempts.waitMs('2001:db8:0:1::3'), 0)
  attempts.succeeded('2001:db8::4')
  t.equal(attempts.waitMs('2001:db8::3'), 0)
})

t.test('the server’s certificate is made once, and anew when names or time ask for it', async (t) => {
  const folder = folderOf(t)
  const authority = await openAuthority(folder, 'home')
  let now = NOW
  const of = (...names: string[]) =>
    serverCertificate(folder, authority, { names, life: YEAR, now: () => now })
  const first = await of('router.lan', '10.10.0.1')()
  const leaf = new X509Certificate(first.cert)
  t.equal(leaf.subject, 'CN=coordinator\nO=home')
  t.match(leaf.subjectAltName, /DNS:coordinator.*DNS:localhost.*DNS:router\.lan/)
  t.match(leaf.subjectAltName, /IP Address:10\.10\.0\.1.*IP Address:127\.0\.0\.1.*IP Address:0:0:0:0:0:0:0:1/)
  t.strictSame(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
  t.ok(leaf.checkPrivateKey(createPrivateKey(first.key)))
  t.ok(first.cert.endsWith(authority.certificate), 'the authority comes with it')
  t.same(await of('10.10.0.1', 'router.lan')(), first, 'the same names in another order')
  now = wallMs(NOW + days(243))
  t.same(await of('router.lan', '10.10.0.1')(), first, 'two thirds of its life are not over')
  now = wallMs(NOW + days(244))
  const second = await of('router.lan', '10.10.0.1')()
  t.not(second.cert, first.cert)
  t.not((await of('other.lan')()).cert, second.cert, 'other names')
})

t.test('the mirror', async (t) => {
  const kv = (): {
    get: (k: string) => Promise<string | null>
    set: (k: string, v: string | null) => Promise<void>
    map: Map<string, string>
  } => {
    const map = new Map<string, string>()
    return {
      map,
      get: async (key) => map.get(key) ?? null,
      set: async (key, value) => void (value === null ? map.delete(key) : map.set(key, value)),
    }
  }

  t.test('brings a lost folder back as it was, from the database alone', async (t) => {
    const [folder, store, clock] = [folderOf(t), kv(), fakeClock()]
    const authority = await openAuthority(folder, 'home')
    openAgreement(folder)
    const mirror = keepMirror(folder, { site: 'home', store, clock, log: () => {} })
    await mirror.save()
    mirror.stop()
    const other = folderOf(t)
    t.strictSame(await restoreTrust(other, store), ['agreement.key', 'authority.key', 'authority.pem'])
    t.equal((await openAuthority(other, 'home')).fingerprint, authority.fingerprint)
    for (const name of readdirSync(other)) t.equal(statSync(join(other, name)).mode & 0o777, 0o600, name)
    t.strictSame(await restoreTrust(other, store), [], 'a folder that has something is left alone')
  })

  t.test('keeps what somebody deleted by mistake', async (t) => {
    const [folder, store, clock] = [folderOf(t), kv(), fakeClock()]
    await openAuthority(folder, 'home')
    const mirror = keepMirror(folder, { site: 'home', store, clock, log: () => {} })
    t.teardown(() => mirror.stop())
    await mirror.save()
    rmSync(join(folder, 'authority.key'))
    await mirror.save()
    rmSync(join(folder, 'authority.pem'))
    await mirror.save()
    t.strictSame(await restoreTrust(folder, store), ['authority.key', 'authority.pem'])
  })

  t.test('keeps a book as it was before somebody broke it', async (t) => {
    const [folder, store, clock] = [folderOf(t), kv(), fakeClock()]
    const identities = openIdentities(folder)
    identities.enrol('rpi4-1', {
      serial: 'A1',
      notAfter: new Date(NOW + YEAR).toISOString(),
      publicKey: 'k',
      at: NOW,
      role: 'node',
      by: 'me',
    })
    const mirror = keepMirror(folder, { site: 'home', store, clock, log: () => {} })
    t.teardown(() => mirror.stop())
    await mirror.save()
    openAgreement(folder)
    await mirror.save()
    for (const [name, bad] of [
      ['nodes.json', '{'],
      ['nodes.json', '{"identities":[]}'],
      ['agreement.key', 'half of a key'],
    ] as const) {
      writeFileSync(join(folder, name), bad)
      await mirror.save()
    }
    writeFileSync(join(folder, 'forget-the-copy'), '')
    const forgets = forgetCopy(folder, { store, site: 'home' })
    await t.rejects(forgets, {
      code: 'config-invalid',
      message: /agreement\.key is broken: mend it or take it away/,
    })
    t.ok(store.map.has('trust'), 'the only good one is not forgotten')
    rmSync(folder, { recursive: true })
    await restoreTrust(folder, store)
    t.match(openIdentities(folder).admits('rpi4-1', 'A1'), { identity: {} })
    t.ok(openAgreement(folder).publicKey)
  })

  t.test('keeps lists of approvers as they were before somebody wrote one that nobody signed', async (t) => {
    const [folder, store, clock] = [folderOf(t), kv(), fakeClock()]
    const approvers = openApprovers(folder, 'home')
    approvers.add('alice', KEY, '2026-11-01T00:00:00Z')
    const mirror = keepMirror(folder, { site: 'home', store, clock, log: () => {} })
    t.teardown(() => mirror.stop())
    await mirror.save()
    const file = join(folder, 'approvers.json')
    const book = JSON.parse(readFileSync(file, 'utf8')) as { lists: object[] }
    writeFileSync(file, JSON.stringify({ ...book, lists: [...book.lists, ...book.lists] }))
    t.throws(() => openApprovers(folder, 'home'), {
      code: 'config-invalid',
      message: /list 2 is not signed.*put it back/,
    })
    await mirror.save()
    rmSync(folder, { recursive: true })
    await restoreTrust(folder, store)
    t.match(openApprovers(folder, 'home').list(), [{ name: 'alice' }])
  })

  t.test('never mixes the keys of two homes, whichever of them came first', async (t) => {
    const home = async (make: (folder: string) => unknown) => {
      const folder = folderOf(t)
      await make(folder)
      return folder
    }
    const at = '2026-11-01T00:00:00Z'
    const whole = async (folder: string): Promise<void> => {
      await openAuthority(folder, 'home')
      openAgreement(folder)
      openSigningKeys(folder, { site: 'home', at })
      const granted = { serial: 'A1', notAfter: new Date(NOW + YEAR).toISOString(), publicKey: 'k', at: NOW }
      openIdentities(folder).enrol('rpi4-1', { ...granted, role: 'node', by: 'me' })
    }
    const old = await home(whole)
    const rows: [what: string, folder: string, files: RegExp][] = [
      [
        'node add was run before the first start',
        await home((folder) => openSigningKeys(folder, { site: 'home', at })),
        /authority\.key is missing.*authority\.pem is missing.*nodes\.json is missing.*signing\.json is not of/,
      ],
      [
        'mosquitto was run before the first start',
        await home((folder) => openAuthority(folder, 'home')),
        /authority\.key is not of the home.*authority\.pem is not of.*signing\.json is missing/,
      ],
      [
        'approver add was run before the first start',
        await home((folder) => {
          openApprovers(folder, 'home').add('alice', KEY, at)
        }),
        /authority\.key is missing, and the database keeps a copy of it/,
      ],
      ['it ran there before the backup was put in', await home(whole), /authority\.pem is not of the home/],
      [
        'the authority was deleted by mistake',
        await home((folder) => {
          cpSync(old, folder, { recursive: true })
          rmSync(join(folder, 'authority.key'))
        }),
        /^\S+authority\.key is missing[^;]*: to have/,
      ],
      [
        'the registry was deleted by mistake',
        await home((folder) => {
          cpSync(old, folder, { recursive: true })
          rmSync(join(folder, 'nodes.json'))
        }),
        /^\S+nodes\.json is missing/,
      ],
    ]
    for (const [what, folder, files] of rows) {
      const [store, clock] = [kv(), fakeClock()]
      const saved = keepMirror(old, { site: 'home', store, clock, log: () => {} })
      await saved.save()
      saved.stop()
      const copy = store.map.get('trust')
      const before = readFolder(folder)
      const restored = restoreTrust(folder, store)
      await t.rejects(restored, { code: 'config-invalid', message: files }, what)
      await t.rejects(restored, { message: /move \S+ away; .*forget-the-copy; then start again/ }, what)
      t.strictSame(readFolder(folder), before, 'nothing is changed')
      t.equal(store.map.get('trust'), copy, 'nothing is lost')

      const aside = `${folder}.aside`
      renameSync(folder, aside)
      await restoreTrust(folder, store)
      t.strictSame(readFolder(folder), readFolder(old), 'the one way out')
      rmSync(folder, { recursive: true })
      renameSync(aside, folder)
      writeFileSync(join(folder, 'forget-the-copy'), '')
      t.ok(await forgetCopy(folder, { store, site: 'home' }))
      t.notOk(await forgetCopy(folder, { store, site: 'home' }))
      t.strictSame(await restoreTrust(folder, store), [])
      t.strictSame(readFolder(folder), before, 'the other way out')
      t.notOk(store.map.has('trust'))
    }
  })

  t.test('is not written over with another authority while the coordinator runs', async (t) => {
    const [folder, store, clock] = [folderOf(t), kv(), fakeClock()]
    await openAuthority(folder, 'home')
    const said: unknown[] = []
    const log = (_level: string, _sentence: string, fields: object = {}) => void said.push(fields)
    const mirror = keepMirror(folder, { site: 'home', store, clock, log })
    t.teardown(() => mirror.stop())
    await mirror.save()
    const copy = store.map.get('trust')
    rmSync(folder, { recursive: true })
    await openAuthority(folder, 'home')
    await clock.advance(seconds(5))
    t.match(said, [{ error: /authority\.key is not of the home whose keys the database keeps/ }])
    t.equal(store.map.get('trust'), copy)
  })

  t.test('leaves what may change to the folder', async (t) => {
    const [folder, store, clock] = [folderOf(t), kv(), fakeClock()]
    await openAuthority(folder, 'home')
    openAgreement(folder)
    const signing = openSigningKeys(folder, { site: 'home', at: '2026-11-01T00:00:00Z' })
    const mirror = keepMirror(folder, { site: 'home', store, clock, log: () => {} })
    await mirror.save()
    mirror.stop()
    signing.prepare('2026-11-02T00:00:00Z')
    signing.retire()
    t.strictSame(await restoreTrust(folder, store), [])
    for (const agreement of ['gone', 'another']) {
      rmSync(join(folder, 'agreement.key'), { force: true })
      if (agreement === 'another') openAgreement(folder)
      t.strictSame(await restoreTrust(folder, store), [], 'its owner may replace that key')
    }
  })

  t.test('fills a folder so that a power cut in the middle shows at the next start', async (t) => {
    const [folder, store, clock] = [folderOf(t), kv(), fakeClock()]
    openSigningKeys(folder, { site: 'home', at: '2026-11-01T00:00:00Z' })
    openAgreement(folder)
    writeFileSync(join(folder, 'tokens.json'), '[]')
    const mirror = keepMirror(folder, { site: 'home', store, clock, log: () => {} })
    await mirror.save()
    mirror.stop()
    const other = folderOf(t)
    mkdirSync(join(other, 'signing.json.new'), { recursive: true })
    await t.rejects(restoreTrust(other, store))
    t.strictSame(readdirSync(other).sort(), ['agreement.key', 'signing.json.new', 'tokens.json'])
    await t.rejects(restoreTrust(other, store), { message: /signing\.json is missing/ })
  })

  t.test('has nothing to restore from a new database', async (t) => {
    t.strictSame(await restoreTrust(folderOf(t), kv()), [])
  })

  t.test('follows every change within seconds, and writes nothing when there is none', async (t) => {
    const [folder, store, clock] = [folderOf(t), kv(), fakeClock()]
    const identities = openIdentities(folder)
    let writes = 0
    const counting = {
      get: store.get,
      set: async (key: string, value: string | null) => {
        writes += 1
        await store.set(key, value)
      },
    }
    const mirror = keepMirror(folder, { site: 'home', store: counting, clock, log: () => {} })
    t.teardown(() => mirror.stop())
    await mirror.save()
    await clock.advance(minutes(1))
    t.equal(writes, 0, 'an empty folder is no bundle')
    const granted = { serial: 'A1', notAfter: new Date(NOW + YEAR).toISOString(), publicKey: 'k', at: NOW }
    identities.enrol('rpi4-1', { ...granted, role: 'node', by: 'me' })
    await clock.advance(seconds(5))
    t.match(store.map.get('trust'), /rpi4-1/)
    await clock.advance(hours(1))
    t.equal(writes, 1)
  })

  t.test('says when the database cannot take it, and tries again', async (t) => {
    const [folder, clock] = [folderOf(t), fakeClock()]
    openAgreement(folder)
    const said: string[] = []
    let full = true
    const store = {
      get: async () => null,
      set: async () => {
        if (full) throw new Error('no space')
      },
    }
    const mirror = keepMirror(folder, {
      site: 'home',
      store,
      clock,
      log: (level, sentence) => said.push(`${level}: ${sentence}`),
    })
    t.teardown(() => mirror.stop())
    await clock.advance(seconds(5))
    t.strictSame(said, ['error: the database cannot keep a copy of the keys'])
    full = false
    await clock.advance(seconds(5))
    await mirror.save()
    t.equal(said.length, 1)
  })
})

t.test('the desk', async (t) => {
  const from = { source: '10.10.0.50', host: '10.10.0.1' }
  const deskOf = (t: Test) => {
    const folder = folderOf(t)
    const clock = fakeClock(NOW)
    const identities = openIdentities(folder)
    const journal: Request[] = []
    const secrets = new Set(['plain-1'])
    const state = { broker: true, disk: true, onRecord: async (_request: Request): Promise<void> => {} }
    let opened: ReturnType<typeof openAuthority> | null = null
    const authority = () => (opened ??= openAuthority(folder, 'home'))
    const record = async (request: Request): Promise<void> => {
      journal.push(request)
      if (!state.disk) throw new Error('no space')
      await state.onRecord(request)
    }
    const desk = testDesk(folder, clock, record, {
      authority,
      identities,
      places: (host) => ({
        broker: state.broker ? { host, port: 8883 } : null,
        coordinator: { https: `https://${host}:8470` },
      }),
      removeSecret: (node) => secrets.delete(node),
    })
    return { desk, identities, journal, clock, state, secrets, authority }
  }
  const open = (desk: Desk, node = 'rpi4-1') =>
    desk.open({ node, role: 'node', by: 'me', lasts: minutes(10) }, from.host)
  const enrol = async (desk: Desk, device: NewDevice) => {
    const { token } = await open(desk)
    const grant = await desk.redeem({ token, node: null, csr: device.csr }, from)
    if ('refused' in grant) throw new Error(grant.detail)
    return grant
  }
  const renewal = (desk: Desk, device: NewDevice, certificate: string, csr = device.csr) => {
    const nonce = desk.challenge()
    return { certificate, csr, nonce, signature: device.prove(nonce, csr) }
  }

  t.test(
    'gives a line to paste that pins the authority, and the certificate to whoever pastes it',
    async (t) => {
      const { desk, journal, identities, authority } = deskOf(t)
      const opened = await open(desk)
      const { fingerprint, certificate } = await authority()
      t.equal(
        opened.lines.pi,
        `sudo infra-home-agent enrol --at https://10.10.0.1:8470 --authority ${fingerprint} --token ${opened.token}`,
      )
      const reader = await desk.open(
        { node: 'ears', role: 'reader', by: 'me', lasts: minutes(10) },
        from.host,
      )
      t.match(reader.lines.pi, /^infra-home-agent enrol .* --state ears$/, 'beside no agent’s files')
      journal.pop()
      const device = await newDevice('whatever it calls itself')
      const grant = await desk.redeem({ token: opened.token, node: 'rpi4-1', csr: device.csr }, from)
      t.match(grant, {
        site: 'home',
        node: 'rpi4-1',
        authority: certificate,
        signingKeys: ['ed25519:key'],
        broker: { host: '10.10.0.1', port: 8883 },
        issuedAt: '2026-11-01T00:00:00.000Z',
      })
      if ('refused' in grant) return t.fail(grant.detail)
      const issued = new X509Certificate(grant.certificate)
      t.equal(issued.subject, 'CN=rpi4-1\nO=home', 'our name for it, not its own')
      t.match(identities.admits('rpi4-1', issued.serialNumber), { identity: { by: 'me' } })
      t.match(journal, [
        { request: 'open-enrolment', node: 'rpi4-1', by: 'me' },
        { request: 'enrol', node: 'rpi4-1', serial: issued.serialNumber, by: 'rpi4-1' },
      ])
      t.notMatch(JSON.stringify(journal), opened.token)
    },
  )

  t.test('gives one certificate for one token, however many ask at once', async (t) => {
    const { desk } = deskOf(t)
    const { token } = await open(desk)
    const devices = await Promise.all([newDevice(), newDevice(), newDevice()])
    const answers = await Promise.all(devices.map(({ csr }) => desk.redeem({ token, node: null, csr }, from)))
    t.equal(answers.filter((answer) => 'certificate' in answer).length, 1)
    t.equal(answers.filter((answer) => 'refused' in answer && answer.refused === 'used-token').length, 2)
  })

  t.test(
    'gives a device whose answer got lost another, in its time and as long as nothing was revoked',
    async (t) => {
      const { desk, identities, journal, clock } = deskOf(t)
      const { token } = await open(desk)
      const [device, thief] = [await newDevice(), await newDevice()]
      const ask = ({ csr }: NewDevice) => desk.redeem({ token, node: null, csr }, from)
      const serials = []
      for (let i = 0; i < 2; i++) {
        const answer = await ask(device)
        if ('certificate' in answer) serials.push(new X509Certificate(answer.certificate).serialNumber)
      }
      t.equal(new Set(serials).size, 2)
      for (const serial of serials)
        t.match(identities.admits('rpi4-1', serial), { identity: {} }, 'both count')
      t.equal(journal.filter(({ request }) => request === 'enrol').length, 2)
      t.match(await ask(thief), { refused: 'used-token' })
      await desk.revoke('rpi4-1', 'me')
      t.match(await ask(device), { refused: 'used-token' })
      await clock.advance(days(31))
      t.match(await ask(device), { refused: 'used-token' })
    },
  )

  t.test('lets nothing come of a line whose node is revoked while its certificate is made', async (t) => {
    const { desk, identities, journal, state } = deskOf(t)
    const [mine, other] = [await open(desk), await open(desk, 'rpi4-2')]
    const [device, second] = [await newDevice(), await newDevice()]
    state.onRecord = async ({ request }) => {
      state.onRecord = async () => {}
      if (request === 'enrol') await desk.revoke('rpi4-1', 'me')
    }
    const answer = desk.redeem({ token: mine.token, node: null, csr: device.csr }, from)
    t.match(await answer, { refused: 'revoked-identity' })
    t.match(journal.at(-2), { request: 'revoke-node', node: 'rpi4-1' }, 'and is on record')
    t.equal(identities.get('rpi4-1'), null)
    t.match(await desk.redeem({ token: mine.token, node: null, csr: device.csr }, from), {
      refused: 'used-token',
    })
    t.match(await desk.redeem({ token: other.token, node: null, csr: second.csr }, from), { node: 'rpi4-2' })
  })

  t.test('of a node that is revoked no open line is left', async (t) => {
    const { desk, journal } = deskOf(t)
    const [mine, other] = [await open(desk), await open(desk, 'rpi4-2')]
    t.equal(await desk.revoke('rpi4-1', 'me'), 'revoked')
    t.match(journal.slice(-2), [{ request: 'withdraw-enrolment', by: 'me' }, { request: 'revoke-node' }])
    const { csr } = await newDevice()
    t.match(await desk.redeem({ token: mine.token, node: null, csr }, from), { refused: 'unknown-token' })
    t.match(await desk.redeem({ token: other.token, node: null, csr }, from), { node: 'rpi4-2' })
  })

  t.test('keeps a token that came with a bad request, or while the disk was full', async (t) => {
    const { desk, state } = deskOf(t)
    const { token } = await open(desk)
    const { csr } = await newDevice()
    t.match(await desk.redeem({ token, node: null, csr: 'nonsense' }, from), {
      refused: 'bad-signing-request',
    })
    state.disk = false
    await t.rejects(desk.redeem({ token, node: null, csr }, from))
    state.disk = true
    t.match(await desk.redeem({ token, node: null, csr }, from), { node: 'rpi4-1' })
  })

  t.test('sends nobody away with a certificate for a broker that is not there', async (t) => {
    const { desk, state } = deskOf(t)
    state.broker = false
    const { token, warnings } = await open(desk)
    t.match(warnings, [/broker\.tls/])
    const { csr } = await newDevice()
    t.match(await desk.redeem({ token, node: null, csr }, from), { refused: 'no-broker' })
    state.broker = true
    t.match(await desk.redeem({ token, node: null, csr }, from), { node: 'rpi4-1' })
  })

  t.test('renews for whoever has the key, an expired certificate too', async (t) => {
    const { desk, journal, clock, identities } = deskOf(t)
    const device = await newDevice()
    const first = await enrol(desk, device)
    await clock.advance(days(500))
    const second = await desk.renew(renewal(desk, device, first.certificate), from)
    t.match(second, { node: 'rpi4-1', issuedAt: '2028-03-15T00:00:00.000Z' })
    t.match(journal.at(-1), { request: 'renew', node: 'rpi4-1', expired: true, by: 'rpi4-1' })
    t.equal(identities.get('rpi4-1')?.certificates.length, 1)
  })

  t.test('lets a device renew again whose answer was lost on the way', async (t) => {
    const { desk, clock } = deskOf(t)
    const device = await newDevice()
    const first = await enrol(desk, device)
    for (const later of [days(300), days(100), days(400), days(400)]) {
      await clock.advance(later)
      t.match(await desk.renew(renewal(desk, device, first.certificate), from), { node: 'rpi4-1' })
    }
  })

  t.test('refuses every other renewal, with its reason, on record', async (t) => {
    const { desk, journal, clock } = deskOf(t)
    const [device, thief] = [await newDevice(), await newDevice()]
    const { certificate } = await enrol(desk, device)
    const foreign = await enrol(deskOf(t).desk, device)
    const refusedFor = async (asked: Parameters<Desk['renew']>[0]): Promise<string> => {
      const answer = await desk.renew(asked, from)
      t.match(journal.at(-1), { request: 'refuse-identity', during: 'renewal', source: '10.10.0.50' })
      return 'refused' in answer ? answer.refused : 'given'
    }
    const good = renewal(desk, device, certificate)
    t.equal(await refusedFor({ ...good, nonce: 'guess' }), 'stale-nonce')
    t.equal(await refusedFor({ ...renewal(desk, device, certificate), csr: thief.csr }), 'bad-proof')
    t.equal(await refusedFor(renewal(desk, thief, certificate)), 'bad-proof')
    t.equal(await refusedFor(renewal(desk, device, foreign.certificate)), 'unknown-certificate')
    t.equal(await refusedFor(renewal(desk, device, 'nonsense')), 'unknown-certificate')
    t.equal(await refusedFor(renewal(desk, device, certificate, 'nonsense')), 'bad-signing-request')
    const late = renewal(desk, device, certificate)
    await clock.advance(seconds(61))
    t.equal(await refusedFor(late), 'stale-nonce')
    const next = await newDevice()
    t.match(await desk.renew(renewal(desk, device, certificate, next.csr), from), { node: 'rpi4-1' })
    await clock.advance(days(366))
    t.equal(await refusedFor(renewal(desk, device, certificate)), 'superseded-certificate')
  })

  t.test('never renews what was revoked', async (t) => {
    const { desk, journal } = deskOf(t)
    const device = await newDevice()
    const { certificate } = await enrol(desk, device)
    t.equal(await desk.revoke('rpi4-1', 'me'), 'revoked')
    t.match(journal.at(-1), { request: 'revoke-node', node: 'rpi4-1', by: 'me' })
    t.match(await desk.renew(renewal(desk, device, certificate), from), { refused: 'revoked-identity' })
    t.equal(await desk.revoke('rpi4-1', 'me'), 'was-revoked')
    t.equal(await desk.revoke('rpi4-9', 'me'), 'had-nothing')
  })

  t.test('gives no more than sixteen certificates that count at once', async (t) => {
    const { desk } = deskOf(t)
    const device = await newDevice()
    let { certificate } = await enrol(desk, device)
    for (let i = 1; i < 16; i++) {
      const answer = await desk.renew(renewal(desk, device, certificate), from)
      if ('certificate' in answer) certificate = answer.certificate
    }
    t.match(await desk.renew(renewal(desk, device, certificate), from), { refused: 'too-many-certificates' })
  })

  t.test('gives who could not keep its new certificate the same again, however often it asks', async (t) => {
    const { desk, identities } = deskOf(t)
    const device = await newDevice()
    const { certificate } = await enrol(desk, device)
    const given = new Set<unknown>()
    for (let i = 0; i < 20; i++) {
      const answer = await desk.renew(renewal(desk, device, certificate), from)
      given.add('certificate' in answer ? answer.certificate : answer.refused)
    }
    t.match([...given], [/BEGIN CERTIFICATE/])
    t.equal(identities.get('rpi4-1')?.certificates.length, 2)
  })

  t.test('revokes a plain secret as it does a certificate', async (t) => {
    const { desk, secrets } = deskOf(t)
    t.equal(await desk.revoke('plain-1', 'me'), 'revoked')
    t.equal(secrets.size, 0)
  })

  t.test('gives out nothing that will have expired when the coordinator learns the time', async (t) => {
    const { desk, clock } = deskOf(t)
    await enrol(desk, await newDevice())
    clock.stepWall(milliseconds(0 - NOW))
    const { token } = await open(desk, 'rpi4-2')
    const grant = await desk.redeem({ token, node: null, csr: (await newDevice()).csr }, from)
    t.match(grant, { issuedAt: '2026-11-01T00:00:00.000Z' }, 'not in 1970')
  })

  t.test('does not let strangers fill the journal', async (t) => {
    const { desk, journal, clock } = deskOf(t)
    for (let i = 0; i < 150; i++) await desk.redeem({ token: 'guess', node: null, csr: 'x' }, from)
    t.equal(journal.length, 100)
    await clock.advance(hours(1))
    await desk.redeem({ token: 'guess', node: null, csr: 'x' }, from)
    t.equal(journal.length, 101)
  })
})

t.test('servers show a renewed certificate without a restart', async (t) => {
  const [folder, clock] = [folderOf(t), fakeClock()]
  const authority = await openAuthority(folder, 'home')
  const other = await openAuthority(folderOf(t), 'elsewhere')
  const files = { certFile: join(folder, '..', 'given.pem'), keyFile: join(folder, '..', 'given.key') }
  const give = async (name: string, mtime: number): Promise<void> => {
    const { key, publicKey } = await newDevice()
    const wish = { name, publicKey, notAfter: wallMs(Date.now() + YEAR), serverNames: ['127.0.0.1', name] }
    writeFileSync(files.keyFile, key)
    writeFileSync(files.certFile, (await other.issue(wish)).certificate)
    utimesSync(files.certFile, mtime, mtime)
  }
  await give('first.example', 1000)
  const life = days(30)
  const own = serverCertificate(folder, authority, { names: [], life, now: () => clock.now().wall })
  const certificates = keepCertificates(own, files, { clock, log: () => {} })
  t.teardown(() => certificates.stop())
  const server = createServer((_request, answer) => answer.end('fine'))
  const doors = openDoors(server, { certificates, insecure: false })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    doors.close()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const shown = (servername: string): Promise<X509Certificate> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false }, () => {
        resolve(new X509Certificate(socket.getPeerCertificate().raw))
        socket.destroy()
      })
      socket.once('error', reject)
    })
  t.match((await shown('first.example')).subject, 'CN=first.example')
  const ours = await shown('coordinator')
  t.match(ours.subject, 'CN=coordinator', 'devices get the one that they can check')
  t.ok(authority.signed(ours))

  await give('second.example', 2000)
  await clock.advance(minutes(1))
  await eventually('the other certificate', async () => /second/.test((await shown('x.example')).subject))
  clock.stepWall(days(21))
  await clock.advance(minutes(1))
  await eventually('a renewed one of ours', async () => {
    return (await shown('coordinator')).serialNumber !== ours.serialNumber
  })
})

t.test('a meter counts packets and measures them by their heads, however they are cut', async (t) => {
  const allowance = {
    packets: { burst: 3, perSecond: 1 },
    bytes: { burst: 700_000, perSecond: 1000 },
    packetBytes: 300_000,
  }
  const packet = (length: number): Buffer => {
    const head = [0x30]
    let rest = length
    do {
      head.push((rest % 128) | (rest >= 128 ? 0x80 : 0))
      rest = Math.floor(rest / 128)
    } while (rest > 0)
    return Buffer.concat([Buffer.from(head), Buffer.alloc(length, 0xff)])
  }
  const feed = (bytes: Buffer, cut: number): string => {
    const measure = createMeter(allowance, 0)
    for (let i = 0; i < bytes.length; i += cut) {
      const excess = measure(bytes.subarray(i, i + cut), 0)
      if (excess) return excess
    }
    return 'fine'
  }
  for (const cut of [1, 2, 3, 7, 1000, 1_000_000]) {
    t.equal(feed(Buffer.concat([packet(0), packet(200), packet(20_000)]), cut), 'fine', `cut at ${cut}`)
    t.equal(feed(Buffer.concat([packet(0), packet(200), packet(2), packet(0)]), cut), 'flood', `${cut}`)
    t.equal(feed(Buffer.concat([packet(127), packet(128), packet(300_001)]), cut), 'too-large', `${cut}`)
    t.equal(feed(packet(300_000), cut), 'fine')
    t.equal(feed(Buffer.concat([packet(300_000), packet(300_000), packet(100_000)]), cut), 'fine')
    t.equal(
      feed(Buffer.concat([packet(300_000), packet(300_000), packet(100_001)]), cut),
      'flood',
      'of bytes',
    )
    t.equal(feed(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), cut), 'too-large', 'by its head alone')
  }
  const measure = createMeter(allowance, 0)
  for (let second = 0; second < 100; second++)
    t.equal(measure(packet(1000), second * 1000), null, 'within its allowance for ever')
})

t.test(
  'what is written in one turn goes out together, in order, and nothing is held back after it',
  async (t) => {
    const segments: string[] = []
    const stream = new Duplex({
      read() {},
      writev(chunks, done) {
        segments.push(chunks.map(({ chunk }) => String(chunk)).join(''))
        done()
      },
    })
    gatherWrites(stream)
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
    for (const text of ['a', 'b', 'c']) stream.write(text)
    t.same(segments, [])
    await turn()
    t.same(segments, ['abc'])
    stream.cork() // as mqtt-packet does around each packet
    stream.write('d')
    stream.uncork()
    stream.write('e')
    await turn()
    t.same(segments, ['abc', 'de'])
    stream.write('f')
    stream.end('g')
    t.same(segments, ['abc', 'de', 'fg'], 'an end does not wait')
    await turn()
    stream.destroy()
    await turn()
    t.same(segments, ['abc', 'de', 'fg'])
  },
)

t.test('who opens connections and says nothing takes its own share of the room alone', async (t) => {
  const room = limitHandshakes({ perSource: 2, total: 3 })
  const first = room.begin('a')
  t.ok(first)
  t.ok(room.begin('a'))
  t.equal(room.begin('a'), null)
  t.ok(room.begin('b'))
  t.equal(room.begin('c'), null, 'all of it is taken')
  first?.()
  first?.()
  t.ok(room.begin('c'))
  t.equal(room.begin('b'), null)
})

t.test('the coordinator’s own certificates are watched', async (t) => {
  const stateDir = t.testdir({ 'empty.pem': '' })
  const folder = trustFolder(stateDir)
  const authority = await openAuthority(folder, 'home')
  const make = async (file: string, life: DurationMs) => {
    const [device, notAfter] = [await newDevice(), wallMs(NOW + life)]
    const { certificate } = await authority.issue({ name: 'home', publicKey: device.publicKey, notAfter })
    writeFileSync(join(stateDir, file), certificate)
  }
  await make('good.pem', days(15))
  await make('ending.pem', days(13))
  const of = (certFile: string, later = days(0)): string | null => {
    const config = { stateDir, http: { tls: { certFile, keyFile: 'key.pem' } } }
    return endingCertificates(certificateFiles({ config, stateDir }, stateDir), wallMs(NOW + later))
  }
  t.equal(of('good.pem'), null)
  t.equal(of('ending.pem'), `the certificate in ${stateDir}/ending.pem ends 2026-11-14`)
  t.equal(of('ending.pem', days(14)), `the certificate in ${stateDir}/ending.pem ended 2026-11-14`)
  t.equal(of('empty.pem'), `${stateDir}/empty.pem holds no certificate that can be read`)
  t.match(of('nowhere.pem'), /no certificate that can be read/)

  await serverCertificate(folder, authority, { names: [], life: days(20), now: () => NOW })()
  await make('good.pem', days(90))
  t.equal(of('good.pem', days(14)), null, 'renewed when two thirds are over, which is not late yet')
  t.match(of('good.pem', days(16)), /^the certificate in \S+server\.json ends 2026-11-21$/)
})
