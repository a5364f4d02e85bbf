import { createHmac, generateKeyPairSync, hkdfSync } from 'node:crypto'
import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { authenticWire } from '@infra-home/agent/authentic-wire.ts'
import { openObedience } from '@infra-home/agent/commands/obedience.ts'
import { lackOf } from '@infra-home/agent/commands/verbs.ts'
import { openConversation } from '@infra-home/agent/conversation.ts'
import { parseRights } from '@infra-home/agent/parse/rights.ts'
import { openPinnedApprovers } from '@infra-home/agent/pinned-approvers.ts'
import { openPinnedKeys } from '@infra-home/agent/pinned-keys.ts'
import type { Wire, WireOptions } from '@infra-home/agent/sys/wire.ts'
import { openWishes } from '@infra-home/agent/wishes.ts'
import { keptWitnesses } from '@infra-home/agent/witness.ts'
import { reignIn } from '@infra-home/coordinator/coordinator-words.ts'
import { createMacKeys } from '@infra-home/coordinator/trust/mac-keys.ts'
import { openSigningKeys, type SigningKeys } from '@infra-home/coordinator/trust/signing-keys.ts'
import { minutes } from '@infra-home/shared/clock.ts'
import type { CmdMessage } from '@infra-home/shared/messages/cmd.ts'
import type { WantMessage } from '@infra-home/shared/messages/want.ts'
import { macFault, macKeyFrom, macKeyOfSecret, withMac, withoutMac } from '@infra-home/shared/seal/mac.ts'
import { isSignedBy, publicKeyText, signed } from '@infra-home/shared/seal/signature.ts'
import { heirsOf, type Succession } from '@infra-home/shared/seal/succession.ts'
import { seeded } from '../conformance/store-day.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { bearer, httpHouse } from '../helpers/http-world.ts'
import { voice } from '../helpers/said.ts'

const SEED = Number(process.env['SEED'] ?? 20_261_123)
const AT = '2026-11-01T00:00:00Z'
const quiet = (): void => {}
const bytes = (text: string): Uint8Array => Buffer.from(text)
const folder = (): string => mkdtempSync(join(tmpdir(), 'infra-home-seal-'))
const signingKeys = (): SigningKeys => openSigningKeys(folder(), { site: 'home', at: AT })

t.test('the MAC of a message', async (t) => {
  const key = macKeyOfSecret('s3cret', { site: 'home', node: 'rpi4-1' })
  const topic = 'ih/1/rpi4-1/tm'
  const text = JSON.stringify({ v: 1, name: 'Wohnung „oben“', load: 0.5 })
  const sealed = withMac(key, topic, text)

  t.test('is HMAC-SHA256 over topic and text under an HKDF key, as anybody can work out', async (t) => {
    const hashed = Buffer.from('ad2e63ff25f3bc9f1dc0cb7d60a55f34b3ad1bb6d9f4a3b9e9ee8fd5e2d2d7a3', 'hex')
    const raw = Buffer.from(hkdfSync('sha256', hashed, '', 'infra-home mac v1 home rpi4-1', 32))
    const open = text.slice(0, -1)
    const mac = createHmac('sha256', raw).update(`${topic}\n${open}`).digest().subarray(0, 16)
    t.equal(
      withMac(macKeyFrom(hashed, 'home', 'rpi4-1'), topic, text),
      `${open},"mac":"${mac.toString('base64url')}"}`,
    )
  })
  t.test('leaves JSON that says the same', async (t) => {
    t.match(JSON.parse(sealed), JSON.parse(text))
    t.equal(macFault(key, topic, bytes(sealed)), null)
    t.equal(withoutMac(sealed), text)
    t.equal(withoutMac(text), text)
    t.equal(withoutMac('{}'), '{}')
  })

  const other = macKeyOfSecret('s3cret', { site: 'home', node: 'rpi4-2' })
  const rows: [name: string, topic: string, payload: string, fault: string][] = [
    ['none', topic, text, 'no-mac'],
    ['an empty message', topic, '', 'no-mac'],
    ['half of it', topic, sealed.slice(0, -10), 'no-mac'],
    ['a space behind it', topic, `${sealed} `, 'no-mac'],
    ['one that is not base64url', topic, sealed.replace(/.{22}"}$/, '!!!!!!!!!!!!!!!!!!!!!!"}'), 'wrong-mac'],
    ['another text', topic, sealed.replace('0.5', '0.6'), 'wrong-mac'],
    ['another topic', 'ih/1/rpi4-1/backlog', sealed, 'wrong-mac'],
    ["another node's key", topic, withMac(other, topic, text), 'wrong-mac'],
    ['a second one behind the first', topic, withMac(other, topic, sealed), 'wrong-mac'],
  ]
  for (const [name, where, payload, fault] of rows)
    t.test(`${name}: ${fault}`, async (t) => t.equal(macFault(key, where, bytes(payload)), fault))

  t.test(`no single changed byte passes (seed ${SEED})`, async (t) => {
    const chance = seeded(SEED)
    for (let i = 0; i < 2000; i++) {
      const changed = Buffer.from(sealed)
      const at = Math.floor(chance() * changed.length)
      changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(chance() * 8))
      const fault = macFault(key, topic, changed)
      // The last letter of 22 carries 4 bits of the MAC and 2 that say nothing.
      if (fault === null && at !== changed.length - 3)
        return t.fail(`byte ${at} was changed and nobody saw it`)
    }
    t.pass()
  })
  t.test('comes of a key that is worked out anew when the secret is replaced', async (t) => {
    let secret: Uint8Array | null = Buffer.alloc(32, 1)
    const keyOf = createMacKeys('home', () => secret)
    const first = keyOf('rpi4-1')
    t.equal(keyOf('rpi4-1'), first, 'and not before')
    secret = Buffer.alloc(32, 2)
    t.notOk(first?.equals(keyOf('rpi4-1') ?? first))
    secret = null
    t.equal(keyOf('rpi4-1'), null)
  })
})

t.test('a signature', async (t) => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const key = publicKeyText(privateKey)
  const message = signed(privateKey, { verb: 'rebirth', args: { b: 1, a: [true, 'ü'] }, generation: 3 })

  t.test('does not depend on the order in which JSON says a thing', async (t) => {
    const { signature, args, verb, generation } = message
    t.ok(isSignedBy(key, { generation, signature, args: { a: args.a, b: args.b }, verb } as never))
  })
  const strange = publicKeyText(generateKeyPairSync('ed25519').privateKey)
  const rows: [name: string, key: string, message: object][] = [
    ['of nobody', key, { ...message, signature: null }],
    ['that is no signature', key, { ...message, signature: 'no' }],
    ['of another key', strange, message],
    ['by a key that is none', 'AAAA', message],
    ['over another value', key, { ...message, generation: 4 }],
    ['over a value deep inside', key, { ...message, args: { b: 1, a: [false, 'ü'] } }],
    ['over less', key, { ...message, args: { b: 1 } }],
    ['over more', key, { ...message, more: 1 }],
  ]
  for (const [name, by, what] of rows)
    t.test(`${name} does not count`, async (t) => t.notOk(isSignedBy(by, what as never)))
})

t.test('the coordinator’s signing keys', async (t) => {
  t.test('are made once, for its eyes alone, and are there after a restart', async (t) => {
    const where = folder()
    const first = openSigningKeys(where, { site: 'home', at: AT })
    const again = openSigningKeys(where, { site: 'home', at: AT })
    t.same(again.current(), first.current())
    t.ok(again.isOurs(first.sign({ verb: 'rebirth' })))
    t.equal(statSync(join(where, 'signing.json')).mode & 0o777, 0o600)
    t.equal(JSON.parse(readFileSync(join(where, 'signing.json'), 'utf8')).keys.length, 1)
  })
  t.test('change hands with an overlap', async (t) => {
    const keys = signingKeys()
    const [old] = keys.current()
    t.equal(keys.retire(), null, 'not without a next one')
    const fresh = keys.prepare(AT) ?? ''
    t.equal(keys.prepare(AT), null, 'one at a time')
    t.equal(keys.current().length, 2)
    t.ok(isSignedBy(old ?? '', keys.sign({ a: 1 })), 'the old one signs while it is there')
    t.equal(keys.retire(), old)
    t.same(keys.current(), [fresh])
    t.ok(isSignedBy(fresh, keys.sign({ a: 1 })))
    t.match(keys.succession(), { endorsements: [{ key: fresh, by: old }], retired: [old] })
  })
})

const wishOfKeys = (keys: SigningKeys): WantMessage<'keys'> => {
  const { endorsements, retired } = keys.succession()
  const body = { endorsements: [...endorsements], retired: [...retired] }
  return keys.sign({ site: 'home', node: 'rpi4-1', epoch: 1, generation: 1, body })
}

t.test('an agent follows the coordinator from key to key', async (t) => {
  const start = async () => {
    const keys = signingKeys()
    const disk = fakeDisk().mount()
    const roots = [...keys.current()]
    const open = () => openPinnedKeys(disk, { site: 'home', roots, log: quiet })
    return { keys, disk, open, pinned: await open() }
  }
  t.test('and remembers it after a restart, when the first key counts no more', async (t) => {
    const { keys, open, pinned } = await start()
    const early = keys.sign({ verb: 'early' })
    keys.prepare(AT)
    t.equal(await pinned.follow(wishOfKeys(keys)), null)
    keys.retire()
    t.equal(pinned.faultOf(keys.sign({ a: 1 })), null, 'the new one counts already')
    t.equal(pinned.faultOf(early), null, 'and the old one still')
    t.equal(await pinned.follow(wishOfKeys(keys)), null)
    for (const known of [pinned, await open()]) {
      t.equal(known.faultOf(keys.sign({ a: 1 })), null)
      t.equal(known.faultOf(early), 'altered')
      t.equal(known.faultOf({ signature: null }), 'unsigned')
    }
  })
  t.test('even when it slept through five successions', async (t) => {
    const { keys, pinned } = await start()
    for (let i = 0; i < 5; i++) {
      keys.prepare(AT)
      keys.retire()
    }
    t.equal(await pinned.follow(wishOfKeys(keys)), null)
    t.equal(pinned.faultOf(keys.sign({ a: 1 })), null)
  })
  t.test('and nobody else', async (t) => {
    const { keys, pinned } = await start()
    const thief = signingKeys()
    const own = thief.current()[0] ?? ''
    const victim = keys.current()[0] ?? ''
    const body = (by: string): Succession => ({
      endorsements: [thief.sign({ site: 'home', key: own, by })],
      retired: [victim],
    })
    for (const by of [own, victim]) {
      const word = thief.sign({ site: 'home', node: 'rpi4-1', epoch: 9, generation: 9, body: body(by) })
      t.equal(await pinned.follow(word as never), 'altered')
    }
    t.equal(await pinned.follow({ ...wishOfKeys(keys), signature: null }), 'unsigned')
    t.equal(pinned.faultOf(thief.sign({ a: 1 })), 'altered')
    t.equal(pinned.faultOf(keys.sign({ a: 1 })), null)
  })
  t.test('a retired key vouches for nobody, and not for another site', async (t) => {
    const keys = signingKeys()
    const [old = ''] = keys.current()
    const fresh = keys.prepare(AT) ?? ''
    const { endorsements } = keys.succession()
    t.same(heirsOf('home', { trusted: [old], retired: [] }, endorsements), [old, fresh])
    t.same(heirsOf('home', { trusted: [old], retired: [old] }, endorsements), [])
    t.same(heirsOf('away', { trusted: [old], retired: [] }, endorsements), [old])
  })
})

const IDENTITY = { site: 'home', node: 'rpi4-1', boot: 'boot-1', session: 1 }
const commandOf = (keys: SigningKeys, change: Partial<CmdMessage> = {}): CmdMessage =>
  keys.sign({
    id: '01JD0000000000000000000000',
    site: 'home',
    node: 'rpi4-1',
    boot: 'boot-1',
    epoch: 5,
    generation: 3,
    issuedAt: 10_000,
    expiresAt: 7_000_000,
    verb: 'rebirth' as const,
    args: {},
    ...change,
  })

t.test('obedience', async (t) => {
  const open = async (disk = fakeDisk().mount(), keys = signingKeys()) => {
    const done: string[] = []
    const obedience = await openObedience({
      identity: IDENTITY,
      clock: fakeClock(),
      disk,
      keys: await openPinnedKeys(disk, { site: 'home', roots: keys.current(), log: quiet }),
      rights: [],
      ports: {
        rebirth: () => done.push('rebirth'),
        switchUplink: async () => null,
        tether: async () => null,
        sendSms: async () => null,
      },
      log: quiet,
    })
    return { obedience, keys, done }
  }
  t.test('is owed to what the coordinator signed, and to nothing else', async (t) => {
    const { obedience, keys, done } = await open()
    const good = commandOf(keys)
    t.equal(await obedience.obey({ ...good, signature: null }, null), 'unsigned')
    t.equal(await obedience.obey({ ...good, generation: 4 }, null), 'altered')
    t.equal(await obedience.obey(commandOf(signingKeys()), null), 'altered')
    t.equal(await obedience.obey(commandOf(keys, { node: 'rpi4-2' }), null), 'wrong-node')
    t.same(done, [])
    t.equal(await obedience.obey(good, null), null)
    t.equal(await obedience.obey(good, null), 'replayed')
    t.same(done, ['rebirth'])
  })
  t.test('remembers over a restart what it did, and gives it back as it was signed', async (t) => {
    const disk = fakeDisk().mount()
    const first = await open(disk)
    const good = commandOf(first.keys)
    t.equal(first.obedience.newest(), null)
    await first.obedience.obey(good, null)
    const again = await open(disk, first.keys)
    t.same(again.obedience.newest(), good)
    t.ok(first.keys.isOurs(again.obedience.newest() ?? { signature: null }))
    t.equal(await again.obedience.obey(good, null), 'replayed')
    t.equal(await again.obedience.obey(commandOf(first.keys, { epoch: 4, generation: 9 }), null), 'older')
  })
})

t.test('the rights of a process are those of its CapEff line', async (t) => {
  t.same(parseRights('Name:\tnode\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n'), ['network-admin'])
  t.same(parseRights('CapEff:\t0000000000001000\n'), ['network-admin'])
  t.same(parseRights('CapEff:\t0000000000000fff\n'), [])
  for (const text of [null, '', 'CapEff:\tzzz\n']) t.same(parseRights(text), [])
  t.same(lackOf('rebirth', []), [])
})

t.test('over a broker that is not to be trusted', async (t) => {
  const key = macKeyOfSecret('s3cret', IDENTITY)
  const open = async () => {
    const clock = fakeClock()
    const keys = signingKeys()
    const files = fakeDisk()
    const disk = files.mount()
    const told: { reason: string; id: string }[] = []
    const settled: unknown[] = []
    const said: string[] = []
    const conversation = await openConversation({
      identity: IDENTITY,
      clock,
      disk,
      outbox: {
        owed: () => [],
        resend: quiet,
        due: () => [],
        settle: (what: unknown) => settled.push(what),
      } as never,
      publisher: {
        event: (_kind: string, body: { reason: string; id: string }) => told.push(body),
        stateKeys: () => [],
        repeatStates: quiet,
      } as never,
      wishes: await openWishes(disk),
      keys: await openPinnedKeys(disk, { site: 'home', roots: keys.current(), log: quiet }),
      approvers: openPinnedApprovers({ site: 'home', disk, log: quiet, tell: quiet }),
      rights: [],
      wire: () => ({ publish: (topic: string) => said.push(topic) }) as never,
      connection: () => 1,
      describe: () => ({ agentVersion: '0', mode: 'full', capabilities: [], cadenceMs: 1000 }),
      onWish: () => wished.push('wish'),
      onLease: quiet,
      onSignOfLife: quiet,
      switchUplink: async () => null,
      tether: async () => null,
      sendSms: async () => null,
      onTime: quiet,
      log: quiet,
    })
    const wished: string[] = []
    return { clock, keys, disk, files, conversation, told, settled, said, wished }
  }
  /** As it comes through the wire, MAC and all. */
  const say = (value: object): Uint8Array => bytes(withMac(key, 'whatever', JSON.stringify(value)))
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  t.test('forged acknowledgements are not let in, authentic ones are', async (t) => {
    let on: WireOptions | null = null
    const sent: [string, string][] = []
    const inner: Wire = {
      publish: (topic, payload) => void sent.push([topic, payload]),
      close: async () => {},
    }
    const heard: string[] = []
    const forged: string[] = []
    const wire = authenticWire(
      (options) => {
        on = options
        return inner
      },
      { node: 'rpi4-1', key, onForged: (topic, fault) => forged.push(`${topic} ${fault}`) },
    )({
      will: { topic: 'ih/1/rpi4-1/$state', payload: '{"state":"lost"}' },
      subscriptions: [],
      onOpen: quiet,
      onMessage: (topic) => heard.push(topic),
      onEnd: quiet,
    })
    const options = on as unknown as WireOptions
    options.onMessage('ih/1/rpi4-1/ack', bytes('{"upTo":9}'), false)
    options.onMessage('ih/1/rpi4-1/ack', bytes(withMac(key, 'ih/1/rpi4-1/cmd/rebirth', '{"upTo":9}')), false)
    t.same([heard, forged], [[], ['ih/1/rpi4-1/ack no-mac', 'ih/1/rpi4-1/ack wrong-mac']])
    options.onMessage('ih/1/rpi4-1/ack', bytes(withMac(key, 'ih/1/rpi4-1/ack', '{"upTo":9}')), false)
    options.onMessage('ih/1/$coord/state', bytes('{}'), true)
    t.same(heard, ['ih/1/rpi4-1/ack', 'ih/1/$coord/state'], 'what is said to all is judged by its signature')
    wire.publish('ih/1/rpi4-1/tm', '{"a":1}', { qos: 0, retain: false })
    for (const [topic, payload] of [...sent, [options.will.topic, options.will.payload] as const])
      t.equal(macFault(key, topic, bytes(payload)), null, topic)
  })
  t.test('a coordinator that nobody signed for is not there, and its wishes are not kept', async (t) => {
    const { conversation, keys, told, wished } = await open()
    const state = { v: 1, site: 'home', state: 'online', epoch: 7, epochMs: 0, at: AT }
    const wish = { site: 'home', node: 'rpi4-1', epoch: 1, generation: 1, body: null }
    conversation.hear('ih/1/$coord/state', say({ ...state, signature: null }), false)
    conversation.hear('ih/1/$coord/state', say({ ...keys.sign(state), epoch: 99 }), false)
    conversation.hear('ih/1/rpi4-1/want/cadence', say({ ...wish, signature: null }), false)
    conversation.hear('ih/1/rpi4-1/want/cadence', say(signingKeys().sign(wish)), false)
    conversation.hear('ih/1/rpi4-1/want/cadence', say(keys.sign({ ...wish, node: 'rpi4-2' })), false)
    await turn()
    t.same(
      told.map(({ id, reason }) => `${id} ${reason}`),
      [
        '$coord/state unsigned',
        '$coord/state altered',
        'cadence unsigned',
        'cadence altered',
        'cadence wrong-node',
      ],
    )
    t.same(wished, [])
    conversation.hear('ih/1/rpi4-1/want/cadence', say(keys.sign(wish)), false)
    await turn()
    t.same(wished, ['wish'])
  })
  t.test(
    'a wish older than the one that is kept is refused and not answered; the same one is answered again',
    async (t) => {
      const { conversation, disk, keys, told, wished, said } = await open()
      const witness = (position: number) => ({ position, hash: 'ab'.repeat(32), at: AT })
      const hear = async (generation: number): Promise<void> => {
        const wish = { site: 'home', node: 'rpi4-1', epoch: 1, generation, body: witness(generation) }
        conversation.hear('ih/1/rpi4-1/want/witness', say(keys.sign(wish)), false)
        await turn()
      }
      await hear(7)
      await hear(6)
      t.same(said, ['ih/1/rpi4-1/have/witness'])
      t.match(told, [{ id: 'witness', reason: 'older' }])
      t.match(await keptWitnesses(disk), [{ position: 7 }])
      await hear(7)
      t.same(said, ['ih/1/rpi4-1/have/witness', 'ih/1/rpi4-1/have/witness'])
      t.same(wished, ['wish'])
    },
  )
  t.test('a wish holds on a full disk too, and is said to be kept once it is', async (t) => {
    const { conversation, clock, disk, files, keys, wished, said } = await open()
    const wish = { site: 'home', node: 'rpi4-1', epoch: 1, generation: 1, body: null }
    const hear = async (): Promise<void> => {
      conversation.hear('ih/1/rpi4-1/want/cadence', say(keys.sign(wish)), false)
      await turn()
    }
    files.limit(0)
    await hear()
    await hear()
    await clock.advance(minutes(30))
    t.same([wished, said], [['wish'], []])
    t.equal((await openWishes(disk)).take('cadence', { ...wish, signature: null }), 'newer')
    files.limit(null)
    await clock.advance(minutes(1))
    await turn()
    t.same([wished, said], [['wish'], ['ih/1/rpi4-1/have/cadence']], 'once, though it was said twice')
    t.equal((await openWishes(disk)).take('cadence', { ...wish, signature: null }), 'known')
  })
  t.test('a storm of forged commands does not become a storm of events', async (t) => {
    const { conversation, clock, told } = await open()
    const thief = signingKeys()
    for (let i = 0; i < 500; i++) conversation.hear('ih/1/rpi4-1/cmd/rebirth', say(commandOf(thief)), false)
    await turn()
    t.equal(told.length, 20)
    await clock.advance(minutes(10))
    conversation.hear('ih/1/rpi4-1/cmd/rebirth', say(commandOf(thief)), false)
    await turn()
    t.equal(told.length, 21)
  })
  t.test('nobody but a coordinator with our key deposes us', async (t) => {
    const keys = signingKeys()
    const state = { v: 1, site: 'home', state: 'online', epoch: 9 }
    t.same(reignIn(JSON.stringify(keys.sign(state)), keys.isOurs), { epoch: 9, state: 'online' })
    t.equal(reignIn(JSON.stringify(keys.sign({ ...state, state: 'asleep' })), keys.isOurs), null)
    t.equal(reignIn(JSON.stringify(state), keys.isOurs), null)
    t.equal(reignIn(JSON.stringify({ ...keys.sign(state), epoch: 10 }), keys.isOurs), null)
    t.equal(reignIn(JSON.stringify(signingKeys().sign(state)), keys.isOurs), null)
    for (const rubbish of ['', '{', 'null', '7', '{"signature":7}'])
      t.equal(reignIn(rubbish, keys.isOurs), null)
  })
})

t.test('over the API the signing key changes hands', async (t) => {
  const world = await httpHouse()
  const { house, http, wished } = world
  t.teardown(() => http.stop())
  house.hear(voice('rpi4-1', house.clock).birth())
  const as = (token: string) => ({ ...bearer(token), host: '127.0.0.1' })
  const ask = (method: 'GET' | 'POST' | 'DELETE', path = '', token = 'all') =>
    http.app.inject({ method, url: `/api/v1/signing-keys${path}`, headers: as(token) })
  const keys = async (): Promise<{ key: string; state: string }[]> =>
    (
      await http.app.inject({
        url: '/api/v1/signing-keys',
        headers: { ...as('all'), accept: 'application/json' },
      })
    ).json<{
      items: { key: string; state: string }[]
    }>().items
  const old = (await keys())[0]?.key ?? ''
  t.equal((await ask('DELETE', `/${old}`)).statusCode, 409, 'not without a next one')
  t.equal((await ask('POST', '', 'operator')).statusCode, 403, 'and not by everybody')
  t.equal((await ask('POST')).statusCode, 201)
  t.same(wished, ['rpi4-1 keys', 'greeting'])
  t.equal((await ask('POST')).statusCode, 409, 'one at a time')
  const fresh = (await keys())[1]?.key ?? ''
  t.equal((await ask('DELETE', `/${fresh}`)).statusCode, 409, 'the next one is not to be retired')
  t.equal((await ask('DELETE', `/${'A'.repeat(43)}`)).statusCode, 404)
  t.equal((await ask('DELETE', '/rubbish')).statusCode, 400)
  t.equal((await ask('DELETE', `/${old}`)).statusCode, 204)
  t.equal((await ask('DELETE', `/${old}`)).statusCode, 204, 'twice is once')
  t.same(
    (await keys()).map(({ key, state }) => [key, state]),
    [
      [fresh, 'signs'],
      [old, 'retired'],
    ],
  )
  t.same(wished, ['rpi4-1 keys', 'greeting', 'rpi4-1 keys', 'greeting'])
  t.match((await ask('GET')).body, /KEY +STATE +SINCE\n.*signs/)
  const asked = house.journal.flatMap((entry) => (entry.kind === 'request' ? [entry.body] : []))
  t.match(asked, [
    { request: 'prepare-signing-key', key: fresh },
    { request: 'retire-signing-key', key: old },
  ])
})
