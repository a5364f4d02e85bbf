// Backups and their encrypted copies: made by the coordinator, handed out by HTTP, fetched and verified by an agent.
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { backup } from '@infra-home/agent/collectors/backup.ts'
import { partialName, planCopies } from '@infra-home/agent/copies/plan-copies.ts'
import { hasRoom } from '@infra-home/agent/copies/room.ts'
import { fixtureSys } from '@infra-home/agent/sys/fixture.ts'
import { realDisk } from '@infra-home/agent/sys/real-disk.ts'
import { realLargeFiles } from '@infra-home/agent/sys/real-large-files.ts'
import type { LargeFiles, Sys } from '@infra-home/agent/sys/sys.ts'
import { openWishes, wishOnDisk } from '@infra-home/agent/wishes.ts'
import { loadConfig } from '@infra-home/coordinator/config.ts'
import { byteRange } from '@infra-home/coordinator/http/byte-range.ts'
import { createHttp } from '@infra-home/coordinator/http/server.ts'
import { type Backups, COPIES_PATH, openBackups } from '@infra-home/coordinator/jobs/backups.ts'
import { loadAge } from '@infra-home/coordinator/jobs/copy/age.ts'
import { encryptInto } from '@infra-home/coordinator/jobs/copy/encrypt-into.ts'
import { isRecipient } from '@infra-home/coordinator/jobs/copy/recipient.ts'
import { hours, milliseconds, minutes, seconds, wallMs } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import type { BackupState, BackupWish } from '@infra-home/shared/messages/backup.ts'
import { emptyWorld } from '@infra-home/coordinator/world/world.ts'
import { fakeClock, settle } from '../helpers/fake-clock.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { bearer, httpHouse } from '../helpers/http-world.ts'
import { voice } from '../helpers/said.ts'

const age = await loadAge()
const newKey = async () => {
  const identity = await age.generateX25519Identity()
  return { identity, recipient: await age.identityToRecipient(identity) }
}
const owner = await newKey()
const never = new AbortController().signal
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const opened = async (file: string, identity: string): Promise<Buffer> => {
  const decrypter = new age.Decrypter()
  decrypter.addIdentity(identity)
  return gunzipSync(await decrypter.decrypt(readFileSync(file)))
}

t.test('an encrypted copy', async (t) => {
  const encrypted = async (t: Test, content: Buffer) => {
    const folder = t.testdir()
    const [from, to] = [join(folder, 'from'), join(folder, 'to')]
    writeFileSync(from, content)
    const made = await encryptInto(to, { from, recipient: owner.recipient, signal: never })
    return { from, to, made }
  }

  for (const [what, content] of [
    ['nothing', Buffer.alloc(0)],
    ['a byte', Buffer.from('x')],
    ['zeros over many chunks', Buffer.alloc(3_000_000)],
    ['chance over many chunks', randomBytes(3 * 65_536)],
  ] as const)
    t.test(`of ${what} is opened by the owner's key, and is as long as was said`, async (t) => {
      const { to, made } = await encrypted(t, content)
      t.ok((await opened(to, owner.identity)).equals(content))
      t.same(made, { bytes: statSync(to).size, sha256: sha256(readFileSync(to)) })
      t.equal(readFileSync(to, 'latin1').slice(0, 22), 'age-encryption.org/v1\n', 'in the format of age')
    })

  t.test("is not opened by somebody else's key", async (t) => {
    const { to } = await encrypted(t, Buffer.from('the journal'))
    await t.rejects(opened(to, (await newKey()).identity))
  })

  t.test('is never written over something', async (t) => {
    const { from, to } = await encrypted(t, Buffer.from('the journal'))
    await t.rejects(encryptInto(to, { from, recipient: owner.recipient, signal: never }), { code: 'EEXIST' })
  })

  t.test('of a file that is not there fails', async (t) => {
    const to = join(t.testdir(), 'to')
    const from = join(t.testdirName, 'absent')
    await t.rejects(encryptInto(to, { from, recipient: owner.recipient, signal: never }), { code: 'ENOENT' })
  })

  t.test('stops when it is told to', async (t) => {
    const { from } = await encrypted(t, randomBytes(1_000_000))
    const stop = new AbortController()
    const made = encryptInto(`${from}.again`, { from, recipient: owner.recipient, signal: stop.signal })
    stop.abort(new Error('enough'))
    await t.rejects(made, { message: 'enough' })
  })
})

t.test('a recipient', async (t) => {
  const hybrid = await age.identityToRecipient(await age.generateHybridIdentity())
  const swapped = owner.recipient.replace(/(.)(.)$/, '$2$1')
  for (const [what, text, good] of [
    ['of age-keygen', owner.recipient, true],
    ['of age-keygen -pq', hybrid, true],
    [
      'from the format’s specification',
      'age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj',
      true,
    ],
    ['with two letters swapped', swapped, swapped === owner.recipient],
    ['that is too short', owner.recipient.slice(0, -1), false],
    ['in capitals', owner.recipient.toUpperCase(), false],
    ['that is a secret key', owner.identity, false],
    ['of ssh', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ', false],
    ['with a prefix like a property of every object', 'constructor1qqqqqq', false],
    ['that is empty', '', false],
  ] as const)
    t.test(`${what} is ${good ? 'taken' : 'refused'}`, async (t) => t.equal(isRecipient(text), good))
})

t.test('the configuration', async (t) => {
  const load = (t: Test, recipient: string) => {
    const file = join(t.testdir(), 'coordinator.json')
    const copy = { to: ['rpi4-2'], recipient }
    writeFileSync(file, JSON.stringify({ site: 'home', stateDir: 'state', backup: { copy } }))
    return loadConfig(file)
  }
  t.test('takes a public key', async (t) =>
    t.equal(load(t, owner.recipient).config.backup?.copy?.recipient, owner.recipient),
  )
  t.test('names the place, the value and what was expected of a bad one', async (t) =>
    t.throws(() => load(t, 'age1oops'), {
      code: 'config-invalid',
      message: /\/backup\/copy\/recipient: "age1oops" – expected an age recipient: .*age-keygen/,
    }),
  )
  t.test('does not repeat a secret key', async (t) => {
    try {
      load(t, owner.identity)
      t.fail('it was taken')
    } catch (error) {
      t.match(String(error), '/backup/copy/recipient')
      t.notOk(String(error).includes(owner.identity.slice(16)))
    }
  })
})

type Said = { readonly node: string; readonly body: BackupWish | null }

/** Backups in a test folder, of a database that is a text. */
const desk = (t: Test, options: { plan?: Backups['plan']; content?: () => Buffer; folder?: string } = {}) => {
  const folder = options.folder ?? t.testdir()
  const clock = fakeClock(wallMs(Date.UTC(2026, 10, 23, 3, 40)))
  const said: Said[] = []
  const logged: string[] = []
  const world = emptyWorld('home', null)
  const plan =
    options.plan === undefined ? { to: ['rpi4-2'], recipient: owner.recipient, keep: 2 } : options.plan
  let made = 0
  const backups = openBackups({
    folder,
    keep: 3,
    plan,
    backup: async (file) => writeFileSync(file, options.content?.() ?? `journal ${++made}`),
    world,
    wish: (node, _kind, body) => void said.push({ node, body: body as BackupWish | null }),
    clock,
    log: (level, sentence) => void logged.push(`${level} ${sentence}`),
  })
  t.teardown(() => backups.stop())
  return { folder, clock, said, logged, world, backups }
}

const capabilityIn = ({ body }: Said): string => body?.path.slice(COPIES_PATH.length + 1) ?? ''

t.test('the backups', async (t) => {
  t.test('are offered to every node of the plan as soon as they are encrypted', async (t) => {
    const { folder, said, backups } = desk(t, {
      plan: { to: ['a', 'b'], recipient: owner.recipient, keep: 4 },
    })
    backups.offer(8470)
    t.equal(await backups.take(), 'infra-home-2026-11-23T03-40-00Z.db')
    await backups.settled()
    const file = 'infra-home-2026-11-23T03-40-00Z.db.gz.age'
    const bytes = readFileSync(join(folder, 'copy', file))
    t.match(said, [
      { node: 'a', body: { file, bytes: bytes.length, sha256: sha256(bytes), port: 8470, keep: 4 } },
      { node: 'b', body: { file } },
    ])
    t.equal((await opened(join(folder, 'copy', file), owner.identity)).toString(), 'journal 1')
  })

  t.test('keep the newest of their own, and one encrypted copy', async (t) => {
    const { folder, clock, backups } = desk(t)
    for (let i = 0; i < 5; i++) {
      await backups.take()
      await backups.settled()
      await clock.advance(hours(24))
    }
    t.same(
      (await backups.kept()).map(({ file }) => file.slice(11, 21)),
      ['2026-11-27', '2026-11-26', '2026-11-25'],
    )
    t.same(readdirSync(join(folder, 'copy')).sort(), [
      'copy.json',
      'infra-home-2026-11-27T03-40-00Z.db.gz.age',
    ])
  })

  t.test('make one at a time: who asks meanwhile gets the same', async (t) => {
    const { folder, backups } = desk(t)
    t.same(new Set(await Promise.all([backups.take(), backups.take()])).size, 1)
    await backups.settled()
    t.equal(readdirSync(folder).length, 2)
  })

  t.test('hand a copy out to who knows where it lies, until the next one is there', async (t) => {
    const { said, clock, backups } = desk(t)
    backups.offer(8470)
    await backups.take()
    await backups.settled()
    const [first] = said
    if (!first) throw new Error('nothing was said')
    t.equal(capabilityIn(first).length, 43, '256 bits')
    t.ok(backups.at(capabilityIn(first)))
    t.equal(backups.at(`${capabilityIn(first).slice(0, -1)}.`), null)
    t.equal(backups.at(''), null)
    await clock.advance(seconds(1))
    await backups.take()
    await backups.settled()
    t.equal(backups.at(capabilityIn(first)), null)
    t.ok(backups.at(capabilityIn(said[1] ?? first)))
  })

  t.test('offer after a restart what is there, at a new address, without encrypting it again', async (t) => {
    const before = desk(t)
    before.backups.offer(8470)
    await before.backups.take()
    await before.backups.settled()
    const after = desk(t, { folder: before.folder })
    after.backups.offer(8471)
    await after.backups.settled()
    const [old, fresh] = [before.said[0], after.said[0]]
    t.equal(after.said.length, 1)
    t.equal(fresh?.body?.sha256, old?.body?.sha256)
    t.not(fresh?.body?.path, old?.body?.path)
  })

  t.test('encrypt again what was for another key, and do not offer that', async (t) => {
    const before = desk(t)
    await before.backups.take()
    await before.backups.settled()
    const other = await newKey()
    const after = desk(t, {
      folder: before.folder,
      plan: { to: ['rpi4-2'], recipient: other.recipient, keep: 2 },
    })
    after.backups.offer(8470)
    await after.backups.settled()
    t.equal(after.said.length, 1)
    const copy = after.backups.at(capabilityIn(after.said[0] ?? { node: '', body: null }))
    t.equal((await opened(copy?.path ?? '', other.identity)).toString(), 'journal 1')
  })

  t.test('remove at a restart what was not finished, and believe no record without its file', async (t) => {
    const folder = t.testdir({
      'infra-home-2026-11-22T03-40-00Z.db.partial': 'half',
      'infra-home-2026-11-22T03-40-00Z.db.partial.partial': 'half',
      'infra-home-2026-11-21T03-40-00Z.db': 'whole',
      copy: {
        'infra-home-2026-11-21T03-40-00Z.db.gz.age.partial': 'half',
        'infra-home-2026-11-20T03-40-00Z.db.gz.age': 'short',
        'copy.json': JSON.stringify({ file: 'infra-home-2026-11-20T03-40-00Z.db.gz.age', bytes: 7 }),
      },
    })
    const { said, backups } = desk(t, { folder })
    t.same(readdirSync(folder).sort(), ['copy', 'infra-home-2026-11-21T03-40-00Z.db'])
    t.same(readdirSync(join(folder, 'copy')), ['copy.json'])
    backups.offer(8470)
    await backups.settled()
    t.match(said, [{ body: { file: 'infra-home-2026-11-21T03-40-00Z.db.gz.age' } }])
  })

  t.test('leave no copy when they are stopped while one is made', async (t) => {
    const { folder, logged, backups } = desk(t, { content: () => randomBytes(5_000_000) })
    await backups.take()
    await backups.stop()
    t.same(readdirSync(join(folder, 'copy')), [])
    t.same(logged, [], 'which is no failure')
  })

  t.test('say why there is no copy, and keep the one before', async (t) => {
    const { folder, clock, said, logged, backups } = desk(t)
    backups.offer(8470)
    await backups.take()
    await backups.settled()
    await clock.advance(seconds(1))
    mkdirSync(join(folder, 'copy', 'infra-home-2026-11-23T03-40-01Z.db.gz.age.partial', 'in-the-way'), {
      recursive: true,
    })
    await backups.take()
    await backups.settled()
    t.type(backups.failure(), 'string')
    t.match(logged.at(-1), /^error could not make an encrypted copy/)
    t.equal(said.length, 1)
    t.ok(backups.at(capabilityIn(said[0] ?? { node: '', body: null })))
  })

  t.test('take the wish back from a node that is not to have copies any more', async (t) => {
    const { said, world, backups } = desk(t, { plan: null })
    const house = await httpHouse()
    house.house.hear(voice('rpi4-3', house.house.clock).birth())
    house.house.hear(voice('rpi4-3', house.house.clock).state('backup', 'x', HELD))
    Object.assign(world.nodes, house.house.world.nodes)
    backups.offer(8470)
    t.same(said, [{ node: 'rpi4-3', body: null }])
  })
})

const HELD: BackupState = { bytes: 5, sha256: '0'.repeat(64), held: true, problem: null, detail: null }

t.test('the API', async (t) => {
  const house = async (t: Test, plan?: Backups['plan']) => {
    const { backups, said, folder, clock } = desk(t, plan === undefined ? {} : { plan })
    const { house, context } = await httpHouse()
    const now = () => ({ wall: clock.now().wall, mono: house.clock.now().mono })
    const http = await createHttp(
      { ...context, now, backups },
      { host: '127.0.0.1', port: 0, allowedHosts: [], readNetworks: [] },
    )
    t.teardown(() => http.stop())
    backups.offer(8470)
    const get = (url: string, headers: Record<string, string> = {}) =>
      http.app.inject({ url, headers: { host: 'localhost', ...headers } })
    const make = async () => {
      const answer = await http.app.inject({
        method: 'POST',
        url: '/api/v1/backups',
        headers: { host: 'localhost', ...bearer('operator') },
      })
      await backups.settled()
      return answer
    }
    const json = async () => (await get('/api/v1/backups', { accept: 'application/json' })).json()
    return { house, clock, said, folder, get, make, json, http, self: voice('rpi4-2', house.clock) }
  }
  const FILE = 'infra-home-2026-11-23T03-40-00Z.db.gz.age'

  t.test('makes a backup for who may operate, and for nobody else', async (t) => {
    const { make, http, json } = await house(t)
    for (const [headers, status] of [
      [{}, 401],
      [bearer('reader'), 403],
    ] as const)
      t.equal(
        (
          await http.app.inject({
            method: 'POST',
            url: '/api/v1/backups',
            headers: { host: 'localhost', ...headers },
          })
        ).statusCode,
        status,
      )
    t.same((await json()).items, [])
    const made = await make()
    t.equal(made.statusCode, 201)
    t.match(made.body, /infra-home-2026-11-23T03-40-00Z\.db/)
    t.match(await json(), { items: [{ bytes: 9, ageMs: 0, copiesOn: [] }], next: null })
  })

  t.test('says which node holds which copy, since when, and what to do', async (t) => {
    const { house: inside, clock, make, json, get, self } = await house(t)
    t.match(await json(), { copies: [{ state: 'missing', advice: /curl -X POST/ }] })
    await make()
    t.match(await json(), { copies: [{ node: 'rpi4-2', state: 'on-its-way', advice: null }] })
    await clock.advance(hours(2))
    t.match(await json(), { copies: [{ state: 'missing', advice: /start the agent of rpi4-2/ }] })
    inside.hear(self.birth())
    t.match(await json(), { copies: [{ state: 'missing', advice: /agent's log on rpi4-2/ }] })
    inside.hear(self.state('backup', FILE, { ...HELD, held: false, problem: 'no-room', detail: '7 free' }))
    t.match(await json(), {
      copies: [{ state: 'failed', problem: 'no-room', advice: 'free space on the disk of rpi4-2' }],
    })
    t.match((await get('/api/v1/backups')).body, /! rpi4-2: free space on the disk of rpi4-2 \(7 free\)/)
    inside.hear(self.state('backup', FILE, HELD))
    const current = await json()
    t.match(current, {
      items: [{ copiesOn: ['rpi4-2'] }],
      copies: [{ state: 'current', file: FILE, bytes: 5, verifiedAgeMs: 0, advice: null }],
      troubles: [],
    })
    await make()
    t.match(await json(), { copies: [{ state: 'on-its-way', file: FILE }] })
    await clock.advance(hours(2))
    t.match(await json(), { copies: [{ state: 'old', file: FILE, advice: /agent's log/ }] })
    const table = (await get('/api/v1/backups')).body
    t.match(table, /^! +rpi4-2 +old +infra-home-2026-11-23T03-40-00Z\.db +5 B +0 s ago$/m)
    t.match(table, /^! +infra-home-2026-11-23T05-40-00Z\.db +2 h .* –$/m, 'the newest is nowhere else')
    t.ok(table.split('\n').every((line) => line.length <= 100))
  })

  t.test(
    'says that copies are missing when nobody is to have one, and names who still has one',
    async (t) => {
      const { house: inside, get, json, self } = await house(t, null)
      t.match((await get('/api/v1/backups')).body, /! the backups lie on this machine alone: .*backup\.copy/s)
      inside.hear(self.birth())
      inside.hear(self.state('backup', FILE, HELD))
      t.match(await json(), { copies: [{ state: 'old', advice: /not in backup\.copy\.to/ }] })
    },
  )

  t.test('hands the copy out by its address alone, whole and in parts', async (t) => {
    const { said, folder, make, get } = await house(t)
    await make()
    const path = said[0]?.body?.path ?? ''
    const whole = readFileSync(join(folder, 'copy', FILE))
    const all = await get(path)
    t.equal(all.statusCode, 200)
    t.ok(all.rawPayload.equals(whole))
    t.match(all.headers, { 'content-length': String(whole.length), 'accept-ranges': 'bytes' })
    const rest = await get(path, { range: 'bytes=10-' })
    t.equal(rest.statusCode, 206)
    t.equal(rest.headers['content-range'], `bytes 10-${whole.length - 1}/${whole.length}`)
    t.ok(rest.rawPayload.equals(whole.subarray(10)))
    t.equal((await get(path, { range: `bytes=${whole.length}-` })).statusCode, 200)
    t.equal((await get(`${path}x`)).statusCode, 401)
    t.equal((await get(path, { host: 'evil.example' })).statusCode, 421)
    await make()
    t.equal((await get(path)).statusCode, 200, 'the same second gives the same backup')
  })
})

t.test('a range of 10 bytes', async (t) => {
  for (const [header, range] of [
    [undefined, null],
    ['bytes=0-', { start: 0, end: 9 }],
    ['bytes=4-', { start: 4, end: 9 }],
    ['bytes=4-6', { start: 4, end: 6 }],
    ['bytes=4-99', { start: 4, end: 9 }],
    ['bytes=9-', { start: 9, end: 9 }],
    ['bytes=10-', null],
    ['bytes=6-4', null],
    ['bytes=-3', null],
    ['bytes=0-1,3-4', null],
    ['lines=1-2', null],
  ] as const)
    t.same(byteRange(header, 10), range, String(header))
})

const wished = (content: Buffer, more: Partial<BackupWish> = {}): BackupWish => ({
  file: 'infra-home-2026-11-23T03-40-00Z.db.gz.age',
  bytes: content.length,
  sha256: sha256(content),
  port: 1,
  path: '/copies/secret',
  keep: 2,
  ...more,
})

t.test('an agent has room', async (t) => {
  for (const [what, space, bytes, room] of [
    ['on a large disk for what leaves 500 MB', { totalBytes: 32e9, availableBytes: 700e6 }, 200e6, true],
    ['on a large disk, not for what leaves less', { totalBytes: 32e9, availableBytes: 699e6 }, 200e6, false],
    ['on a small disk for what leaves a tenth', { totalBytes: 2e9, availableBytes: 300e6 }, 100e6, true],
    ['on a small disk, not for what leaves less', { totalBytes: 2e9, availableBytes: 299e6 }, 100e6, false],
    ['where nothing is known', null, 100e6, true],
  ] as const)
    t.equal(hasRoom(space, bytes), room, what)
})

t.test('an agent plans', async (t) => {
  const wish = wished(Buffer.from('new'))
  const [a, b, c] = ['2026-11-20', '2026-11-21', '2026-11-22'].map((day) => ({
    name: `infra-home-${day}T03-40-00Z.db.gz.age`,
    bytes: 3,
  })) as [{ name: string; bytes: number }, { name: string; bytes: number }, { name: string; bytes: number }]
  const mine = { name: wish.file, bytes: 3 }
  const half = { name: partialName(wish), bytes: 2 }
  const verified = { [a.name]: 'x', [b.name]: 'x', [c.name]: 'x' }
  const has = { ...verified, [wish.file]: wish.sha256 }
  for (const [what, plan, expected] of [
    [
      'to keep everything without a wish',
      planCopies(null, [a, half], verified),
      { held: [a], remove: [], fetch: null },
    ],
    ['to fetch what it lacks', planCopies(wish, [], {}), { fetch: { partial: half.name, here: 0 } }],
    ['to go on with a half', planCopies(wish, [half], {}), { fetch: { here: 2 }, remove: [] }],
    [
      'to drop a half of something else',
      planCopies(wish, [{ name: 'other.partial', bytes: 1 }], {}),
      { remove: ['other.partial'] },
    ],
    [
      'to believe nothing that was not verified',
      planCopies(wish, [mine], {}),
      { held: [], remove: [mine.name] },
    ],
    [
      'to keep the old ones until the new one is there',
      planCopies(wish, [a, b, c], verified),
      { held: [c, b, a] },
    ],
    [
      'to keep as many as it is told',
      planCopies(wish, [a, b, c, mine], has),
      { held: [mine, c], remove: [b.name, a.name] },
    ],
    [
      'to fetch again what was encrypted again',
      planCopies({ ...wish, sha256: 'f'.repeat(64) }, [mine], has),
      { held: [mine], fetch: { here: 0 } },
    ],
    [
      'to keep the wished one even when it holds newer ones',
      planCopies({ ...wish, file: a.name, sha256: 'x', keep: 1 }, [a, b], verified),
      { held: [b, a], remove: [] },
    ],
  ] as const)
    t.match(plan, expected, what)
})

/** An agent's copies in memory; each fetch does what the next of `does` says. */
const fakeCopies = () => {
  const files = new Map<string, Buffer>()
  const does: ((name: string, here: Buffer) => Buffer | Promise<Buffer>)[] = []
  const state = { space: { totalBytes: 32e9, availableBytes: 20e9 }, fetches: 0 }
  const copies: LargeFiles = {
    list: async () => [...files].map(([name, { length }]) => ({ name, bytes: length })),
    space: async () => state.space,
    async fetch(name) {
      state.fetches++
      const here = files.get(name) ?? Buffer.alloc(0)
      files.set(name, here)
      const act = does.shift()
      if (!act) throw new InfraError('http-failed', 'connection refused')
      files.set(name, await act(name, here))
    },
    sha256: async (name) => sha256(files.get(name) ?? Buffer.alloc(0)),
    async rename(from, to) {
      files.set(to, files.get(from) ?? Buffer.alloc(0))
      files.delete(from)
    },
    remove: async (name) => void files.delete(name),
  }
  return Object.assign(state, { copies, files, does })
}

const keeper = () => {
  const clock = fakeClock()
  const disk = fakeDisk().mount()
  const fake = fakeCopies()
  const sys: Sys = { ...fixtureSys('nowhere', clock), disk, copies: fake.copies }
  let collector = backup()
  let generation = 0
  const look = async (): Promise<Record<string, BackupState>> => {
    const { states } = await collector.collect(sys)
    return Object.fromEntries(states.map(({ id, body }) => [id, body as BackupState]))
  }
  return {
    fake,
    clock,
    look,
    /** Looks, lets what began end, and looks again. */
    async lookTwice() {
      await look()
      for (let i = 0; i < 10; i++) await settle()
      return look()
    },
    restart: () => void (collector = backup()),
    wish: (body: BackupWish | null) =>
      disk.replace(
        'wishes.json',
        Buffer.from(JSON.stringify({ backup: { epoch: 1, generation: ++generation, body } })),
      ),
  }
}

t.test('an agent', async (t) => {
  const content = randomBytes(1000)
  const wish = wished(content)
  const { file } = wish

  t.test('says nothing of copies until one is wished', async (t) => t.same(await keeper().look(), {}))

  t.test('fetches what is wished, verifies it, and says that it has it, also after a restart', async (t) => {
    const { fake, look, lookTwice, restart, wish: say } = keeper()
    await say(wish)
    fake.does.push(() => content)
    const coming = { bytes: 1000, sha256: wish.sha256, held: false, problem: null, detail: null }
    t.same(await look(), { [file]: coming })
    t.same(await lookTwice(), { [file]: { ...coming, held: true } })
    t.same([...fake.files.keys()], [file])
    restart()
    t.same(await lookTwice(), { [file]: { ...coming, held: true } })
    t.equal(fake.fetches, 1)
    await say(null)
    t.match(await look(), { [file]: { held: true } }, 'a wish that is taken back deletes nothing')
  })

  t.test('refuses what is something else than was wished, says so, and begins anew', async (t) => {
    const { fake, clock, lookTwice, wish: say } = keeper()
    await say(wish)
    fake.does.push(
      () => randomBytes(1000),
      () => content,
    )
    t.match(await lookTwice(), {
      [file]: { held: false, problem: 'wrong-sha256', detail: /^it is [0-9a-f]{64}$/ },
    })
    t.same([...fake.files], [], 'nothing of it stays')
    await clock.advance(seconds(1))
    t.match(await lookTwice(), { [file]: { held: true } })
  })

  t.test('goes on where a transfer was cut, and says what is wrong meanwhile', async (t) => {
    const { fake, clock, lookTwice, wish: say } = keeper()
    await say(wish)
    const cut = (name: string, here: Buffer): never => {
      fake.files.set(name, content.subarray(0, here.length + 400))
      throw new InfraError('http-failed', 'aborted')
    }
    fake.does.push(cut, cut, (_name, here) => Buffer.concat([here, content.subarray(here.length)]))
    t.match(await lookTwice(), { [file]: { problem: 'unreachable', detail: 'aborted' } })
    await clock.advance(seconds(1))
    t.match(await lookTwice(), { [file]: { problem: 'unreachable' } })
    t.equal(fake.files.get(partialName(wish))?.length, 800)
    await clock.advance(seconds(1))
    t.match(await lookTwice(), { [file]: { held: true, problem: null } })
  })

  t.test(
    'waits twice as long after each failure, half an hour at the most, and anew with a new address',
    async (t) => {
      const { fake, clock, lookTwice, wish: say } = keeper()
      await say(wish)
      const waits: number[] = []
      await lookTwice()
      for (let i = 0; i < 13; i++) {
        const [begun, before] = [clock.now().mono, fake.fetches]
        for (let step = 1; fake.fetches === before; step = Math.min(step * 2, 2000)) {
          await clock.advance(milliseconds(500 * Math.ceil(step / 10)))
          await lookTwice()
        }
        waits.push(clock.now().mono - begun)
      }
      t.same(
        waits.map((wait, i) => wait >= Math.min(1_800_000, 1000 * 2 ** i)),
        waits.map(() => true),
        waits.join(),
      )
      t.ok((waits.at(-1) ?? 0) < minutes(40))
      const before = fake.fetches
      await lookTwice()
      t.equal(fake.fetches, before)
      await say({ ...wish, path: '/copies/other' })
      await lookTwice()
      t.equal(fake.fetches, before + 1)
    },
  )

  for (const [what, error, problem] of [
    ['a refusal', new InfraError('http-failed', 'HTTP 404', { context: { status: 404 } }), 'refused'],
    ['silence', new InfraError('http-timeout', 'silent'), 'unreachable'],
    ['a full disk', new InfraError('disk-full', 'no space left'), 'no-room'],
    ['a broken disk', new InfraError('disk-failed', 'input/output error'), 'disk'],
  ] as const)
    t.test(`calls ${what} ${problem}`, async (t) => {
      const { fake, lookTwice, wish: say } = keeper()
      await say(wish)
      fake.does.push(() => Promise.reject(error))
      t.match(await lookTwice(), { [file]: { held: false, problem, detail: error.message } })
    })

  t.test('does not fill its disk', async (t) => {
    const { fake, clock, lookTwice, wish: say } = keeper()
    await say(wish)
    fake.space = { totalBytes: 32e9, availableBytes: 400e6 }
    t.match(await lookTwice(), {
      [file]: { problem: 'no-room', detail: '1000 bytes more, 400000000 are free' },
    })
    t.equal(fake.fetches, 0)
    fake.space = { totalBytes: 32e9, availableBytes: 600e6 }
    fake.does.push(() => content)
    await clock.advance(seconds(1))
    t.match(await lookTwice(), { [file]: { held: true } })
  })

  t.test('says that less came than was promised', async (t) => {
    const { fake, lookTwice, wish: say } = keeper()
    await say(wish)
    fake.does.push(() => content.subarray(1))
    t.match(await lookTwice(), { [file]: { problem: 'wrong-length', detail: '999 bytes of 1000' } })
  })

  t.test('keeps as many as it is told', async (t) => {
    const { fake, look, lookTwice, wish: say } = keeper()
    for (const day of [20, 21, 22]) {
      await say(wished(content, { file: `infra-home-2026-11-${day}T03-40-00Z.db.gz.age` }))
      fake.does.push(() => content)
      await lookTwice()
    }
    t.same(Object.keys(await look()), [
      'infra-home-2026-11-22T03-40-00Z.db.gz.age',
      'infra-home-2026-11-21T03-40-00Z.db.gz.age',
    ])
    t.equal(fake.files.size, 2)
  })

  t.test('replaces a copy that was encrypted again', async (t) => {
    const { fake, lookTwice, wish: say } = keeper()
    const again = randomBytes(900)
    for (const bytes of [content, again]) {
      await say(wished(bytes))
      fake.does.push(() => bytes)
      await lookTwice()
    }
    t.match(await lookTwice(), { [file]: { held: true, bytes: 900 } })
    t.ok(fake.files.get(file)?.equals(again))
  })

  t.test('does one thing at a time', async (t) => {
    const { fake, look, wish: say } = keeper()
    await say(wish)
    const { promise, resolve } = Promise.withResolvers<Buffer>()
    fake.does.push(() => promise)
    for (let i = 0; i < 3; i++) t.match(await look(), { [file]: { held: false, problem: null } })
    for (let i = 0; i < 3; i++) await settle()
    await look()
    t.equal(fake.fetches, 1)
    resolve(content)
  })
})

t.test('wishes that come together are all kept', async (t) => {
  const disk = realDisk(t.testdir())
  const wishes = await openWishes(disk)
  const word = { site: 'home', node: 'rpi4-2', epoch: 1, generation: 1, signature: null }
  const wish = wished(Buffer.from('x'))
  t.equal(wishes.take('cadence', { ...word, body: { sampleMs: 5000, refreshMs: 60_000 } }), 'newer')
  const first = wishes.kept()
  t.equal(wishes.take('backup', { ...word, body: wish }), 'newer')
  const second = wishes.kept()
  t.equal(wishes.take('cadence', { ...word, generation: 2, body: null }), 'newer')
  await Promise.all([first, second, wishes.kept()])
  t.same(await wishOnDisk(disk, 'backup'), wish)
  t.equal(await wishOnDisk(disk, 'cadence'), null)
})

t.test('the folder of large files', async (t) => {
  const content = randomBytes(3_000_000)
  type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => void
  const served = async (t: Test, handle: Handler) => {
    const heads: (string | undefined)[] = []
    const server = createServer((incoming, outgoing) => {
      heads.push(incoming.headers.range)
      handle(incoming, outgoing)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => {
      server.closeAllConnections()
      server.close()
    })
    const folder = join(t.testdir(), 'backups')
    const files = realLargeFiles(folder, { host: () => '127.0.0.1', authority: () => null })
    const source = { port: (server.address() as AddressInfo).port, path: '/copy' }
    return { folder, files, heads, fetch: () => files.fetch('x', source, content.length) }
  }
  const rangeOf = (incoming: IncomingMessage): number =>
    Number(/\d+/.exec(incoming.headers.range ?? '0')?.[0])
  const honest: Handler = (incoming, outgoing) => {
    const from = rangeOf(incoming)
    if (from > 0) outgoing.setHeader('content-range', `bytes ${from}-${content.length - 1}/${content.length}`)
    outgoing.writeHead(from > 0 ? 206 : 200).end(content.subarray(from))
  }

  t.test('appears with the first file', async (t) => {
    const { folder, files, fetch } = await served(t, honest)
    t.same(await files.list(), [])
    t.notOk(existsSync(folder))
    await fetch()
    t.same(await files.list(), [{ name: 'x', bytes: content.length }])
    t.equal(await files.sha256('x'), sha256(content))
    await files.rename('x', 'y')
    await files.remove('nothing')
    t.same(readdirSync(folder), ['y'])
    t.ok(((await files.space())?.totalBytes ?? 0) > 0)
  })

  t.test('goes on where a cut transfer ended', async (t) => {
    let cut = true
    const { folder, fetch, heads } = await served(t, (incoming, outgoing) => {
      if (!cut) return honest(incoming, outgoing)
      cut = false
      outgoing.writeHead(200, { 'content-length': content.length })
      outgoing.write(content.subarray(0, 2_000_000), () => outgoing.socket?.end())
    })
    await t.rejects(fetch(), { code: 'http-failed' })
    const here = statSync(join(folder, 'x')).size
    t.ok(here > 1_000_000 && here <= 2_000_000, `${here} bytes arrived`)
    await fetch()
    t.same(heads, [undefined, `bytes=${here}-`])
    t.ok(readFileSync(join(folder, 'x')).equals(content))
    await fetch()
    t.equal(heads.length, 2, 'what is whole is not asked for')
  })

  t.test('begins anew where the source cannot go on', async (t) => {
    const { folder, files, fetch } = await served(t, (_incoming, outgoing) => outgoing.end(content))
    await files.space()
    writeFileSync(join(folder, 'x'), randomBytes(100))
    await fetch()
    t.ok(readFileSync(join(folder, 'x')).equals(content))
  })

  t.test('takes no other part than it asked for', async (t) => {
    const { folder, files, fetch } = await served(t, (_incoming, outgoing) => {
      outgoing.writeHead(206, { 'content-range': `bytes 7-99/${content.length}` }).end(content.subarray(7))
    })
    await files.space()
    writeFileSync(join(folder, 'x'), content.subarray(0, 100))
    await t.rejects(fetch(), { code: 'http-failed', context: { status: 206 } })
    t.equal(statSync(join(folder, 'x')).size, 100)
  })

  t.test('takes no more than was promised', async (t) => {
    const { folder, fetch } = await served(t, (_incoming, outgoing) => {
      outgoing.end(Buffer.concat([content, content]))
    })
    await t.rejects(fetch(), { code: 'http-failed', message: /more than 3000000 bytes/ })
    t.ok(statSync(join(folder, 'x')).size <= content.length)
  })

  t.test('says the status of a refusal, that nobody answers, and that there is no broker', async (t) => {
    const { files, fetch } = await served(t, (_incoming, outgoing) => outgoing.writeHead(404).end())
    await t.rejects(fetch(), { code: 'http-failed', context: { status: 404 } })
    await t.rejects(files.fetch('x', { port: 1, path: '/' }, 10), { code: 'http-failed', context: {} })
    const nowhere = realLargeFiles(t.testdirName, { host: () => null, authority: () => null })
    await t.rejects(nowhere.fetch('x', { port: 1, path: '/' }, 10), { code: 'http-failed' })
  })
})
