// A coordinator as it is shipped, at its start: what it keeps to itself, and how it says what is in its way.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { coordinatorHome } from '../helpers/coordinator-process.ts'

const ROOT = join(import.meta.dirname, '../../..')
const run = (program: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, program), ...args], {
    encoding: 'utf8',
    timeout: 60_000,
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
