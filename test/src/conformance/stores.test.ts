import { readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { hours, minutes } from '@infra-home/shared/clock.ts'
import { type ChainRow, GENESIS, linkAll, verifyChain } from '@infra-home/coordinator/audit/chain.ts'
import { entryText } from '@infra-home/coordinator/audit/entry.ts'
import { openStoreHere } from '@infra-home/coordinator/db/open-store-here.ts'
import { setAside } from '@infra-home/coordinator/db/set-aside.ts'
import { openStoreInWorker } from '@infra-home/coordinator/db/worker/client.ts'
import { entryMaker, START } from './store-entries.ts'
import { batches, seeded } from './store-day.ts'
import { storeSuite } from './store-suite.ts'

await t.test('SQLite in this thread', (t) => storeSuite(t, (path) => openStoreHere({ path })))
await t.test('SQLite in a worker', (t) => storeSuite(t, (path) => openStoreInWorker({ path })))

await t.test('a thread that cannot begin is an error of ours', async (t) => {
  const path = join(t.testdir(), 'store.db')
  const workerUrl = new URL('no-such-module.ts', import.meta.url)
  await t.rejects(openStoreInWorker({ path, workerUrl }), { code: 'store-failed' })
  await t.rejects(openStoreInWorker({ path: join(path, 'not', 'a', 'folder') }), { code: 'store-failed' })
})

await t.test('a chain shows where it was tampered with', async (t) => {
  const make = entryMaker()
  const texts = Array.from({ length: 12 }, (_, i) => entryText(make.event(START + i)))
  const hashes = texts.map((_, i) => linkAll(GENESIS, texts.slice(0, i + 1)))
  const row = (first: number, last = first): ChainRow => ({
    first,
    last,
    hash: hashes[last - 1] as Buffer,
    texts: texts.slice(first - 1, last),
  })
  const rows = [row(1), row(2, 5), { ...row(6, 8), texts: null }, row(9), row(10), row(11, 12)]
  const [one, packed, pruned, nine, ten, end] = rows as [
    ChainRow,
    ChainRow,
    ChainRow,
    ChainRow,
    ChainRow,
    ChainRow,
  ]
  const withTexts = (change: (texts: string[]) => string[]): ChainRow => ({
    ...packed,
    texts: change([...(packed.texts ?? [])]),
  })
  t.match(verifyChain(rows), { ok: true, pos: 12, hash: hashes[11] })
  const edited = { ...nine, texts: [entryText({ ...make.event(START), pos: 9 })] }
  const faults: [string, ChainRow[], object][] = [
    ['one changed', [one, packed, pruned, edited, ten, end], { fault: 'changed', pos: 9, last: 9 }],
    ['one removed', [one, packed, pruned, ten, end], { fault: 'removed', pos: 9, last: 9 }],
    ['the first removed', [packed, pruned], { fault: 'removed', pos: 1 }],
    ['a pruned run removed', [one, packed, nine], { fault: 'removed', pos: 6, last: 8 }],
    ['two exchanged', [one, packed, pruned, ten, nine], { fault: 'removed', pos: 9 }],
    ['one twice', [one, one], { fault: 'reordered', pos: 1 }],
    ['a hash changed', [{ ...one, hash: hashes[1] as Buffer }, packed], { fault: 'changed', pos: 1 }],
    [
      'the hash of a pruned run changed',
      [one, packed, { ...pruned, hash: hashes[1] as Buffer }, nine],
      { pos: 9 },
    ],
    [
      'one of a run removed',
      [one, withTexts(([a, , c, d]) => [a, c, d] as string[])],
      { fault: 'removed', pos: 3 },
    ],
    ['the last of a run removed', [one, withTexts((all) => all.slice(0, 3))], { fault: 'removed', pos: 5 }],
    ['two of a run exchanged', [one, withTexts(([a, b, c, d]) => [b, a, c, d] as string[])], { pos: 2 }],
    [
      'one of a run changed',
      [one, withTexts(([a, ...rest]) => [`${a} `, ...rest])],
      { fault: 'changed', pos: 2 },
    ],
  ]
  for (const [name, changed, expected] of faults)
    t.match(verifyChain(changed), { ok: false, ...expected }, name)
})

await t.test('the store says where somebody else wrote into its journal', async (t) => {
  const path = join(t.testdir(), 'store.db')
  const store = await openStoreHere({ path })
  t.teardown(() => store.close())
  const make = entryMaker()
  await store.append(Array.from({ length: 2500 }, (_, i) => make.event(START + i)))
  await store.saveSnapshot({ pos: 1000, at: '2026-11-01T00:00:00.000Z', state: '"older"' })
  await store.saveSnapshot({ pos: 2000, at: '2026-11-01T00:00:00.000Z', state: '"newer"' })
  const other = new DatabaseSync(path)
  t.teardown(() => other.close())
  other.exec(`UPDATE snapshots SET bytes = x'00' WHERE pos = 2000`)
  t.match(await store.newestSnapshot(), { pos: 1000, state: '"older"' }, 'a damaged snapshot is passed over')
  other.exec(`UPDATE journal SET hash = zeroblob(32) WHERE pos = 1000`)
  t.equal(await store.newestSnapshot(), null, 'so is one of another history')
  t.match(await store.verify(), { ok: false, pos: 1000, fault: 'changed' })
  other.exec('DELETE FROM journal WHERE pos = 700')
  t.match(await store.verify(), { ok: false, pos: 700, last: 700, fault: 'removed' })
})

await t.test('a database that is no database is corrupt, and can be set aside', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'store.db')
  const fill = async (): Promise<void> => {
    const store = await openStoreHere({ path })
    const make = entryMaker()
    await store.append(Array.from({ length: 2000 }, (_, i) => make.event(START + i)))
    await store.close()
  }
  const damages: [string, () => void][] = [
    ['rubbish', () => writeFileSync(path, 'this is not a database\n'.repeat(1000))],
    ['cut short', () => truncateSync(path, 40_000)],
    ['overwritten in the middle', () => writeFileSync(path, readFileSync(path).fill(0x5a, 100_000, 140_000))],
  ]
  for (const [name, damage] of damages) {
    await fill()
    damage()
    await t.rejects(openStoreHere({ path }), { code: 'store-corrupt' }, name)
    await t.rejects(openStoreInWorker({ path }), { code: 'store-corrupt' }, `${name}, in a worker`)
    const aside = setAside(path, name.replaceAll(' ', '-'))
    t.ok(readFileSync(aside).length > 0)
    t.same(
      readdirSync(folder).filter((file) => file.startsWith('store.db') && !file.endsWith('.corrupt')),
      [],
    )
  }
})

await t.test('a newer database is opened while its migrations allow it', async (t) => {
  const path = join(t.testdir(), 'store.db')
  const fresh = await openStoreHere({ path })
  await fresh.append([entryMaker().event(START)])
  await fresh.close()
  const later = (sql: string): void => {
    const db = new DatabaseSync(path)
    db.exec(sql)
    db.close()
  }
  later(`ALTER TABLE snapshots ADD COLUMN later TEXT; PRAGMA user_version = 9`)
  const rolledBack = await openStoreHere({ path })
  t.match(await rolledBack.head(), { pos: 1 })
  await rolledBack.close()
  later(`UPDATE facts SET value = '9' WHERE key = 'oldest-reader'`)
  await t.rejects(openStoreHere({ path }), { code: 'store-newer', context: { found: 9 } })
  await t.rejects(openStoreInWorker({ path }), { code: 'store-newer' })
})

await t.test('a store that is too big drops its oldest numbers, and nothing else', async (t) => {
  const path = join(t.testdir(), 'store.db')
  const maxBytes = 1_200_000
  const store = await openStoreHere({ path, maxBytes })
  t.teardown(() => store.close())
  const make = entryMaker(0, seeded(7))
  const event = make.event(START)
  await store.append([event])
  for (let i = 0; i < 40; i++) await store.append(batches(make, START + minutes(i), 360))
  t.ok((await store.sizes()).used > maxBytes)
  await store.prune(START + minutes(40))
  const { used } = await store.sizes()
  t.ok(used <= maxBytes && used > maxBytes / 2, `${used} bytes`)
  const left = []
  for await (const entry of store.tail(0)) left.push(entry)
  t.same(left[0], event)
  t.equal(left.at(-1)?.pos, 1 + 40 * 360)
  t.match(await store.verify(), { ok: true })
  const query = {
    node: 'node-1',
    key: 'modem/mifi',
    metric: 'rsrpDbm',
    from: START,
    to: START + hours(1),
  } as const
  t.equal((await store.series({ ...query, stepMs: minutes(1) })).length, 40, 'the series has all of them')
})
