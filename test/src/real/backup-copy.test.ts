// A backup travels: coordinator and agent as they are shipped, MQTT and HTTP between them, and the owner's key at the end.
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createLine, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { realLargeFiles } from '@infra-home/agent/sys/real-large-files.ts'
import { openStoreHere } from '@infra-home/coordinator/db/open-store-here.ts'
import { loadAge } from '@infra-home/coordinator/jobs/copy/age.ts'
import type { BackupWish } from '@infra-home/shared/messages/backup.ts'
import { agentHome } from '../helpers/agent-process.ts'
import { askRest } from '../helpers/ask-rest.ts'
import { type Addresses, coordinatorHome } from '../helpers/coordinator-process.ts'
import { eventually } from '../helpers/eventually.ts'
import { liveCoordinator } from '../helpers/live-coordinator.ts'

const NODE = 'rpi4-2'
const FILE = 'infra-home-2026-11-23T03-40-00Z.db.gz.age'

type Shown = {
  readonly items: { readonly file: string; readonly copiesOn: string[] }[]
  readonly copies: { readonly node: string; readonly state: string; readonly problem: string | null }[]
}
const shown = ({ http }: Addresses) => askRest<Shown>(http, '/api/v1/backups')

const backUpNow = async ({ http, tokenFile }: Addresses): Promise<string> => {
  const headers = {
    authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`,
    accept: 'application/json',
  }
  const answer = await fetch(new URL('/api/v1/backups', http), { method: 'POST', headers })
  return ((await answer.json()) as { file: string }).file
}

/** What the coordinator wishes of the agent, as the agent has kept it. */
const wishIn = (stateDir: string): BackupWish =>
  (JSON.parse(readFileSync(join(stateDir, 'wishes.json'), 'utf8')) as { backup: { body: BackupWish } }).backup
    .body

const listening = async (t: Test, server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A line to `port` that breaks once after so many bytes, and notes what goes in. */
const breakingLine = async (t: Test, port: number, after: number) => {
  const asked: string[] = []
  let whole = after
  const join = (near: Socket): void => {
    const far = connect(port, '127.0.0.1')
    near.on('data', (part: Buffer) => asked.push(part.toString('latin1')))
    near.pipe(far)
    far.on('data', (part: Buffer) => {
      near.write(part.subarray(0, whole))
      whole -= part.length
      if (whole > 0) return
      whole = Infinity
      near.end()
      far.destroy()
    })
    for (const end of [near, far]) end.on('error', () => {})
    far.on('close', () => near.end())
  }
  return { asked, port: await listening(t, createLine(join)) }
}

t.test('a backup as it is shipped', async (t) => {
  const age = await loadAge()
  const identity = await age.generateX25519Identity()
  const recipient = await age.identityToRecipient(identity)
  const house = coordinatorHome([NODE], { backup: { copy: { to: [NODE], recipient, keep: 1 } } })
  t.teardown(house.remove)
  const coordinator = await house.start()
  t.teardown(() => coordinator.end('SIGTERM'))
  const { addresses } = coordinator
  const broker = {
    host: '127.0.0.1',
    port: Number(new URL(addresses.mqtt).port),
    secret: house.secrets.get(NODE) ?? '',
  }
  const home = agentHome({ node: NODE, broker, signingKeys: house.signingKeys })
  t.teardown(home.remove)
  const agent = home.start()
  t.teardown(() => agent.end('SIGKILL'))

  const arrived = async (file: string) =>
    eventually(`the copy of ${file}`, async () => {
      const { items, copies } = await shown(addresses)
      return copies[0]?.state === 'current' && items[0]?.file === file ? items[0] : null
    })
  await eventually(
    'the agent',
    async () =>
      (await askRest<{ items: { state: string }[] }>(addresses.http, '/api/v1/nodes')).items[0]?.state ===
      'online',
  )
  const first = await backUpNow(addresses)

  await t.test('arrives on the other node, and opens with the owner’s key', async (t) => {
    t.same((await arrived(first)).copiesOn, [NODE])
    const copy = readFileSync(join(home.stateDir, 'backups', `${first}.gz.age`))
    const decrypter = new age.Decrypter()
    decrypter.addIdentity(identity)
    const restored = join(t.testdir(), 'infra-home.db')
    writeFileSync(restored, gunzipSync(await decrypter.decrypt(copy)))
    const store = await openStoreHere({ path: restored })
    t.teardown(() => store.close())
    const report = await store.verify()
    t.match(report, { ok: true })
    t.ok((await store.head()).pos > 0, 'with entries in its journal')
  })

  await t.test('comes in two parts over a line that breaks, from the coordinator itself', async (t) => {
    const wish = wishIn(home.stateDir)
    const line = await breakingLine(t, Number(new URL(addresses.http).port), 6000)
    const files = realLargeFiles(t.testdir(), { host: () => '127.0.0.1', authority: () => null })
    const fetchIt = () => files.fetch('x', { port: line.port, path: wish.path }, wish.bytes)
    await t.rejects(fetchIt(), { code: 'http-failed' })
    const here = (await files.list())[0]?.bytes ?? 0
    t.ok(here < wish.bytes)
    await fetchIt()
    t.equal(await files.sha256('x'), wish.sha256)
    t.ok(here === 0 || line.asked.at(-1)?.includes(`range: bytes=${here}-`))
  })

  await t.test('makes room for the next one, whose predecessor’s address is out of force', async (t) => {
    const { path, port } = wishIn(home.stateDir)
    const address = `http://127.0.0.1:${port}${path}`
    t.equal((await fetch(address, { method: 'HEAD' })).status, 200)
    const second = await eventually('a backup of another second', async () => {
      const file = await backUpNow(addresses)
      return file === first ? null : file
    })
    await arrived(second)
    t.equal((await fetch(address)).status, 401)
    await eventually('the old copy’s end', () => {
      const here = readdirSync(join(home.stateDir, 'backups'))
      return here.length === 1 && here[0] === `${second}.gz.age`
    })
  })
})

/** A coordinator in this process, the agent as it is shipped, and a file server in place of the coordinator's own. */
const withFileServer = async (
  t: Test,
  serve: (range: string | undefined, outgoing: ServerResponse) => void,
) => {
  const live = await liveCoordinator('embedded')
  t.teardown(live.close)
  const ranges: (string | undefined)[] = []
  const server = createServer((incoming, outgoing) => {
    ranges.push(incoming.headers.range)
    serve(incoming.headers.range, outgoing)
  })
  const port = await listening(t, server)
  t.teardown(() => server.closeAllConnections())
  const home = agentHome({
    node: NODE,
    broker: { host: '127.0.0.1', port: live.port, secret: live.secrets[NODE] ?? '' },
    signingKeys: live.signingKeys,
  })
  t.teardown(home.remove)
  const agent = home.start()
  t.teardown(() => agent.end('SIGKILL'))
  live.coordinator.wish(NODE, 'cadence', { sampleMs: 1000, refreshMs: 60_000 })
  return {
    home,
    ranges,
    wish: (content: Buffer, more: Partial<BackupWish> = {}) =>
      live.coordinator.wish(NODE, 'backup', {
        file: FILE,
        bytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
        port,
        path: '/copies/secret',
        keep: 2,
        ...more,
      }),
    copy: () =>
      live.coordinator.world.nodes[NODE]?.states[`backup/${FILE}`]?.body as
        | Record<string, unknown>
        | undefined,
  }
}

t.test('an agent as it is shipped', async (t) => {
  t.test('goes on where its transfer was cut', async (t) => {
    const content = randomBytes(8_000_000)
    const { home, ranges, wish, copy } = await withFileServer(t, (range, outgoing) => {
      const from = Number(/\d+/.exec(range ?? '0')?.[0])
      if (from > 0)
        outgoing
          .writeHead(206, { 'content-range': `bytes ${from}-7999999/8000000` })
          .end(content.subarray(from))
      else {
        outgoing.writeHead(200, { 'content-length': content.length })
        outgoing.write(content.subarray(0, 5_000_000), () => outgoing.socket?.end())
      }
    })
    wish(content)
    await eventually('the copy', () => copy()?.['held'])
    t.equal(ranges.length, 2)
    const [from = 0] = /\d+/.exec(ranges[1] ?? '')?.map(Number) ?? []
    t.ok(from > 0 && from <= 5_000_000, `from byte ${from}`)
    t.ok(readFileSync(join(home.stateDir, 'backups', FILE)).equals(content))
  })

  t.test('refuses what has another SHA-256, reports it, and takes the right one later', async (t) => {
    const content = randomBytes(100_000)
    let right = false
    const { home, ranges, wish, copy } = await withFileServer(t, (_range, outgoing) =>
      outgoing.end(right ? content : Buffer.alloc(100_000)),
    )
    wish(content)
    await eventually('the report', () => copy()?.['problem'] === 'wrong-sha256')
    t.equal(copy()?.['held'], false)
    right = true
    await eventually('the copy', () => copy()?.['held'])
    t.equal(copy()?.['problem'], null)
    t.ok(
      ranges.length > 1 && ranges.every((range) => range === undefined),
      'nothing was kept of what was wrong',
    )
    t.same(readdirSync(join(home.stateDir, 'backups')), [FILE])
  })

  t.test('says that its disk has no room', async (t) => {
    const { ranges, wish, copy } = await withFileServer(t, (_range, outgoing) => outgoing.end())
    wish(Buffer.from('x'), { bytes: 2 ** 50 })
    await eventually('the report', () => copy()?.['problem'] === 'no-room')
    t.same(ranges, [], 'and asks for nothing')
  })
})
