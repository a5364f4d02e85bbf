// A coordinator as it is shipped, at its start: what it keeps to itself, and how it says what is in its way.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
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
