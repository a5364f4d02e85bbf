import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parseSshSignature } from '@infra-home/shared/seal/ssh-signature.ts'
import { type Approver, verifyApproval } from '@infra-home/shared/seal/ssh-signature-approval.ts'
import { parseSshPublicKey, sshFingerprint, sshKeyLine } from '@infra-home/shared/seal/ssh-signature-key.ts'
import { wireString } from '@infra-home/shared/seal/ssh-signature-wire.ts'

const hasSshKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined
const folder = mkdtempSync(join(tmpdir(), 'infra-home-approvers-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const TEXT = 'release 7f3a: let it go out\n'
const keygen = (args: readonly string[], input = ''): string => {
  const { status, stdout, stderr } = spawnSync('ssh-keygen', args, { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`ssh-keygen ${args[0]}: ${stderr}${stdout}`)
  return stdout
}

type Signer = {
  readonly line: string
  readonly sign: (text: string, options?: { namespace?: string; hash?: string }) => string
}

/** A key that the real ssh-keygen makes and signs with. */
const realKey = (name: string, type: string, bits: readonly string[] = []): Signer => {
  const file = join(folder, name)
  keygen(['-q', '-t', type, ...bits, '-N', '', '-C', `${name}@home`, '-f', file])
  return {
    line: readFileSync(`${file}.pub`, 'utf8'),
    sign: (text, { namespace = 'infra-home', hash = 'sha512' } = {}) =>
      keygen(['-Y', 'sign', '-q', '-n', namespace, '-O', `hashalg=${hash}`, '-f', file], text),
  }
}

const SK = 'sk-ssh-ed25519@openssh.com'
const ARMOUR = ['-----BEGIN SSH SIGNATURE-----\n', '\n-----END SSH SIGNATURE-----\n'] as const
const armoured = (bytes: Buffer): string =>
  ARMOUR.join((bytes.toString('base64').match(/.{1,70}/g) ?? []).join('\n'))
const sha = (name: string, bytes: Buffer | string): Buffer => createHash(name).update(bytes).digest()

/** A security key as its token would work: PROTOCOL.u2f of OpenSSH. */
const securityKey = (touched: boolean): Signer => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const blob = Buffer.concat([wireString(SK), wireString(raw), wireString('ssh:')])
  return {
    line: `${SK} ${blob.toString('base64')} token`,
    sign(text, { namespace = 'infra-home' } = {}) {
      const head = [namespace, '', 'sha512'].map((part) => wireString(part))
      const message = Buffer.concat([Buffer.from('SSHSIG'), ...head, wireString(sha('sha512', text))])
      const counter = Buffer.from([touched ? 1 : 0, 0, 0, 0, 9])
      const signed = Buffer.concat([sha('sha256', 'ssh:'), counter, sha('sha256', message)])
      const inner = Buffer.concat([wireString(SK), wireString(sign(null, signed, privateKey)), counter])
      const version = Buffer.from([0, 0, 0, 1])
      return armoured(
        Buffer.concat([Buffer.from('SSHSIG'), version, wireString(blob), ...head, wireString(inner)]),
      )
    },
  }
}

t.test(
  'ssh-keygen and we are of one mind about every signature',
  { skip: hasSshKeygen ? false : 'no ssh-keygen' },
  async (t) => {
    const keys = {
      alice: realKey('alice', 'ed25519'),
      bob: realKey('bob', 'ecdsa', ['-b', '256']),
      carol: realKey('carol', 'ecdsa', ['-b', '384']),
      dora: realKey('dora', 'ecdsa', ['-b', '521']),
      erin: securityKey(true),
    }
    const stranger = realKey('stranger', 'ed25519')
    const approvers: Approver[] = Object.entries(keys).map(([name, { line }]) => ({
      name,
      key: sshKeyLine(parseSshPublicKey(line)),
    }))
    const allowed = join(folder, 'allowed_signers')
    writeFileSync(allowed, approvers.map(({ name, key }) => `${name} ${key}\n`).join(''))
    const theirs = (by: string, text: string, signature: string, namespace: string): boolean => {
      const file = join(folder, 'signature')
      writeFileSync(file, signature)
      const args = ['-Y', 'verify', '-f', allowed, '-I', by, '-n', namespace, '-s', file]
      return spawnSync('ssh-keygen', args, { input: text }).status === 0
    }
    const flip = (signature: string, at: number): string => {
      const bytes = Buffer.from(signature.replaceAll(/-----.*-----|\n/g, ''), 'base64')
      bytes[at < 0 ? bytes.length + at : at]! ^= 1
      return armoured(bytes)
    }
    const rows: [
      string,
      string,
      string,
      string,
      ReturnType<typeof verifyApproval>['ok'] | string,
      string?,
    ][] = []
    for (const [name, key] of Object.entries(keys)) {
      const good = key.sign(TEXT)
      rows.push(
        [`${name} signs`, name, TEXT, good, true],
        [`${name} signs by SHA-256`, name, TEXT, key.sign(TEXT, { hash: 'sha256' }), true],
        [`${name} signs nothing at all`, name, '', key.sign(''), true],
        [`${name} signs and the text changes`, name, `${TEXT} `, good, 'wrong-signature'],
        [
          `${name} signs for something else`,
          name,
          TEXT,
          key.sign(TEXT, { namespace: 'git' }),
          'other-namespace',
        ],
        [`${name}'s signature is asked for something else`, name, TEXT, good, 'other-namespace', 'git'],
        [`${name}'s signature loses a bit`, name, TEXT, flip(good, -9), 'wrong-signature'],
        [`${name}'s key in the signature loses a bit`, name, TEXT, flip(good, 60), 'not ours to say'],
        [`${name} signs for another`, name === 'alice' ? 'bob' : 'alice', TEXT, good, 'other-approver'],
        [`${name}'s signature without its end`, name, TEXT, good.slice(0, -40), 'no-signature'],
      )
    }
    rows.push(
      ['a stranger signs', 'alice', TEXT, stranger.sign(TEXT), 'unknown-key'],
      ['nobody signs', 'alice', TEXT, '', 'no-signature'],
      ['a key that was not touched', 'erin', TEXT, flip(keys.erin.sign(TEXT), -5), 'wrong-signature'],
    )
    for (const [name, by, text, signature, expected, namespace = 'infra-home'] of rows)
      t.test(name, async (t) => {
        const ours = verifyApproval({ text, signature, namespace, by }, approvers)
        t.equal(ours.ok, theirs(by, text, signature, namespace), 'agree')
        if (expected === true) t.same(ours, { ok: true, approver: by })
        else if (expected !== 'not ours to say') t.same(ours, { ok: false, reason: expected })
      })
    for (const { line } of [...Object.values(keys), stranger]) {
      const file = join(folder, 'one.pub')
      writeFileSync(file, line)
      t.match(keygen(['-l', '-f', file]), sshFingerprint(parseSshPublicKey(line)))
    }
    t.same(
      verifyApproval({ text: TEXT, signature: keys.bob.sign(TEXT), namespace: 'infra-home' }, approvers),
      {
        ok: true,
        approver: 'bob',
      },
    )
  },
)

t.test('a security key that nobody touched approves nothing', async (t) => {
  const key = securityKey(false)
  const approvers = [{ name: 'erin', key: key.line }]
  const approval = { text: TEXT, signature: key.sign(TEXT), namespace: 'infra-home' }
  t.same(verifyApproval(approval, approvers), { ok: false, reason: 'not-touched' })
})

t.test('no bit of a signature can change, and no cut makes it throw', async (t) => {
  const key = securityKey(true)
  const approvers = [
    { name: 'erin', key: key.line },
    { name: 'nobody', key: 'ssh-ed25519 AAAA' },
  ]
  const good = key.sign(TEXT)
  const bytes = Buffer.from(good.replaceAll(/-----.*-----|\n/g, ''), 'base64')
  const verdict = (signature: string) =>
    verifyApproval({ text: TEXT, signature, namespace: 'infra-home' }, approvers)
  t.same(verdict(good), { ok: true, approver: 'erin' })
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    if (verdict(armoured(changed)).ok) t.fail(`bit ${bit} does not matter`)
  }
  for (let length = 0; length < bytes.length; length++)
    if (verdict(armoured(bytes.subarray(0, length))).ok) t.fail(`${length} bytes are enough`)
  t.equal(parseSshSignature(armoured(randomBytes(5000))), null)
})

t.test('what is no key of a person is refused with the reason', async (t) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  const { n = '', e = '' } = rsa.export({ format: 'jwk' })
  const blob = ['ssh-rsa', Buffer.from(e, 'base64url'), Buffer.from(n, 'base64url')].map(wireString)
  for (const [line, reason] of [
    ['', /no public key of OpenSSH/],
    ['hello', /no public key of OpenSSH/],
    [`ssh-rsa ${Buffer.concat(blob).toString('base64')}`, /keys of type ssh-rsa are not taken/],
    ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==', /bytes are not those/],
    ['constructor AAAA', /keys of type constructor are not taken/],
    [`ssh-ed25519 ${Buffer.concat([wireString(SK)]).toString('base64')}`, /bytes are not those/],
    [`command="x" ssh-ed25519 AAAA`, /no public key|are not taken/],
  ] as const)
    t.throws(() => parseSshPublicKey(line), { code: 'parse-failed', message: reason }, line)
})
