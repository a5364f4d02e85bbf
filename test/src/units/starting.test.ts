// What a coordinator makes sure of before it starts: that it is alone.
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { closeFolder } from '@infra-home/coordinator/close-folder.ts'
import { lockState } from '@infra-home/coordinator/state-lock.ts'

const AT = '2026-11-23T10:00:00Z'

t.test('the state folder', async (t) => {
  const starts = new Map([
    [7, '100'],
    [8, '200'],
  ])
  const lock = (folder: string, pid: number, boot = 'this') =>
    lockState(folder, { pid, boot, at: AT, startOf: (of) => starts.get(of) ?? null })

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
    const real = { pid: process.pid, boot: 'this', at: AT }
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
