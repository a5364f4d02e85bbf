// README's first command as a user types it: a table of this machine, and a clean end by Ctrl-C.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { eventually } from '../helpers/eventually.ts'
import { freePort } from '../helpers/free-port.ts'

const START = join(import.meta.dirname, '../../../scripts/start.ts')

const npmStart = async (t: Test, ...words: string[]) => {
  const state = mkdtempSync(join(tmpdir(), 'infra-home-start-'))
  const http = await freePort()
  const ports = ['--http-port', String(http), '--mqtt-port', String(await freePort()), '--state', state]
  const child = spawn(process.execPath, [START, ...ports, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => (said += part.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  t.teardown(() => {
    child.kill('SIGKILL')
    rmSync(state, { recursive: true, force: true })
  })
  return { child, http: `http://127.0.0.1:${http}`, said: () => said, ended }
}

t.test('shows this machine, and ends with Ctrl-C', async (t) => {
  const { child, http, said, ended } = await npmStart(t)
  await eventually('the table', () => /1 of 1 node online[\s\S]*next: curl/.test(said()), 60)
  t.match(await (await fetch(`${http}/`)).text(), /local: 1 of 1 node online/)
  t.notMatch(said(), /error|warn/i)
  child.kill('SIGINT')
  t.equal(await ended, 0)
})

t.test('simulates the home of the plan', async (t) => {
  const { child, http, ended } = await npmStart(t, '--simulate')
  const table = (): Promise<string> =>
    fetch(`${http}/`).then(
      (answer) => answer.text(),
      () => '',
    )
  await eventually('six nodes', async () => /6 of 6 nodes online/.test(await table()), 60)
  child.kill('SIGINT')
  t.equal(await ended, 0)
})
