import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { approversCommand } from '@infra-home/agent/approvers-command.ts'
import { APPROVERS_FILE, openPinnedApprovers, pinnedApprovers } from '@infra-home/agent/pinned-approvers.ts'
import { openApprovers } from '@infra-home/coordinator/trust/approvers.ts'
import {
  type ApproverList,
  followLists,
  LIST_NAMESPACE,
  listHash,
  listText,
  type PinnedList,
} from '@infra-home/shared/seal/approver-lists.ts'
import { parseSshSignature } from '@infra-home/shared/seal/ssh-signature.ts'
import { type Approver, verifyApproval } from '@infra-home/shared/seal/ssh-signature-approval.ts'
import { parseSshPublicKey, sshFingerprint, sshKeyLine } from '@infra-home/shared/seal/ssh-signature-key.ts'
import { wireString } from '@infra-home/shared/seal/ssh-signature-wire.ts'
import { type Random, randomFrom } from '../conformance/mangle.ts'
import { eventually } from '../helpers/eventually.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'

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

/** Somebody with a key. */
type Person = Approver & Signer
const person = (name: string): Person => {
  const signer = securityKey(true)
  return { ...signer, name, key: sshKeyLine(parseSshPublicKey(signer.line)) }
}
const [alice, bob, carol, mallory] = ['alice', 'bob', 'carol', 'mallory'].map(person) as [
  Person,
  Person,
  Person,
  Person,
]
const named = (people: readonly Person[]): Approver[] => people.map(({ name, key }) => ({ name, key }))

/** Lists in a row, each signed by one; what is signed, and for what, may be bent. */
const row = (
  first: readonly Person[],
  ...next: readonly {
    readonly people: readonly Person[]
    readonly by: Person | null
    readonly namespace?: string
    readonly site?: string
  }[]
): ApproverList[] => {
  const lists: ApproverList[] = [{ approvers: named(first), signature: null }]
  let after = listHash(listText('home', { number: 1, after: null, approvers: named(first) }))
  for (const { people, by, namespace = LIST_NAMESPACE, site = 'home' } of next) {
    const list = { number: lists.length + 1, after, approvers: named(people) }
    const signature = by?.sign(listText(site, list), { namespace }) ?? null
    lists.push({ approvers: list.approvers, signature })
    after = listHash(listText('home', list))
  }
  return lists
}
const both = { people: [alice, bob], by: alice }
const pinnedAfter = (lists: readonly ApproverList[]): PinnedList | null =>
  followLists('home', null, lists).pinned

t.test('a list of approvers follows another only by the hand of somebody who stands in it', async (t) => {
  const two = row([alice], both)
  const rows: [string, PinnedList | null, ApproverList[], number, object | null][] = [
    ['the first that is heard is pinned', null, row([alice]), 1, null],
    ['no list at all pins nothing', null, [], 0, null],
    ['whoever hears several at once follows them', null, two, 2, null],
    ['and whoever has one already', pinnedAfter(row([alice])), two, 2, null],
    ['the same again changes nothing', pinnedAfter(two), two, 2, null],
    [
      'a phone sleeps through many',
      pinnedAfter(row([alice])),
      row([alice], both, { people: [carol], by: bob }),
      3,
      null,
    ],
    [
      'nobody signs',
      pinnedAfter(row([alice])),
      row([alice], { ...both, by: null }),
      1,
      { reason: 'unapproved', number: 2, why: 'no-signature' },
    ],
    [
      'a stranger signs',
      pinnedAfter(row([alice])),
      row([alice], { people: [mallory], by: mallory }),
      1,
      { reason: 'unapproved', number: 2, why: 'unknown-key' },
    ],
    [
      'who is only in the next one signs it',
      pinnedAfter(row([alice])),
      row([alice], { ...both, by: bob }),
      1,
      { reason: 'unapproved', number: 2, why: 'unknown-key' },
    ],
    [
      'who was taken away signs',
      pinnedAfter(two),
      row([alice], both, { people: [alice], by: alice }, { people: [bob], by: bob }),
      3,
      { reason: 'unapproved', number: 4, why: 'unknown-key' },
    ],
    [
      'an approval of something else',
      pinnedAfter(row([alice])),
      row([alice], { ...both, namespace: 'infra-home' }),
      1,
      { reason: 'unapproved', number: 2, why: 'other-namespace' },
    ],
    [
      'a list of another home',
      pinnedAfter(row([alice])),
      row([alice], { ...both, site: 'cabin' }),
      1,
      { reason: 'unapproved', number: 2, why: 'wrong-signature' },
    ],
    [
      'another first one',
      pinnedAfter(row([alice])),
      row([mallory]),
      1,
      { reason: 'other-approvers', number: 1 },
    ],
    [
      'another row that is longer',
      pinnedAfter(two),
      row([mallory], { people: [mallory], by: mallory }, { people: [mallory], by: mallory }),
      2,
      { reason: 'other-approvers', number: 2 },
    ],
    [
      'a signed one in place of a signed one',
      pinnedAfter(two),
      row([alice], { people: [alice, carol], by: alice }),
      2,
      { reason: 'other-approvers', number: 2 },
    ],
    ['fewer than there were', pinnedAfter(two), row([alice]), 2, { reason: 'older', number: 1 }],
    ['none where there were some', pinnedAfter(two), [], 2, { reason: 'older', number: 0 }],
  ]
  for (const [name, pinned, lists, number, fault] of rows) {
    const followed = followLists('home', pinned, lists)
    t.same([followed.pinned?.number ?? 0, followed.fault], [number, fault], name)
    if (fault && number === pinned?.number) t.equal(followed.pinned?.hash, pinned.hash, `${name}: as before`)
  }
  t.equal(followLists('home', null, two).by, 'alice', 'says who signed')
})

t.test(
  'whatever a coordinator makes of what it has seen, nobody but approvers changes who approves',
  async (t) => {
    const seed = Number(process.env['SEED'] ?? 20261123)
    t.comment(`SEED=${seed}`)
    const random = randomFrom(seed)
    const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T
    const people = [alice, bob, carol]
    for (let round = 0; round < 60; round++) {
      const site = 'home'
      const disk = fakeDisk().mount()
      const agent = openPinnedApprovers({ site, disk, log: () => {}, tell: () => {} })
      let honest = row([pick(people)])
      await agent.follow({ lists: honest as never })
      const approved = new Set([pinnedAfter(honest)?.hash])
      for (let step = 0; step < 8; step++) {
        if (random(10) < 3) {
          const before = pinnedAfter(honest)
          const signer = people.find(({ name }) => name === before?.approvers[0]?.name)
          if (!before || !signer) throw new Error('the honest row ends')
          const list = {
            number: before.number + 1,
            after: before.hash,
            approvers: named([pick(people), pick(people)]),
          }
          honest = [
            ...honest,
            {
              approvers: list.approvers,
              signature: signer.sign(listText(site, list), { namespace: LIST_NAMESPACE }),
            },
          ]
          approved.add(pinnedAfter(honest)?.hash)
        }
        const said = bent(honest, random)
        await agent.follow({ lists: said as never })
        const now = await pinnedApprovers(disk)
        if (!approved.has(now?.hash)) t.fail(`round ${round}, step ${step}: ${JSON.stringify(now)}`)
      }
      t.equal(await agent.follow({ lists: honest as never }), null, 'and the truth is followed')
      t.equal((await pinnedApprovers(disk))?.hash, pinnedAfter(honest)?.hash)
    }
  },
)

/** What a hostile coordinator may pass on: pieces of the truth, put together anew, and names of its own. */
const bent = (honest: readonly ApproverList[], random: Random): ApproverList[] => {
  const lists = structuredClone(honest) as { approvers: Approver[]; signature: string | null }[]
  const at = random(lists.length)
  const own = {
    approvers: named([mallory]),
    signature: mallory.sign('whatever', { namespace: LIST_NAMESPACE }),
  }
  const list = lists[at] as (typeof lists)[number]
  const bend = [
    () => lists.splice(at),
    () => lists.splice(at, 1),
    () => lists.splice(at, 0, own),
    () => lists.push(own),
    () => lists.reverse(),
    () => list.approvers.push(...own.approvers),
    () => (list.approvers = own.approvers),
    () => list.approvers.pop(),
    () => (list.signature = lists.at(-1)?.signature ?? null),
    () => (list.signature = null),
  ]
  bend[random(bend.length)]?.()
  return lists
}

t.test(
  'a device keeps the list on its own disk, says when it changes, and forgets it by hand alone',
  async (t) => {
    const disk = fakeDisk()
    const told: object[] = []
    const open = () =>
      openPinnedApprovers({
        site: 'home',
        disk: disk.mount(),
        log: () => {},
        tell: (change) => told.push(change),
      })
    const two = row([alice], both)
    const command = (...words: string[]) => approversCommand(disk.mount(), words, 'usage: …')
    t.match(await command(), /no list of approvers is pinned/)
    t.equal(await open().follow({ lists: row([alice]) as never }), null)
    t.equal(await open().follow({ lists: two as never }), null)
    t.match(told, [
      { list: 1, after: 0, names: ['alice'] },
      { list: 2, after: 1, names: ['alice', 'bob'] },
    ])
    t.equal(
      await open().follow({ lists: row([mallory], { people: [mallory], by: mallory }) as never }),
      'other-approvers',
    )
    t.equal(await open().follow(null), null, 'a wish that is taken back')
    t.match(await command(), /^list 2 SHA256:\S+\nalice sk-\S+ SHA256:\S+\nbob /)
    const faster = open()
    await Promise.all([
      faster.follow({ lists: two as never }),
      faster.follow({ lists: row([alice], both, { people: [bob], by: bob }) as never }),
    ])
    t.equal((await pinnedApprovers(disk.mount()))?.number, 3)

    const rubbish = ['{"num', 'null', '{}', '[]', '0', '""', '{"number":0}', '{"number":1,"hash":"x"}']
    for (const damaged of rubbish) {
      disk.files.set(APPROVERS_FILE, new TextEncoder().encode(damaged))
      const follows = open().follow({ lists: row([mallory]) as never })
      await t.rejects(follows, { code: 'disk-failed', message: /damaged/ }, damaged)
      await t.rejects(command(), { code: 'disk-failed' }, damaged)
    }
    await t.rejects(command('nonsense'), { code: 'usage' })
    t.match(await command('forget'), /is pinned/)
    t.equal(await open().follow({ lists: row([carol]) as never }), null)
    t.equal(told.length, 4)
  },
)

t.test('wishes that come while the disk is slow are followed one after the other', async (t) => {
  const inner = fakeDisk().mount()
  const slow: (() => void)[] = []
  const disk = {
    ...inner,
    replace: (name: string, bytes: Uint8Array) =>
      new Promise<void>((resolve) => slow.push(() => resolve(inner.replace(name, bytes)))),
  }
  const told: number[] = []
  const agent = openPinnedApprovers({
    site: 'home',
    disk,
    log: () => {},
    tell: ({ list }) => told.push(list),
  })
  const three = row([alice], both, { people: [bob], by: bob })
  const follows = [
    agent.follow({ lists: three.slice(0, 2) as never }),
    agent.follow(null),
    agent.follow({ lists: three as never }),
  ]
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setImmediate(resolve))
    slow.pop()?.() // the newest first, if there are two
  }
  t.same(await Promise.all(follows), [null, null, null])
  t.same(told, [2, 3])
  t.equal((await pinnedApprovers(disk))?.number, 3, 'who was taken away stays away')
})

const folderOf = (t: Test): string => {
  const path = mkdtempSync(join(tmpdir(), 'infra-home-approvers-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  return path
}

t.test('the coordinator keeps the lists and lets one count when it is signed', async (t) => {
  const at = folderOf(t)
  const [day1, day2, day3] = ['2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z', '2026-11-03T00:00:00Z'] as const
  const book = openApprovers(at, 'home')
  t.same([book.list(), book.wished(), book.row(), book.proposal()], [[], { lists: [] }, [], null])
  t.equal(book.add('alice', alice.line, day1), null, 'the first counts at once')
  t.throws(() => book.add('bob', alice.line, day1), { message: /alice's key already/ })
  t.throws(() => book.add('Bob', bob.line, day1), { message: /lower-case/ })
  t.throws(() => book.remove('bob'), { message: /no approver bob/ })
  t.throws(() => book.remove('alice'), { message: /add somebody first/ })
  t.throws(() => book.accept('', day1), { message: /no list waits/ })

  book.add('bob', bob.line, day1)
  const proposal = book.add('carol', carol.line, day1)
  t.match(proposal, {
    number: 2,
    signers: ['alice'],
    approvers: [{ name: 'alice' }, { name: 'bob' }, { name: 'carol' }],
  })
  t.match(book.list(), [{ name: 'alice' }], 'until it is signed, nothing changes')
  const text = proposal?.text ?? ''
  const sign = ({ sign }: Person) => sign(text, { namespace: LIST_NAMESPACE })
  t.throws(() => book.accept(sign(bob), day2), { message: /does not sign list 2: unknown-key/ })
  t.throws(() => book.accept(alice.sign(text), day2), { message: /other-namespace/ })
  t.equal(book.accept(`${sign(alice)}\n`, day2), 'alice')
  t.match(book.list(), [{ name: 'alice', since: day1 }, { name: 'bob', since: day2 }, { name: 'carol' }])
  t.match(book.row(), [
    { number: 1, by: null },
    { number: 2, by: 'alice' },
  ])
  t.equal(followLists('home', null, book.wished().lists).fault, null)
  t.match(book.remove('alice'), { number: 3, signers: ['alice', 'bob', 'carol'] })
  t.ok(book.drop())
  t.notOk(book.drop())
  const third = book.remove('bob')
  book.accept(carol.sign(third.text, { namespace: LIST_NAMESPACE }), day3)
  t.match(openApprovers(at, 'home').list(), [{ name: 'alice' }, { name: 'carol' }])
  t.match(book.row().at(-1), { number: 3, by: 'carol' })

  const file = join(at, 'approvers.json')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(bob.key, mallory.key))
  t.throws(
    () => openApprovers(at, 'home'),
    { code: 'config-invalid', message: /list 2 is not signed/ },
    'no start',
  )
  await eventually('to be looked at again', () => book.fault() !== null)
  t.match(book.fault(), /list 2 is not signed/)
  t.match(book.list(), [{ name: 'alice' }, { name: 'carol' }], 'and goes on with what counted')
  t.throws(() => book.add('bob', bob.line, day3), { code: 'config-invalid' })
  book.forget()
  t.same(openApprovers(at, 'home').row(), [])
})

t.test(
  'the same people make the same list, whoever was named first, and none that devices would not take',
  async (t) => {
    const texts = [
      [bob, carol],
      [carol, bob],
    ].map((named) => {
      const book = openApprovers(folderOf(t), 'home')
      book.add('alice', alice.line, '2026-11-01T00:00:00Z')
      for (const { name, line } of named) book.add(name, line, '2026-11-02T00:00:00Z')
      return book.proposal()?.text
    })
    t.equal(texts[0], texts[1])
    const parts = [wireString(SK), wireString(randomBytes(32)), wireString(`ssh:${'x'.repeat(400)}`)]
    const book = openApprovers(folderOf(t), 'home')
    const long = `${SK} ${Buffer.concat(parts).toString('base64')}`
    t.throws(() => book.add('erin', long, '2026-11-01T00:00:00Z'), {
      code: 'usage',
      message: /no device would take that/,
    })
    t.same(book.row(), [])
  },
)
