// README's examples, with curl itself, against the coordinator and an agent as they are shipped.
import { execFile, spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'

const AGENT = join(import.meta.dirname, '../../../agent/src/main.ts')
const run = promisify(execFile)
const curl = async (...args: string[]): Promise<string> =>
  (await run('curl', ['-sS', '--max-time', '20', ...args])).stdout

const missing = spawnSync('curl', ['--version']).error ? 'curl is not installed' : false

t.test('curl', { skip: process.env['CI'] === 'true' ? false : missing }, async (t) => {
  const home = coordinatorHome(['this-machine'])
  const coordinator = await home.start()
  const { http, mqtt, tokenFile } = coordinator.addresses
  const token = readFileSync(tokenFile, 'utf8').trim()
  const config = join(home.stateDir, 'agent.json')
  const { hostname: host, port } = new URL(mqtt)
  const broker = { host, port: Number(port), secret: home.secrets.get('this-machine') }
  writeFileSync(
    config,
    JSON.stringify({
      site: 'home',
      node: 'this-machine',
      broker,
      signingKeys: home.signingKeys,
      stateDir: join(home.stateDir, 'agent'),
      log: 'error',
    }),
  )
  const agent = spawn(process.execPath, [AGENT, '--config', config], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.teardown(async () => {
    const gone = new Promise((resolve) => agent.once('exit', resolve))
    agent.kill('SIGTERM')
    const force = setTimeout(() => agent.kill('SIGKILL'), 5000)
    await gone
    clearTimeout(force)
    await coordinator.end('SIGTERM')
    home.remove()
  })
  await eventually('the machine in the table', async () =>
    /this-machine {2}online/.test(await curl(`${http}/`)),
  )

  await t.test('gets a table with this machine’s own links', async (t) => {
    t.match(await curl(`${http}/`), /^home: 1 of 1 node online.*\n[\s\S]*NODE +STATE[\s\S]*\n\nnext: curl/)
    const links = await curl(`${http}/api/v1/links`)
    for (const name of readFileSync('/proc/net/dev', 'utf8').matchAll(/^ *((?:eth|en|wl)\w*):/gm))
      t.match(links, new RegExp(` ${name[1]} `))
  })
  await t.test('gets JSON when it asks for it', async (t) => {
    const { items } = JSON.parse(await curl('-H', 'Accept: application/json', `${http}/api/v1/nodes`)) as {
      items: object[]
    }
    t.match(items, [
      {
        node: 'this-machine',
        state: 'online',
        boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      },
    ])
  })
  await t.test('gets a problem that a program can read', async (t) => {
    const answer = await curl('-i', `${http}/api/v1/nodes/nobody`)
    t.match(
      answer,
      /^HTTP\/1\.1 404 [\s\S]*content-type: application\/problem\+json[\s\S]*"type":"urn:infra-home:problem:not-found"/,
    )
  })
  await t.test('is not sent again what it has', async (t) => {
    const silences = `${http}/api/v1/silences`
    const etag = /^etag: (.*)$/im.exec(await curl('-I', silences))?.[1]?.trim() ?? ''
    t.match(etag, /^"/)
    const status = (...more: string[]) => curl('-o', '/dev/null', '-w', '%{http_code}', ...more, silences)
    t.equal(await status('-H', `If-None-Match: ${etag}`), '304')
    t.equal(await status('-H', `If-None-Match: ${etag}`, '-H', 'Accept: application/json'), '200')
  })
  await t.test('changes something with the administrator’s token, and nothing without', async (t) => {
    const body = JSON.stringify({ reason: 'works in the cellar', forSeconds: 60 })
    const ask = (...more: string[]) =>
      curl(
        '-X',
        'POST',
        '-H',
        'content-type: application/json',
        '-d',
        body,
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        ...more,
        `${http}/api/v1/silences`,
      )
    t.equal(await ask(), '401')
    t.equal(await ask('-H', `Authorization: Bearer ${token}`), '201')
    t.match(await curl(`${http}/api/v1/silences`), /administrator +works in the cellar/)
  })
  await t.test('follows the journal, and explains an entry of it', async (t) => {
    const events = await curl(`${http}/api/v1/events?kind=decision`)
    const id = /(01[0-9A-HJKMNP-TV-Z]{24})/.exec(events)?.[1] ?? ''
    t.match(await curl(`${http}/api/v1/events/${id}/explain`), /this-machine: never-seen → online \(spoke\)/)
    const stream = spawn('curl', ['-sSN', `${http}/api/v1/stream`], { stdio: ['ignore', 'pipe', 'inherit'] })
    let heard = ''
    stream.stdout.on('data', (part: Buffer) => (heard += part.toString()))
    await eventually('an event on the stream', () => /^id: 01[\s\S]*^event: \S+\ndata: \{/m.test(heard))
    stream.kill()
  })
  await t.test('reads metrics and the description of every route', async (t) => {
    t.match(await curl(`${http}/metrics`), /^infra_home_node_up\{node="this-machine"\} 1$/m)
    t.match(JSON.parse(await curl(`${http}/openapi.json`)), {
      openapi: /^3\.1/,
      paths: { '/api/v1/nodes/{node}': Object },
    })
    t.equal(await curl(`${http}/readyz`), 'ready\n')
  })
})
