import { X509Certificate } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createSecureServer, type TLSSocket } from 'node:tls'
import { Aedes } from 'aedes'
import t, { type Test } from 'tap'
import { externalBus, type ExternalOptions } from '@infra-home/coordinator/broker/external.ts'
import { type Access, accessFor, roleOf } from '@infra-home/coordinator/broker/mosquitto/access.ts'
import { createGate, type Gate } from '@infra-home/coordinator/broker/mosquitto/gate.ts'
import type { Command } from '@infra-home/coordinator/broker/mosquitto/reconcile.ts'
import { revocationFile } from '@infra-home/coordinator/broker/mosquitto/revocation-file.ts'
import { hours, milliseconds, seconds } from '@infra-home/shared/clock.ts'
import { eventually } from '../helpers/eventually.ts'
import { type FakeClock, fakeClock, settle } from '../helpers/fake-clock.ts'
import { toyAuthority } from '../helpers/toy-authority.ts'

/** A broker whose plug can be pulled, and what was said at it. */
const broker = async (
  at = 0,
  lets: () => boolean = () => true,
): Promise<{ readonly port: number; readonly said: string[]; cut(): void; pull(): void }> => {
  const aedes = await Aedes.createBroker()
  const said: string[] = []
  aedes.authenticate = (_client, _username, _password, done) =>
    lets() ? done(null, true) : done(Object.assign(new Error('no'), { returnCode: 5 }), false)
  aedes.on('publish', ({ topic, payload }) => said.push(`${topic} ${payload.toString()}`))
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    aedes.handle(socket)
  })
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve))
  return {
    port: (server.address() as { port: number }).port,
    said,
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    pull() {
      server.close()
      for (const socket of sockets) socket.destroy()
      aedes.close()
    },
  }
}

/** What a bus needs that says nothing and hears nothing. */
const quietly = (port: number, clock: FakeClock = fakeClock()): ExternalOptions => ({
  host: '127.0.0.1',
  port,
  identity: { kind: 'password', username: 'coordinator', password: 'secret' },
  will: () => '{}',
  clock,
  log: () => {},
  onConnected() {},
  onArrival() {},
  onRefused() {},
  onCoordinatorState() {},
})

t.test('stops, and says what it cannot say, while somebody else’s broker is away', async (t) => {
  const { port, pull } = await broker()
  const bus = externalBus(quietly(port))
  await bus.start()
  await bus.publish('ih/1/$coord/state', '{}', { qos: 1, retain: true })
  pull()
  await eventually('the connection is lost', () => !bus.connected())
  await t.rejects(bus.publish('ih/1/$coord/state', '{}', { qos: 1, retain: true }), { code: 'broker-failed' })
  await bus.stop()
  t.notOk(bus.connected())
})

t.test('starts without a broker that is not there, and finds it when it comes', async (t) => {
  const gone = await broker()
  gone.pull()
  let greetings = 0
  const clock = fakeClock()
  const bus = externalBus({ ...quietly(gone.port, clock), onConnected: () => void greetings++ })
  t.teardown(() => bus.stop())
  let started = false
  void bus.start().then(() => (started = true))
  await eventually('the start', async () => {
    await clock.advance(seconds(5))
    return started
  })
  t.notOk(bus.connected())
  const { pull } = await broker(gone.port)
  t.teardown(pull)
  await eventually('the greeting', () => greetings === 1)
  t.ok(bus.connected())
})

t.test('says so when the broker that came does not let us in', async (t) => {
  const gone = await broker()
  gone.pull()
  const [clock, said] = [fakeClock(), [] as string[]]
  const bus = externalBus({
    ...quietly(gone.port, clock),
    log: (level, sentence) => said.push(`${level} ${sentence}`),
  })
  t.teardown(() => bus.stop())
  let started = false
  void bus.start().then(() => (started = true))
  await eventually('the start', async () => {
    await clock.advance(seconds(5))
    return started
  })
  const strict = await broker(gone.port, () => false)
  t.teardown(strict.pull)
  await eventually('to be told', () => said.length > 0)
  t.same(said, ['error the broker that came does not let us in'])
  t.notOk(bus.connected())
})

t.test('what a broker says of us when we are gone has the epoch that we have by then', async (t) => {
  const { port, said, cut, pull } = await broker()
  t.teardown(pull)
  let epoch = 7
  let greetings = 0
  const will = () => JSON.stringify({ epoch })
  const bus = externalBus({ ...quietly(port), will, onConnected: () => void greetings++ })
  t.teardown(() => bus.stop())
  await bus.start()
  epoch = 8
  cut()
  await eventually('the will of the start', () => said.includes('ih/1/$coord/state {"epoch":7}'))
  await eventually('to be back', () => greetings === 2)
  cut()
  await eventually('the will of now', () => said.includes('ih/1/$coord/state {"epoch":8}'))
})

const accessOf = (...names: string[]): Access =>
  accessFor(names.map((name) => [name, { role: 'node', revoked: null }]))

/** A gate before a dynamic-security plugin of which a test says how well it is. */
const guarded = () => {
  const clock = fakeClock()
  const book = { roles: new Map<string, unknown>(), clients: new Map<string, object>() }
  const asked: string[] = []
  const held: string[] = []
  const counted: string[] = []
  const said: string[] = []
  const home = { wanted: accessOf(), health: 'well' as 'well' | 'silent' | 'late' | 'refusing' | 'away' }

  const obey = (one: Command): object => {
    const { command, correlationData } = one
    const [rolename, username] = [String(one['rolename']), String(one['username'])]
    const done = { command, correlationData }
    const twice = { ...done, error: 'already exists' }
    switch (command) {
      case 'listRoles':
        return {
          ...done,
          data: { roles: [...book.roles].map(([name, acls]) => ({ rolename: name, acls })) },
        }
      case 'listClients':
        return {
          ...done,
          data: { clients: [...book.clients].map(([name, client]) => ({ username: name, ...client })) },
        }
      case 'createRole':
        if (home.health === 'refusing') return { ...done, error: 'Internal error' }
        if (book.roles.has(rolename)) return twice
        book.roles.set(rolename, one['acls'])
        return done
      case 'createClient':
        if (book.clients.has(username)) return twice
        if (!book.roles.has(roleOf(username))) return { ...done, error: 'Role not found' }
        book.clients.set(username, { roles: one['roles'] })
        return done
      case 'deleteRole':
        book.roles.delete(rolename)
        return done
      case 'deleteClient':
        book.clients.delete(username)
        return done
      default:
        return done
    }
  }
  const gate: Gate = createGate(
    { clock, wanted: () => home.wanted, log: (level, sentence) => said.push(`${level} ${sentence}`) },
    {
      onRefused: (reason, detail) => counted.push(`${reason} ${detail}`),
      async publish(_topic, payload) {
        if (home.health === 'away') throw new Error('not connected')
        const { commands } = JSON.parse(payload) as { commands: Command[] }
        asked.push(...commands.map(({ command, ['username']: name }) => [command, name].join(' ').trim()))
        if (home.health === 'silent') return
        const answer = JSON.stringify({ responses: commands.map(obey) })
        if (home.health === 'late') held.push(answer)
        else queueMicrotask(() => gate.hear(answer))
      },
    },
  )
  const cuts = (): string[] => asked.filter((one) => one.startsWith('disableClient'))
  return { clock, gate, home, book, asked, held, counted, said, cuts }
}

t.test('the gate to a broker’s plugin', async (t) => {
  t.test('revokes after an answer was lost, without another change', async (t) => {
    const { clock, gate, home, book, counted, said } = guarded()
    home.wanted = accessOf('rpi4-1', 'phone-1')
    gate.opened()
    await clock.advance(seconds(1))
    t.same([...book.clients.keys()], ['rpi4-1', 'phone-1'])
    home.health = 'silent'
    home.wanted = accessOf('rpi4-1')
    gate.cut('phone-1')
    t.equal(gate.fault(), null)
    await clock.advance(seconds(10))
    t.match(counted, [/^access-not-applied .* does not answer, try 1$/])
    t.match(gate.fault(), /^the broker does not know who may do what \(.* does not answer\)$/)
    t.same([...book.clients.keys()], ['rpi4-1', 'phone-1'], 'still undone')
    home.health = 'well'
    await clock.advance(seconds(1))
    t.same([...book.clients.keys()], ['rpi4-1'])
    t.same([...book.roles.keys()], [roleOf('rpi4-1')])
    t.equal(counted.length, 1)
    t.match(said.at(-1), /^info the broker has who may do what again/)
    t.equal(gate.fault(), null)
  })

  t.test('enrols after the plugin refused a command, with waits that grow to a minute', async (t) => {
    const { clock, gate, home, book, counted } = guarded()
    home.health = 'refusing'
    home.wanted = accessOf('rpi4-1')
    gate.opened()
    const tries: number[] = []
    for (let at = 0; at < 240; at++) {
      await clock.advance(milliseconds(1000))
      if (counted.length > tries.length) tries.push(at)
    }
    const waits = tries.slice(1).map((at, i) => at - (tries[i] ?? 0))
    t.same(waits, [1, 2, 4, 8, 16, 32, 60, 60], 'seconds')
    t.match(counted[0], /refused createRole: Internal error, try 1$/)
    home.health = 'well'
    await clock.advance(seconds(60))
    t.same([...book.roles.keys()], [roleOf('rpi4-1')])
    const before = counted.length
    await clock.advance(hours(1))
    t.equal(counted.length, before, 'and then leaves it alone')
  })

  t.test('a change does not wait for the next try', async (t) => {
    const { clock, gate, home, book } = guarded()
    home.health = 'refusing'
    home.wanted = accessOf('rpi4-1')
    gate.opened()
    await clock.advance(seconds(130))
    home.health = 'well'
    home.wanted = accessOf('rpi4-2')
    gate.cut('rpi4-2')
    await settle()
    await settle()
    t.same([...book.clients.keys()], ['rpi4-2'])
  })

  t.test('ends the sessions that it could not end while the broker was away', async (t) => {
    const { clock, gate, home, asked, cuts } = guarded()
    home.wanted = accessOf('rpi4-1')
    gate.opened()
    await clock.advance(seconds(1))
    home.health = 'silent'
    gate.cut('rpi4-1')
    await clock.advance(seconds(1))
    gate.lost()
    home.health = 'away'
    const before = asked.length
    await clock.advance(hours(1))
    t.equal(asked.length, before, 'nobody is asked who is not there')
    home.health = 'well'
    gate.opened()
    await clock.advance(seconds(1))
    t.same(cuts(), ['disableClient rpi4-1'])
  })

  t.test('takes an answer that comes too late for no other', async (t) => {
    const { clock, gate, home, book, held, counted } = guarded()
    home.health = 'late'
    home.wanted = accessOf('rpi4-1')
    gate.opened()
    await clock.advance(seconds(11))
    t.equal(held.length, 2, 'asked again')
    gate.hear(held[0] ?? '')
    gate.hear('not JSON')
    await settle()
    t.equal(book.roles.size, 0)
    home.health = 'well'
    gate.hear(held[1] ?? '')
    await clock.advance(seconds(1))
    t.same([...book.roles.keys()], [roleOf('rpi4-1')])
    t.equal(counted.length, 1)
  })

  t.test('makes nobody twice when several change at once', async (t) => {
    const { clock, gate, home, book, counted, cuts } = guarded()
    gate.opened()
    home.wanted = accessOf('rpi4-1', 'rpi4-2', 'phone-1')
    for (const name of home.wanted.keys()) gate.cut(name)
    await clock.advance(seconds(5))
    t.same(counted, [])
    t.equal(book.clients.size, 3)
    t.equal(cuts().length, 3)
  })
})

t.test('the revocation list of a broker', async (t) => {
  const keeping = (t: Test) => {
    const folder = mkdtempSync(join(tmpdir(), 'infra-home-revoked-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'revoked.pem')
    const asked: ((text: string | Error) => void)[] = []
    const said: string[] = []
    const clock = fakeClock()
    const { write, fault, stop } = revocationFile({
      file,
      clock,
      list: () =>
        new Promise((resolve, reject) =>
          asked.push((text) => (text instanceof Error ? reject(text) : resolve(text))),
        ),
      log: (level, sentence) => said.push(`${level} ${sentence}`),
    })
    t.teardown(stop)
    return { folder, file, asked, said, clock, write, fault }
  }

  t.test('is the newest, however long an older one takes to be signed', async (t) => {
    const { folder, file, asked, write } = keeping(t)
    const first = write()
    const [second, third] = [write(), write()]
    t.equal(asked.length, 1, 'one at a time')
    asked[0]?.('nobody')
    await eventually('the next', () => asked.length === 2)
    t.equal(readFileSync(file, 'utf8'), 'nobody')
    asked[1]?.('phone-1 and rpi4-2')
    await Promise.all([first, second, third])
    t.equal(readFileSync(file, 'utf8'), 'phone-1 and rpi4-2')
    t.equal(asked.length, 2, 'what changed meanwhile is in one')
    t.same(readdirSync(folder), ['revoked.pem'], 'and nothing is left beside it')
  })

  t.test('is replaced whole, and everybody may read it', async (t) => {
    const before = process.umask(0o077)
    t.teardown(() => process.umask(before))
    const { file, asked, write } = keeping(t)
    const first = write()
    asked[0]?.('nobody')
    await first
    const { ino } = statSync(file)
    const reader = openSync(file, 'r')
    t.teardown(() => closeSync(reader))
    const second = write()
    asked[1]?.('phone-1')
    await second
    t.not(statSync(file).ino, ino)
    t.equal(readFileSync(reader, 'utf8'), 'nobody', 'who was reading reads to the end')
    t.equal(statSync(file).mode & 0o777, 0o644, 'whatever our umask')
  })

  t.test('is tried again when it could not be made or written, and says so until it is there', async (t) => {
    const { file, asked, said, clock, write, fault } = keeping(t)
    const first = write()
    asked[0]?.(new Error('no key'))
    await first
    t.match(fault(), /revoked\.pem: cannot be written \(no key\): the broker does not know who was revoked/)
    await clock.advance(seconds(30))
    asked[1]?.(new Error('no key'))
    await settle()
    t.same(said, ['error could not write the revocation list for the broker'], 'once')
    await clock.advance(seconds(30))
    asked[2]?.('phone-1')
    await eventually('the list', () => fault() === null)
    t.equal(readFileSync(file, 'utf8'), 'phone-1')
    t.equal(said.at(-1), 'info the broker can read who was revoked again')
    await clock.advance(seconds(90))
    t.equal(asked.length, 3, 'and is left alone then')
    const later = write()
    asked[3]?.('phone-1 and rpi4-2')
    await later
    t.equal(readFileSync(file, 'utf8'), 'phone-1 and rpi4-2')
  })
})

/** A broker behind TLS that knows by which certificate each connection came. */
const secureBroker = async (t: Test) => {
  const authority = await toyAuthority()
  const { key, certificate } = await authority.issue({ name: 'localhost' })
  const aedes = await Aedes.createBroker()
  const sockets = new Set<TLSSocket>()
  const shown: string[] = []
  const said: string[] = []
  aedes.on('publish', ({ topic, payload }) => said.push(`${topic} ${payload.toString()}`))
  const settings = { key, cert: certificate, ca: authority.certificate, requestCert: true }
  const server = createSecureServer(settings, (socket) => {
    sockets.add(socket)
    shown.push(socket.getPeerX509Certificate()?.serialNumber ?? '')
    aedes.handle(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const pull = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  t.teardown(() => {
    pull()
    server.close()
    aedes.close()
  })
  return { authority, port: (server.address() as { port: number }).port, shown, said, pull }
}

t.test('a certificate that is renewed', async (t) => {
  /** A bus whose own certificate a test renews, with or without telling. */
  const connected = async (t: Test) => {
    const broker = await secureBroker(t)
    const { authority } = broker
    let own = await authority.issue()
    let tell = (): void => {}
    const bus = externalBus({
      ...quietly(broker.port),
      host: 'localhost',
      identity: {
        kind: 'certificate',
        name: 'coordinator',
        material: async () => ({ key: own.key, cert: own.certificate }),
        onRenewed: (listener) => (tell = listener),
        authority: async () => authority.certificate,
      },
      will: () => 'offline',
    })
    await bus.start()
    t.teardown(() => bus.stop())
    return {
      ...broker,
      bus,
      tell: () => tell(),
      serial: () => new X509Certificate(own.certificate).serialNumber,
      renew: async () => void (own = await authority.issue()),
    }
  }

  t.test('is shown by a new connection at once, without a last will', async (t) => {
    const { bus, shown, said, serial, renew, tell } = await connected(t)
    const first = serial()
    await renew()
    tell()
    await eventually('another connection', () => shown.length === 2 && bus.connected())
    t.same(shown, [first, serial()])
    t.notOk(said.includes('ih/1/$coord/state offline'), said.join(', '))
    await bus.publish('ih/1/rpi4-1/ack', 'again', { qos: 1, retain: false })
    t.ok(said.includes('ih/1/rpi4-1/ack again'))
  })

  t.test('is shown at the next connection, though nobody told', async (t) => {
    const { bus, shown, serial, renew, pull } = await connected(t)
    await renew()
    pull()
    await eventually('another connection', () => shown.length === 2 && bus.connected())
    t.equal(shown[1], serial())
  })

  t.test('is nothing to the connection when it is another’s', async (t) => {
    const { bus, shown, tell } = await connected(t)
    tell()
    await settle()
    await bus.publish('ih/1/rpi4-1/ack', 'still', { qos: 1, retain: false })
    t.equal(shown.length, 1)
  })
})
