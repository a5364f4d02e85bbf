import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { GENESIS, link } from '@infra-home/coordinator/audit/chain.ts'
import { entryBytes } from '@infra-home/coordinator/audit/entry.ts'
import { openStoreHere } from '@infra-home/coordinator/db/open-store-here.ts'
import { seeded } from '../conformance/store-day.ts'

const CHILD = fileURLToPath(new URL('store-child.ts', import.meta.url))
const KILLS = 20

await t.test(`nothing acknowledged is lost or doubled by ${KILLS} kills`, async (t) => {
  const seed = Number(process.env['SEED'] ?? randomInt(2 ** 31))
  t.comment(`SEED=${seed}`)
  const random = seeded(seed)
  const path = join(t.testdir(), 'store.db')
  const acknowledged = new Map<number, string>()
  for (let kill = 1; kill <= KILLS; kill++) {
    const run = await runAndKill(path, 5 + Math.floor(random() * 300))
    for (const [pos, hash] of run) acknowledged.set(pos, hash)
    const { faults, entries } = await inspect(path, acknowledged)
    t.same(faults, [], `kill ${kill}: ${entries} entries, ${run.size} appends acknowledged`)
  }
  t.ok(acknowledged.size > KILLS, `${acknowledged.size} appends were acknowledged`)
})

/** Lets a child append for `ms` after it opened the store, kills it, and returns what it was told is safe. */
async function runAndKill(path: string, ms: number): Promise<Map<number, string>> {
  const child = spawn(process.execPath, [CHILD, 'load', path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const acked = new Map<number, string>()
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  let kill: Promise<void> | null = null
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, pos, hash] = line.split(' ')
    if (word === 'acked' && hash?.length === 64) acked.set(Number(pos), hash)
    if (word === 'open') kill = killAfter(child, ms)
  }
  await kill
  await ended
  return acked
}

async function killAfter(child: ChildProcess, ms: number): Promise<void> {
  await sleep(ms)
  child.kill('SIGKILL')
}

/** Opens the store as a restart does, which checks the database, and reads all of it. */
async function inspect(
  path: string,
  acknowledged: ReadonlyMap<number, string>,
): Promise<{ faults: string[]; entries: number }> {
  const store = await openStoreHere({ path })
  const faults: string[] = []
  const ids = new Set<string>()
  let previous = GENESIS
  let last = 0
  for await (const entry of store.tail(0)) {
    if (entry.pos !== last + 1) faults.push(`${entry.pos} follows ${last}`)
    if (ids.has(entry.id)) faults.push(`${entry.id} is there twice`)
    ids.add(entry.id)
    last = entry.pos
    previous = link(previous, entryBytes(entry))
    const told = acknowledged.get(last)
    if (told && told !== previous.toString('hex')) faults.push(`${last} is not what was acknowledged`)
  }
  for (const pos of acknowledged.keys()) if (pos > last) faults.push(`${pos} was acknowledged and is gone`)
  const chain = await store.verify()
  if (!chain.ok || chain.pos !== last) faults.push(`the chain: ${JSON.stringify(chain)}`)
  const snapshot = await store.newestSnapshot()
  if (snapshot && snapshot.pos > last) faults.push(`a snapshot of ${snapshot.pos}`)
  await store.close()
  return { faults, entries: last }
}

/** Why a tmpfs of our own cannot be had, or null. */
const noTmpfs = (): string | null => {
  if (process.getuid?.() !== 0) return 'needs root, to mount a small tmpfs in a namespace of its own'
  const mount = ['-m', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', '/mnt']
  const tried = spawnSync('unshare', mount, { encoding: 'utf8' })
  return tried.status === 0 ? null : `cannot mount in a namespace: ${tried.error?.message ?? tried.stderr}`
}

const missing = noTmpfs()
const skip = missing !== null && process.env['CI'] !== 'true' ? missing : false

await t.test(
  'a full disk refuses, loses nothing, and is no matter once there is room',
  { skip },
  async (t) => {
    t.equal(missing, null, 'a tmpfs can be had')
    const folder = t.testdir()
    const script = 'mount -t tmpfs -o size=6m tmpfs "$1" && exec "$2" "$3" fill "$1/store.db"'
    const run = spawnSync('unshare', ['-m', 'sh', '-ec', script, 'sh', folder, process.execPath, CHILD], {
      encoding: 'utf8',
      timeout: 150_000,
    })
    t.equal(run.status, 0, run.stderr)
    const { before, ...seen } = JSON.parse(run.stdout) as { before: number }
    t.ok(before > 0, `${before} entries before the disk was full`)
    t.same(seen, {
      code: 'store-full',
      during: { head: before, chain: true },
      again: 'store-full',
      chain: true,
      whole: true,
    })
  },
)
