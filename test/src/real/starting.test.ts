// A coordinator as it is shipped, at its start: what it keeps to itself, and how it says what is in its way.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { agentHome } from '../helpers/agent-process.ts'
import { coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'

const ROOT = join(import.meta.dirname, '../../..')
const run = (program: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, program), ...args], {
    encoding: 'utf8',
    timeout: 150_000,
  })
  return { status, stdout, stderr }
}
const MAIN = 'coordinator/src/main.ts'

t.test('a running coordinator', async (t) => {
  const home = coordinatorHome(['rpi4-1'])
  t.teardown(() => home.remove())
  const running = await home.start()
  t.teardown(() => running.end('SIGKILL'))

  await t.test('lets no other one at its state folder, but the command line', async (t) => {
    const answer = run(MAIN, '--config', home.configFile)
    t.match(answer, { status: 1, stdout: '' })
    t.match(
      answer.stderr,
      new RegExp(`^the state folder ${home.stateDir} is in use by process ${running.child.pid} .*\n$`),
    )
    t.match(run(MAIN, '--config', home.configFile, 'node', 'add', 'rpi4-2'), { status: 0 })
    t.match(run(MAIN, 'journal', 'verify', '--config', home.configFile), { status: 0 })
  })

  await t.test('writes no file that others may read', async (t) => {
    const open = readdirSync(home.stateDir, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.startsWith('infra-home') && (statSync(join(home.stateDir, name)).mode & 0o077) !== 0,
    )
    t.same(open, [])
    t.ok(existsSync(join(home.stateDir, 'infra-home.db-wal')))
  })

  await t.test('that was killed is in nobody’s way', async (t) => {
    await running.end('SIGKILL')
    const next = await home.start()
    t.equal(await next.end('SIGTERM'), 0)
    t.notOk(existsSync(join(home.stateDir, 'coordinator.lock')))
  })
})

t.test('a port that is taken is one line', async (t) => {
  const other = createServer()
  await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening))
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const home = coordinatorHome([], { http: { port } })
  t.teardown(() => home.remove())
  const { status, stderr } = run(MAIN, '--config', home.configFile)
  t.equal(status, 1)
  t.match(stderr, new RegExp(`^cannot listen for HTTP on 127.0.0.1:${port}: .*EADDRINUSE.*\n$`))
  t.notOk(existsSync(join(home.stateDir, 'infra-home.db')), 'and takes no epoch')
})

t.test('the command line says how it is used to who mistypes it', async (t) => {
  const answer = run(MAIN, '--confg', 'x')
  t.match(answer, {
    status: 2,
    stdout: '',
    stderr: /^Unknown option '--confg'.*\nusage: coordinator --config FILE/,
  })
  t.notMatch(answer.stderr, /\n +at /)
  const home = coordinatorHome([], { topology: join(ROOT, 'topology.json') })
  t.teardown(() => home.remove())
  const config = ['--config', home.configFile]
  const agent = 'agent/src/main.ts'
  for (const [program, words, said] of [
    [MAIN, ['frob'], /^there is no command frob\nusage: /],
    [MAIN, [], /^--config FILE is missing\nusage: /],
    [MAIN, [...config, 'node'], /^node: add or remove is missing\nusage: /],
    [MAIN, [...config, 'node', 'add'], /^node add: the NAME of a node is missing\nusage: /],
    [MAIN, [...config, 'node', 'add', 'nope'], /^nope is no node of the topology: it has rpi4-1, /],
    [MAIN, [...config, 'enrol'], /^enrol: the NAME of a node is missing\nusage: /],
    [MAIN, [...config, 'enrol', 'rpi4-22'], /^rpi4-22 is no node of the topology: it has rpi4-1, /],
    [agent, [], /^--config FILE is missing\nusage: /],
  ] as const) {
    const { status, stderr } = run(program, ...words)
    t.equal(status, 2, stderr)
    t.match(stderr, said)
  }
  t.match(run(MAIN).stderr, /schema is coordinator\/coordinator.schema.json/)
})

t.test('an agent lets no other one at its state folder', async (t) => {
  const home = agentHome({
    node: 'rpi4-1',
    broker: { host: '127.0.0.1', port: 1, secret: 's' },
    signingKeys: ['A'.repeat(43)],
  })
  t.teardown(() => home.remove())
  const first = home.start()
  await eventually('the first one’s lock', () => existsSync(join(home.stateDir, 'agent.lock')))
  const second = home.start()
  t.equal(await new Promise((resolve) => second.child.once('exit', resolve)), 1)
  t.match(
    second.logged(),
    new RegExp(
      `^the state folder ${home.stateDir} is in use by process ${first.child.pid} .*: stop it first\n$`,
    ),
  )
  await first.end('SIGKILL')
  const third = home.start()
  await eventually('another after it was killed', () => /lost the broker|broker/.test(third.logged()))
  t.equal(await third.end('SIGTERM'), 0)
  t.notOk(existsSync(join(home.stateDir, 'agent.lock')))
})

t.test('a way by short message that cannot work says what is missing', async (t) => {
  const to = ['+33612345678']
  const phone = (name: string, node: string, modem: string) => ({ name, kind: 'sms', node, modem, to })
  const home = coordinatorHome(['mute', 'pi', 'other'], {
    channels: [
      phone('boxx', 'boxx', 'lte'),
      phone('mute', 'mute', 'lte'),
      phone('no-modem', 'pi', 'lte'),
      phone('dead', 'pi', 'mifi'),
      phone('number', 'other', 'mifi'),
    ],
  })
  t.teardown(() => home.remove())
  const { addresses, end } = await home.start()
  t.teardown(() => end('SIGKILL'))
  const ask = async (path: string, body?: object): Promise<{ readonly [key: string]: unknown }> => {
    const answer = await fetch(`${addresses.http}/api/v1${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        authorization: `Bearer ${readFileSync(addresses.tokenFile, 'utf8').trim()}`,
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    return (await answer.json()) as { readonly [key: string]: unknown }
  }
  const port = Number(addresses.mqtt.split(':').at(-1))
  const modems = [{ id: 'mifi', driver: 'zte', config: { address: '127.0.0.1:9' } }]
  for (const [node, more] of [
    ['mute', {}],
    ['pi', { modems, sms: {} }],
    ['other', { modems, sms: { to: ['+4915112345678'] } }],
  ] as const) {
    const secret = home.secrets.get(node) ?? ''
    const agent = agentHome({
      node,
      broker: { host: '127.0.0.1', port, secret },
      signingKeys: home.signingKeys,
      ...more,
    } as never)
    const running = agent.start()
    t.teardown(async () => {
      await running.end('SIGKILL')
      agent.remove()
    })
  }
  for (const node of ['mute', 'pi', 'other'])
    await eventually(node, async () => (await ask(`/nodes/${node}`))['state'] === 'online')
  for (const [channel, said] of [
    ['boxx', /unheard, no node of this name was ever heard/],
    ['mute', /sms-off, its agent’s configuration has no `sms`/],
    ['no-modem', /no-such-modem, its agent has no modem of this id: it has mifi/],
    ['dead', /failed: .*ECONNREFUSED/],
    ['number', /not-allowed, the number is not in `sms.to`/],
  ] as const) {
    const answer = await ask('/alerts/test', { channel })
    t.match(answer, { ok: false, answer: said })
    t.comment(`${channel}: ${String(answer['answer'])} (${String(answer['tookMs'])} ms)`)
    t.notMatch(answer['answer'], to[0])
  }
})

t.test('the launcher starts no Node.js that is too old', async (t) => {
  const folder = t.testdir()
  t.match(run('scripts/build.ts', join(folder, 'dist')), { status: 0 })
  for (const [version, status] of [
    ['v20.20.2', 1],
    ['v22.19.0', 1],
    ['v22.20.0', 0],
    ['v26.1.0', 0],
  ] as const) {
    const node = join(folder, version)
    writeFileSync(node, `#!/bin/sh\necho ${version}\n`, { mode: 0o755 })
    const answer = spawnSync(join(folder, 'dist/coordinator'), ['--version'], {
      env: { ...process.env, NODE: node },
      encoding: 'utf8',
    })
    t.equal(answer.status, status, version)
    if (status === 1)
      t.match(answer.stderr, `the coordinator needs Node.js 22.20 or newer; ${node} is ${version.slice(1)}`)
  }
})
