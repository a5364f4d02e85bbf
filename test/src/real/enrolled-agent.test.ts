// An agent as it is shipped, from the pasted line to a green row, over TLS; and away again.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import t from 'tap'
import { loadAge } from '@infra-home/coordinator/jobs/copy/age.ts'
import { openAuthority } from '@infra-home/coordinator/trust/authority.ts'
import { AGENT_ENVIRONMENT, AGENT_FLAGS } from '@infra-home/agent/flags.ts'
import { wallMs } from '@infra-home/shared/clock.ts'
import { askHttps } from '../helpers/ask-https.ts'
import { ownMs, startTook, tookWords } from '../helpers/late-ticks.ts'
import { bundles } from '../helpers/bundles.ts'
import { coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'
import { newDevice } from '../helpers/new-device.ts'

type Ran = { readonly code: number | null; readonly out: string; readonly err: string }

/** Runs the launcher, with the flags that it brings. */
const run = (launcher: string, words: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const child = spawn(launcher, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE: process.execPath },
    })
    const [out, err]: [string[], string[]] = [[], []]
    child.stdout.on('data', (part: Buffer) => out.push(part.toString()))
    child.stderr.on('data', (part: Buffer) => err.push(part.toString()))
    child.once('close', (code) => resolve({ code, out: out.join(''), err: err.join('') }))
  })

type Opened = {
  readonly lines: { readonly pi: string }
  readonly token: string
  readonly authorityFingerprint: string
}

t.test('an agent is enrolled by a pasted line', async (t) => {
  const dist = bundles(t)
  const age = await loadAge()
  const agentScript = join(dist, 'agent.mjs')
  const launcher = join(dist, 'agent')
  const home = coordinatorHome([], {
    broker: { kind: 'embedded', port: 0, tls: { host: '127.0.0.1', port: 0 } },
    backup: {
      copy: { to: ['rpi4-1'], recipient: await age.identityToRecipient(await age.generateX25519Identity()) },
    },
  })
  t.teardown(home.remove)
  const coordinator = await home.start({ script: join(dist, 'coordinator.mjs') })
  t.teardown(() => coordinator.end('SIGTERM'))
  const { http, tokenFile } = coordinator.addresses
  const token = readFileSync(tokenFile, 'utf8').trim()
  const port = Number(new URL(http).port)
  const authority = (await openAuthority(join(home.stateDir, 'trust'), 'home')).certificate
  const ask = <T>(path: string, asked = {}) => askHttps<T>({ port, authority }, `/api/v1${path}`, asked)
  const open = async (node: string): Promise<Opened> =>
    (await ask<Opened>('/enrolments', { method: 'POST', token, body: { node } })).value
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-device-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const state = join(folder, 'state')
  const config = join(folder, 'agent.json')
  const here = ['--state', state, '--config', config]
  /** What the coordinator's line says behind `infra-home-agent`, for a device of this test. */
  const words = ({ lines }: Opened): string[] => [...lines.pi.split(' ').slice(2), ...here]

  await t.test('a line that is not right is refused with a sentence, and sends nothing', async (t) => {
    const opened = await open('rpi4-1')
    const good = words(opened)
    const other = `sha256:${createHash('sha256').update('another').digest('hex')}`
    const rows: [what: string, words: string[], code: number, says: RegExp][] = [
      [
        'another fingerprint',
        good.map((w) => (w.startsWith('sha256:') ? other : w)),
        1,
        /shows the authority sha256:.* but the line .* says/,
      ],
      [
        'no fingerprint',
        good.map((w) => (w.startsWith('sha256:') ? 'x' : w)),
        2,
        /--authority: "x", expected sha256/,
      ],
      ['another token', good.map((w) => (w === opened.token ? 'guess' : w)), 1, /refused: .*not known/],
      ['another device', [...good, '--node', 'rpi4-9'], 1, /another device/],
      ['plain http', good.map((w) => w.replace('https:', 'http:')), 2, /--at: .* expected https/],
      ['nobody there', good.map((w) => w.replace(/:\d+$/, ':1')), 1, /ECONNREFUSED/],
    ]
    for (const [what, line, code, says] of rows) {
      const ran = await run(launcher, line)
      t.equal(ran.code, code, what)
      t.match(ran.err, says, what)
      t.notMatch(ran.err, opened.token, 'the token is nobody’s business')
    }
  })

  await t.test('whoever stands in between gets neither token nor request', async (t) => {
    const opened = await open('rpi4-1')
    const thief = await openAuthority(mkdtempSync(join(tmpdir(), 'infra-home-thief-')), 'home')
    const device = await newDevice()
    const { certificate } = await thief.issue({
      name: 'coordinator',
      publicKey: device.publicKey,
      notAfter: wallMs(Date.now() + 86_400_000),
      serverNames: ['127.0.0.1'],
    })
    const heard: string[] = []
    const between: Server = createTlsServer(
      { key: device.key, cert: `${certificate}${thief.certificate}` },
      (socket) => {
        socket.on('error', () => {})
        socket.on('data', (part: Buffer) => heard.push(part.toString()))
      },
    )
    await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve))
    t.teardown(() => between.close())
    const { port: wrong } = between.address() as AddressInfo
    const ran = await run(
      launcher,
      words(opened).map((w) => w.replace(/:\d+$/, `:${wrong}`)),
    )
    t.equal(ran.code, 1)
    t.match(ran.err, /somebody is in between/)
    t.same(heard, [])
  })

  let agent: ChildProcess | null = null
  const start = (): ChildProcess => {
    const child = spawn(process.execPath, [...AGENT_FLAGS, agentScript, '--config', config], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...AGENT_ENVIRONMENT },
    })
    t.teardown(() => void child.kill('SIGKILL'))
    return child
  }
  const stateOf = async (node: string): Promise<string | undefined> =>
    (await ask<{ items: { node: string; state: string }[] }>('/nodes')).value.items.find(
      (n) => n.node === node,
    )?.state

  await t.test(
    'a file that is no configuration of an agent is not made one, and the token is not spent',
    async (t) => {
      const opened = await open('rpi4-1')
      const file = join(folder, 'package.json')
      for (const text of ['null', '[]', '"x"', '{', '{"name":"something else"}']) {
        writeFileSync(file, text)
        const ran = await run(
          launcher,
          words(opened).map((w) => (w === config ? file : w)),
        )
        t.match([ran.code, ran.err], [2, /package\.json: is n/], text)
        t.notMatch(ran.err, /TypeError|at file:/, text)
        t.equal(readFileSync(file, 'utf8'), text)
      }
      t.equal((await run(launcher, words(opened))).code, 0, 'the same line is still good')
      rmSync(state, { recursive: true })
      rmSync(config)
    },
  )

  await t.test('the right one leads to a green row', async (t) => {
    const opened = await open('rpi4-1')
    const ran = await run(launcher, words(opened))
    t.equal(ran.code, 0, ran.err)
    t.match(ran.out, /rpi4-1 of home now[\s\S]*agent --config/)
    t.equal(statSync(join(state, 'trust/key.pem')).mode & 0o777, 0o600)
    t.match(JSON.parse(readFileSync(config, 'utf8')), { node: 'rpi4-1', broker: { tls: true } })
    const again = await run(launcher, words(opened))
    t.match([again.code, again.err], [2, /is rpi4-1 of home already: add --again/])
    agent = start()
    await eventually('online', async () => (await stateOf('rpi4-1')) === 'online')
    const pem = join(folder, 'authority.pem')
    writeFileSync(pem, authority)
    const table = execFileSync('curl', ['-sS', '--cacert', pem, `https://localhost:${port}/`], {
      encoding: 'utf8',
    })
    t.match(table, /rpi4-1 +online/)
  })

  await t.test('it obeys, and is asked again who it is when something is missing', async (t) => {
    const said = async (): Promise<string[]> =>
      (await ask<{ items: { summary: string }[] }>('/events?node=rpi4-1&limit=200')).value.items.map(
        ({ summary }) => summary,
      )
    await eventually('it keeps what the coordinator wants', async () =>
      (await said()).some((summary) => /has (keys|cadence)/.test(summary)),
    )
    t.notOk((await said()).some((summary) => /refused/.test(summary)))
  })

  await t.test(
    'who may approve there is for approvers to say, with OpenSSH, and not for its coordinator',
    async (t) => {
      const keyOf = (name: string): string => {
        const file = join(folder, name)
        execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file])
        return file
      }
      const [alice, bob, mallory] = [keyOf('alice'), keyOf('bob'), keyOf('mallory')]
      const approver = (...rest: string[]) =>
        run(join(dist, 'coordinator'), ['--config', home.configFile, 'approver', ...rest])
      const pinned = async (): Promise<string> => (await run(launcher, ['--config', config, 'approvers'])).out
      const told = async (): Promise<string> =>
        JSON.stringify((await ask<{ items: object[] }>('/events?limit=100')).value.items)

      t.match(await pinned(), /no list of approvers is pinned/)
      t.match(await approver('add', 'alice', `${alice}.pub`), { code: 0, out: /alice +ssh-ed25519/ })
      await eventually('the first list', async () => /^list 1 SHA256:\S+\nalice/.test(await pinned()))

      const proposed = await approver('add', 'bob', `${bob}.pub`)
      t.match(proposed, {
        code: 0,
        out: /list 2 waits for the signature of alice:[\s\S]*approver bob ssh-ed25519/,
      })
      const sign = async (key: string): Promise<string> => {
        const list = join(folder, 'list')
        rmSync(`${list}.sig`, { force: true })
        writeFileSync(list, (await approver('proposed')).out)
        const [, line = ''] = /^ {2}(ssh-keygen .*)$/m.exec(proposed.out) ?? []
        const sshKeygen = line
          .replace('~/.ssh/id_ed25519', key)
          .replace(/ list$/, ` ${list}`)
          .split(' ')
        execFileSync(sshKeygen[0] ?? '', sshKeygen.slice(1), { stdio: 'ignore' })
        return `${list}.sig`
      }
      t.match(await approver('accept', await sign(mallory)), {
        code: 2,
        err: /does not sign list 2: unknown-key/,
      })
      t.match(await approver('accept', await sign(alice)), { code: 0, out: /list 2 counts, signed by alice/ })
      await eventually('the second list', async () => /^list 2 [\s\S]*\nbob ssh/.test(await pinned()))
      await eventually('the journal', async () => /"by":"alice"/.test(await told()))

      // a coordinator that is not ours any more makes a row of its own, as long as the true one
      await approver('forget')
      await approver('add', 'mallory', `${mallory}.pub`)
      await approver('add', 'mallory', `${bob}.pub`)
      await approver('accept', await sign(mallory))
      await eventually('a refusal', async () => /other-approvers/.test(await told()))
      t.match(await pinned(), /^list 2 [\s\S]*\nalice/)
      t.match(await run(launcher, ['--config', config, 'approvers', 'forget']), { code: 0, out: /is pinned/ })
      const gone = new Promise((resolve) => agent?.once('exit', resolve))
      agent?.kill('SIGTERM')
      await gone
      agent = start()
      await eventually('what it hears next', async () => /^list 2 [\s\S]*\nmallory/.test(await pinned()))
      await eventually('online again', async () => (await stateOf('rpi4-1')) === 'online')
    },
  )

  await t.test('it fetches its copy of a backup by TLS', async (t) => {
    t.equal((await ask('/backups', { method: 'POST', token, body: {} })).status, 201)
    await eventually(
      'the copy',
      () =>
        existsSync(join(state, 'backups')) &&
        readdirSync(join(state, 'backups')).some((name) => name.endsWith('.age')),
    )
  })

  await t.test('its certificate is renewed by proof of its key', async (t) => {
    const before = readFileSync(join(state, 'trust/identity.json'), 'utf8')
    const ran = await run(launcher, ['--config', config, 'renew'])
    t.equal(ran.code, 0, ran.err)
    t.match(ran.out, /renewed at 20/)
    const serial = (text: string): string =>
      new X509Certificate((JSON.parse(text) as { certificate: string }).certificate).serialNumber
    t.not(serial(readFileSync(join(state, 'trust/identity.json'), 'utf8')), serial(before))
    t.equal(await stateOf('rpi4-1'), 'online')
  })

  await t.test('it does not speak to a broker that is not ours', async (t) => {
    const copy = join(folder, 'copy')
    cpSync(join(state, 'trust'), join(copy, 'trust'), { recursive: true }) // the rest changes while it is copied
    const heard: Buffer[] = []
    const device = await newDevice()
    const thief = await openAuthority(mkdtempSync(join(tmpdir(), 'infra-home-thief-')), 'home')
    const { certificate } = await thief.issue({
      name: 'coordinator',
      publicKey: device.publicKey,
      notAfter: wallMs(Date.now() + 86_400_000),
      serverNames: ['127.0.0.1'],
    })
    const server = createTlsServer({ key: device.key, cert: certificate }, (socket) => {
      socket.on('error', () => {})
      socket.on('data', (part: Buffer) => heard.push(part))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const file = join(folder, 'elsewhere.json')
    const own = JSON.parse(readFileSync(config, 'utf8')) as object
    const { port: wrong } = server.address() as AddressInfo
    writeFileSync(
      file,
      JSON.stringify({ ...own, stateDir: copy, broker: { host: '127.0.0.1', port: wrong, tls: true } }),
    )
    const child = spawn(process.execPath, [agentScript, '--config', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (part: Buffer) => (said += part.toString()))
    await eventually('a refusal', () => /is not ours: another authority/.test(said))
    child.kill('SIGKILL')
    t.same(heard, [], 'not a byte')
  })

  await t.test('away it is within a second, and stays away', async (t) => {
    let said = ''
    agent?.stderr?.on('data', (part: Buffer) => (said += part.toString()))
    const took = startTook()
    await ask('/nodes/rpi4-1', { method: 'DELETE', token })
    await eventually('to be cut', () => /lost the broker/.test(said))
    const cut = took()
    t.ok(ownMs(cut) < 1000, `after ${tookWords(cut)}`)
    await eventually('revoked', async () => (await stateOf('rpi4-1')) === 'revoked')
    const ran = await run(launcher, ['--config', config, 'renew'])
    t.match([ran.code, ran.err], [1, /revoked/])
    const gone = new Promise((resolve) => agent?.once('exit', resolve))
    agent?.kill('SIGTERM')
    await gone
  })

  await t.test('a new line brings it back with a new key, and a wrong one changes nothing', async (t) => {
    const kept = (): string[] =>
      ['key.pem', 'identity.json'].map((name) => readFileSync(join(state, 'trust', name), 'utf8'))
    const before = kept()
    const opened = await open('rpi4-1')
    const guessed = words(opened).map((w) => (w === opened.token ? 'guess' : w))
    const wrong = await run(launcher, [...guessed, '--again'])
    t.match([wrong.code, wrong.err], [1, /refused: .*not known/])
    t.same(kept(), before)
    const ran = await run(launcher, [...words(opened), '--again'])
    t.match([ran.code, ran.out], [0, /has to be restarted/], ran.err)
    t.not(kept()[0], before[0])
    agent = start()
    let said = ''
    agent.stderr?.on('data', (part: Buffer) => (said += part.toString()))
    await eventually('online again', async () => (await stateOf('rpi4-1')) === 'online')
    t.notMatch(said, /in the name of the coordinator/, 'what the broker kept for it is under its new key')
    rmSync(config)
    const finished = await run(launcher, words(opened))
    t.equal(finished.code, 0, 'a configuration that was not written any more is written now')
    t.match(JSON.parse(readFileSync(config, 'utf8')), { node: 'rpi4-1', broker: { tls: true } })
    const unknown = await run(launcher, ['enrol', '--bogus'])
    t.match([unknown.code, unknown.err], [2, /Unknown option '--bogus'/])
    agent.kill('SIGTERM')
  })
})
