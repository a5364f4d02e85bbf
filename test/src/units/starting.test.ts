// What a coordinator makes sure of before it starts: that it is alone, and that its configuration can work.
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { checkPorts } from '@infra-home/coordinator/check-ports.ts'
import { closeFolder } from '@infra-home/coordinator/close-folder.ts'
import { checkRules, loadConfig } from '@infra-home/coordinator/config.ts'
import { isNodeTooOld } from '@infra-home/coordinator/node-version.ts'
import { loadAge } from '@infra-home/coordinator/jobs/copy/age.ts'
import { lockFiles } from '@infra-home/coordinator/lock-files.ts'
import { createVoice } from '@infra-home/coordinator/voice.ts'
import { emptyWorld } from '@infra-home/coordinator/world/world.ts'
import type { Bus } from '@infra-home/coordinator/broker/bus.ts'
import { lockState } from '@infra-home/shared/state-lock.ts'
import { loadTopology } from '@infra-home/shared/topology/load.ts'
import { fakeClock, settle } from '../helpers/fake-clock.ts'
import { testTrust } from '../helpers/test-trust.ts'

/** Matches whatever has `text` in it. */
const containing = (text: string): RegExp => new RegExp(text.replaceAll(/[.*+/()]/g, String.raw`\$&`))
const PLAN = join(import.meta.dirname, '../../../topology.json')
const AT = '2026-11-23T10:00:00Z'

t.test('the state folder', async (t) => {
  const starts = new Map([
    [7, '100'],
    [8, '200'],
  ])
  const lock = (folder: string, pid: number, boot = 'this') =>
    lockState(folder, {
      name: 'coordinator',
      files: lockFiles,
      pid,
      boot,
      at: AT,
      startOf: (of) => starts.get(of) ?? null,
    })

  t.test('is one coordinator’s alone until it stops', async (t) => {
    const folder = t.testdir()
    const unlock = lock(folder, 7)
    t.throws(() => lock(folder, 8), {
      code: 'store-failed',
      message: `the state folder ${folder} is in use by process 7 (since ${AT}): stop it first`,
    })
    unlock()
    t.same(readdirSync(folder), [])
    lock(folder, 8)
    t.throws(() => lock(folder, 7), /in use by process 8/)
    unlock()
    t.throws(() => lock(folder, 7), /in use by process 8/, 'who has lost it gives nothing back')
  })

  for (const [what, left] of [
    ['of a process that is gone', { pid: 9, start: '100', boot: 'this' }],
    ['of an earlier boot', { pid: 7, start: '100', boot: 'another' }],
    ['of a number that another program has now', { pid: 7, start: '99', boot: 'this' }],
    ['that was cut off', null],
  ] as const)
    t.test(`is taken over with a lock ${what}`, async (t) => {
      const text = left ? JSON.stringify({ ...left, since: AT }) : '{"pid"'
      const folder = t.testdir({ 'coordinator.lock': text, 'coordinator.lock.turn': text })
      lock(folder, 8)
      t.same(readdirSync(folder), ['coordinator.lock'])
      t.match(JSON.parse(readFileSync(join(folder, 'coordinator.lock'), 'utf8')), { pid: 8, start: '200' })
    })

  t.test('is known by the start of a real process', async (t) => {
    const folder = t.testdir()
    const real = { name: 'coordinator', files: lockFiles, pid: process.pid, boot: 'this', at: AT }
    lockState(folder, real)
    t.throws(() => lockState(folder, { ...real }), new RegExp(`in use by process ${process.pid} `))
  })

  t.test('is closed to others, with its database and its backups', async (t) => {
    const folder = t.testdir()
    const backups = join(folder, 'backups')
    mkdirSync(backups)
    const files = ['infra-home.db', 'infra-home.db-wal', 'backups/infra-home-2026-11-01T03-40-00Z.db']
    for (const file of files) writeFileSync(join(folder, file), '', { mode: 0o644 })
    chmodSync(folder, 0o755)
    closeFolder(folder, backups)
    t.equal(statSync(folder).mode & 0o777, 0o700)
    for (const file of files) t.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file)
  })
})

t.test('the configuration', async (t) => {
  const external = { kind: 'external', host: '127.0.0.1', port: 1883, username: 'coordinator' }
  const load = (t: Test, more: object) => {
    const folder = t.testdir({ secret: 'x' })
    const file = join(folder, 'coordinator.json')
    writeFileSync(file, JSON.stringify({ site: 'home', stateDir: 'state', ...more }))
    return loadConfig(file)
  }
  for (const [what, more, said] of [
    [
      'a digest at an hour that is none',
      { digestAt: '0 25 * * *' },
      '/digestAt: "0 25 * * *" – expected five cron',
    ],
    [
      'a backup every second',
      { backup: { at: '* 0 3 * * *' } },
      '/backup/at: "* 0 3 * * *" – expected five cron',
    ],
    ['words for a time', { digestAt: 'every morning' }, '/digestAt: "every morning" – expected five cron'],
    [
      'too long a prefix',
      { http: { readNetworks: ['10.0.0.0/8', '10.10.0.0/99'] } },
      '/http/readNetworks/1: "10.10.0.0/99" – expected a network',
    ],
    [
      'an address that is none',
      { http: { readNetworks: ['10.10.0.256/24'] } },
      '/http/readNetworks/0: "10.10.0.256/24" – expected a network',
    ],
    [
      'a dead man’s address that is none',
      { deadMan: { urlFile: 'secret' } },
      '/deadMan/urlFile: "secret" – expected a file that holds an http:// or https:// address',
    ],
    [
      'a key of the broker that there is not',
      { broker: { ...external, passwordFile: 'secret', prot: 1883 } },
      '/broker/prot: 1883 – expected no such key; known here: kind, host, port,',
    ],
    [
      'a port of words for the embedded broker',
      { broker: { kind: 'embedded', port: '1883' } },
      '/broker/port: "1883" – expected an integer from 0 to 65535',
    ],
    [
      'a broker of a kind that there is not',
      { broker: { kind: 'mosquitto' } },
      '/broker/kind: "mosquitto" – expected one of embedded, external',
    ],
    [
      'a password in it',
      { broker: { ...external, password: 'hunter2' } },
      '/broker/password: "(not shown)" – expected passwordFile: a file that holds the password',
    ],
    [
      'the dead man’s address in it',
      { deadMan: { url: 'https://hc-ping.com/hunter2' } },
      '/deadMan/url: "(not shown)" – expected urlFile:',
    ],
    [
      'a bearer file that is not there',
      {
        channels: [
          { name: 'phone', kind: 'ntfy', url: 'https://ntfy.test', topic: 'home', bearerFile: 'nope' },
        ],
      },
      '/channels/0/bearerFile: "nope" – expected a file that can be read',
    ],
    [
      'a key that is not there',
      { http: { tls: { certFile: 'secret', keyFile: 'nope' } } },
      '/http/tls/keyFile: "nope" – expected a file that can be read',
    ],
    [
      'a password that is not there',
      { broker: { ...external, passwordFile: 'nope' } },
      '/broker/passwordFile: "nope" – expected a file that can be read',
    ],
    [
      'a disk that fires where it has enough',
      { rules: { 'disk-full': { fire: 20 } } },
      '/rules/disk-full/fire: 20 – expected below clear, which is 10',
    ],
    [
      'a processor that clears where it is hot',
      { rules: { 'host-hot': { clear: 80 } } },
      '/rules/host-hot/clear: 80 – expected below fire, which is 80',
    ],
    [
      'both levels of a battery the wrong way round',
      { rules: { 'battery-low': { fire: 40, clear: 30 } } },
      '/rules/battery-low/fire: 40 – expected below clear, which is 30',
    ],
    [
      'a radio without room between its levels',
      { rules: { 'modem-signal-lost': { rsrpFireDbm: -110 } } },
      '/rules/modem-signal-lost/rsrpFireDbm: -110 – expected below rsrpClearDbm, which is -115',
    ],
  ] as const)
    t.test(`with ${what} is refused, by place, value and expectation`, async (t) =>
      t.notMatch(
        String(t.throws(() => load(t, more), { code: 'config-invalid', message: containing(said) })),
        'hunter2',
      ),
    )

  t.test('that is no JSON is told by line and column, without what stands there', async (t) => {
    const file = join(t.testdir({ 'c.json': '{\n  "password": hunter2\n}' }), 'c.json')
    const error = t.throws(() => loadConfig(file), { message: /not JSON at line 2, column 15: / })
    t.notMatch(String(error), 'hunter2')
  })

  t.test('whose rules are not there is refused by its own place', async (t) => {
    const loaded = load(t, { rulesFile: 'rules.json' })
    t.throws(() => checkRules('c.json', loaded), {
      message: /^c.json: \/rulesFile: "rules.json" – expected a file that can be read$/,
    })
  })

  t.test('may name nodes for copies that the topology knows, or any without one', async (t) => {
    const age = await loadAge()
    const recipient = await age.identityToRecipient(await age.generateX25519Identity())
    const copy = (node: string) => ({ backup: { copy: { to: [node], recipient } } })
    t.throws(() => load(t, { topology: PLAN, ...copy('nobody') }), {
      code: 'config-invalid',
      message: /: \/backup\/copy\/to\/0: "nobody" – expected a node of the topology: one of .*rpi4-2/,
    })
    t.ok(load(t, { topology: PLAN, ...copy('rpi4-2') }))
    t.ok(load(t, copy('nobody')))
  })

  t.test('is fine with all of that as it should be', async (t) =>
    t.ok(
      load(t, {
        digestAt: '0 7 * * mon-fri',
        backup: { at: '*/30 * * * *' },
        http: { readNetworks: ['10.10.0.0/24', 'fd00::/8'], tls: { certFile: 'secret', keyFile: 'secret' } },
        broker: { ...external, passwordFile: 'secret' },
        rules: {
          'disk-full': { fire: 8 },
          'host-hot': { fire: 60, clear: 55 },
          'node-lost': { fireAfter: 0 },
        },
      }),
    ),
  )
})

t.test('a Node.js', async (t) => {
  for (const [version, tooOld] of [
    ['20.20.2', true],
    ['22.19.9', true],
    ['22.20.0', false],
    ['24.1.0', false],
  ] as const)
    t.test(`of ${version} is ${tooOld ? 'too old' : 'new enough'}`, async (t) =>
      t.equal(isNodeTooOld(version), tooOld),
    )
})

t.test('a port that is taken is named before anything is begun', async (t) => {
  const other = createServer()
  await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening))
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const place = { what: 'HTTP', host: '127.0.0.1', port }
  await t.rejects(checkPorts([place]), {
    message: containing(`cannot listen for HTTP on 127.0.0.1:${port}: listen EADDRINUSE`),
  })
  await t.resolves(checkPorts([{ ...place, port: 0 }]))
})

t.test('wishes are said only to nodes that have a key', async (t) => {
  const { signing, macKeyOf } = testTrust()
  const enrolled = new Set(['rpi4-1'])
  const said: string[] = []
  const logged: string[] = []
  const bus = { publish: async (topic: string) => void said.push(topic) }
  const world = emptyWorld('home', loadTopology(readFileSync(PLAN, 'utf8'), PLAN))
  const words = createVoice({
    world,
    clock: fakeClock(),
    bus: () => bus as unknown as Bus,
    cadence: null,
    signing,
    macKeyOf: (node) => (enrolled.has(node) ? macKeyOf(node) : null),
    log: (level, sentence) => void logged.push(`${level} ${sentence}`),
  })
  words.greet()
  words.wish('rpi4-2', 'backup', null)
  await settle()
  t.same(
    said.filter((topic) => topic.includes('rpi4-2')),
    [],
  )
  t.equal(said.filter((topic) => topic.includes('rpi4-1')).length, 2)
  enrolled.add('rpi4-2')
  words.remind('rpi4-2')
  await settle()
  t.equal(said.filter((topic) => topic.includes('rpi4-2')).length, 3, 'all of them, when it is born')
  t.same(logged, [])
})
