// npm start, as a new user tries it: a coordinator and an agent of this machine.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../helpers/eventually.ts'
import { freePort } from '../helpers/free-port.ts'

const START = join(import.meta.dirname, '../../../scripts/start.ts')

t.test('says how it is used to who mistypes it', async (t) => {
  for (const [args, status, said] of [
    [['--help'], 0, /^usage: npm start/],
    [['--http-prt', '1'], 2, /^Unknown option '--http-prt'.*\nusage: npm start/],
    [['--http-port', 'abc'], 2, /^--http-port abc: a port is a number from 0 to 65535\nusage: npm start/],
  ] as const) {
    const answer = spawnSync(process.execPath, [START, ...args], { encoding: 'utf8', timeout: 150_000 })
    t.equal(answer.status, status, args.join(' '))
    t.match(answer.stdout + answer.stderr, said)
    t.notMatch(answer.stderr, /\n +at /)
  }
})

t.test('adds this machine’s node anew after somebody has deleted it', async (t) => {
  const state = t.testdir()
  const ports = { http: await freePort(), mqtt: await freePort() }
  const args = ['--state', state, '--http-port', `${ports.http}`, '--mqtt-port', `${ports.mqtt}`]
  /** Resolves when the status is shown. */
  const start = () =>
    new Promise<{ said: () => string; end: () => Promise<number | null> }>((resolve, reject) => {
      const child = spawn(process.execPath, [START, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
      const gone = new Promise<number | null>((ended) => child.once('exit', ended))
      let said = ''
      const hear = (part: Buffer): void => {
        said += part.toString()
        if (said.includes('Ctrl-C')) resolve({ said: () => said, end })
      }
      const end = (): Promise<number | null> => {
        child.kill('SIGTERM')
        return gone
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      t.teardown(end)
      void gone.then((code) => reject(new Error(`it ended with ${code}: ${said}`)))
    })
  const nodeOf = (): string =>
    (JSON.parse(readFileSync(join(state, 'agent.json'), 'utf8')) as { node: string }).node

  const first = await start()
  const url = `http://127.0.0.1:${ports.http}/api/v1/nodes`
  const token = readFileSync(/token +(\S+)/.exec(first.said())?.[1] ?? '', 'utf8').trim()
  const answer = await fetch(`${url}/${nodeOf()}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${token}`, 'if-match': '*' },
  })
  t.equal(answer.status, 204)
  await first.end()

  const stopped = Date.now()
  const second = await start()
  t.match(second.said(), `the coordinator does not know ${nodeOf()} by `)
  await eventually('it is heard again', async () => {
    const { items } = (await (await fetch(url, { headers: { accept: 'application/json' } })).json()) as {
      items: { node: string; at: string }[]
    }
    return items.some(({ node, at }) => node === nodeOf() && Date.parse(at) >= stopped)
  })
  t.equal(await second.end(), 0)
})
