// Tokens, approvers and the journal of a coordinator as it is shipped: its own process, its own files.
import { spawnSync } from 'node:child_process'
import { chownSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { coordinatorHome } from '../helpers/coordinator-process.ts'

const MAIN = join(import.meta.dirname, '../../../coordinator/src/main.ts')
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8s8r1gTjQ8cC4pGkR1n0wDqQmXvK3l2b9yQh7f0aZx'

const run = (args: readonly string[], input = '') => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { input, encoding: 'utf8' })
  return { status, stdout, stderr }
}

/** Everything in a folder and below it, as text. */
const filesIn = (folder: string): [name: string, content: string][] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => [name, readFileSync(join(folder, name), 'latin1')])

t.test('a coordinator and the people who use it', async (t) => {
  const home = coordinatorHome(['rpi4-1'], { log: 'debug' })
  t.teardown(() => home.remove())
  const running = await home.start()
  t.teardown(() => running.end('SIGKILL'))
  let said = ''
  running.child.stderr?.on('data', (part: Buffer) => (said += part.toString()))
  const { http, tokenFile } = running.addresses
  const admin = readFileSync(tokenFile, 'utf8').trim()
  const ask = async (method: string, path: string, token: string | null, body?: object) => {
    const answer = await fetch(new URL(path, http), {
      method,
      headers: {
        accept: 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    return { status: answer.status, body: await answer.text() }
  }

  const used = [admin]
  await t.test('a token works until it is revoked, and is written down nowhere', async (t) => {
    t.match(admin, /^ih_/)
    t.equal(statSync(tokenFile).mode & 0o777, 0o600)
    const made = await ask('POST', '/api/v1/tokens', admin, { name: 'ci', scopes: ['operate'] })
    t.equal(made.status, 201)
    const { token, id } = JSON.parse(made.body) as { token: string; id: string }
    used.push(token)
    const silence = { reason: 'works', forSeconds: 60 }
    t.equal((await ask('POST', '/api/v1/silences', token, silence)).status, 201)
    t.equal((await ask('DELETE', `/api/v1/tokens/${id}`, admin)).status, 204)
    t.equal((await ask('POST', '/api/v1/silences', token, silence)).status, 401)
    for (let i = 0; i < 12; i++) await ask('GET', `/api/v1/nodes/${token}`, `${token}x`)
    used.push(`${token}x`)
    t.equal((await ask('GET', `/api/v1/nodes/${token}?after=${token}`, `${token}x`)).status, 429)
    t.equal((await ask('GET', '/api/v1/tokens', admin)).status, 200, 'the right one goes on')
    const { body } = await ask('GET', '/api/v1/events?kind=request', admin)
    t.match(body, /refuse-tokens/)
    t.match(body, /"by":"ci"/)
    for (const one of used) t.notMatch(body, one)
  })

  await t.test('approvers are kept by the command line', async (t) => {
    const approver = (words: readonly string[], input = '') =>
      run(['--config', home.configFile, 'approver', ...words], input)
    t.match(approver(['list']), { status: 0, stdout: /nobody may approve yet/ })
    t.match(approver(['add', 'alice', '-'], `${KEY} alice@home\n`), {
      status: 0,
      stdout: /alice +ssh-ed25519 +SHA256:/,
    })
    t.match(approver(['add', 'bob', '-'], 'ssh-rsa AAAA\n'), { status: 2, stderr: /ssh-rsa are not taken/ })
    t.match(approver(['add', 'bob', join(home.stateDir, 'nope')]), { status: 2, stderr: /cannot be read/ })
    t.match(approver(['list']), {
      status: 0,
      stdout: /^list 1 SHA256:\S+\nNAME +TYPE +FINGERPRINT +SINCE\nalice/,
    })
    t.match(approver(['remove', 'alice']), { status: 2, stderr: /nobody would be left/ })
    t.match(approver(['remove', 'bob']), { status: 2, stderr: /no approver bob/ })
    t.match(approver(['proposed']), { status: 2, stderr: /no list waits/ })
    t.match(approver(['drop']), { status: 0, stdout: /no list waits/ })
    t.match(approver(['mend']), { status: 2, stderr: /usage: coordinator --config FILE approver add/ })
  })

  const notRoot = process.getuid?.() === 0 ? false : 'only root can do something for somebody else'
  await t.test(
    'what root does, it does for the user that the state folder belongs to',
    { skip: notRoot },
    async (t) => {
      const other = coordinatorHome([])
      t.teardown(() => other.remove())
      for (const name of ['trust', 'nodes.json'])
        rmSync(join(other.stateDir, name), { recursive: true, force: true })
      chownSync(other.stateDir, 65_534, 65_534)
      t.match(run(['--config', other.configFile, 'approver', 'add', 'alice', '-'], KEY), { status: 0 })
      t.match(run(['--config', other.configFile, 'node', 'add', 'box']), { status: 0 })
      for (const name of ['trust', 'trust/approvers.json', 'trust/signing.json', 'nodes.json'])
        t.equal(statSync(join(other.stateDir, name)).uid, 65_534, name)
    },
  )

  await t.test('its journal is verified while it runs, and after somebody changed it', async (t) => {
    const verify = (...more: string[]) => run(['journal', 'verify', '--config', home.configFile, ...more])
    t.match(verify(), { status: 0, stdout: /the chain holds/ })
    t.match(run(['journal', 'verify']), { status: 2, stderr: /usage/ })
    t.match(run(['journal', 'verify', '--db', tokenFile]), {
      status: 2,
      stderr: /cannot be read as a journal/,
    })
    const witness = join(home.stateDir, 'witness')
    const [, position = '', hash = ''] = /position (\d+)\n {2}(\S+)/.exec(verify().stdout) ?? []
    writeFileSync(witness, `${position} ${hash} 2026-11-01T00:00:00Z\n`)
    t.match(verify('--witness', witness), { status: 0, stdout: /1 witnesses agree/ })
    await running.end('SIGTERM')
    for (const [name, content] of filesIn(home.stateDir))
      for (const token of used)
        if (join(home.stateDir, name) !== tokenFile)
          t.notOk(content.includes(token), `${name} has no token in it`)
    for (const token of used) t.notOk(said.includes(token), 'the log has no token in it')
    t.match(said, /other people may approve now/, 'and was read')
    const db = new DatabaseSync(join(home.stateDir, 'infra-home.db'))
    db.exec(
      `UPDATE journal SET text = replace(text, '"by":"ci"', '"by":"me"') WHERE text LIKE '%"request":"silence"%'`,
    )
    db.close()
    t.match(verify('--witness', witness), { status: 1, stdout: /! .*request +changed[\s\S]*does NOT hold/ })
  })
})
