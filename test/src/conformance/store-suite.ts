import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { days, hours, minutes, seconds } from '@infra-home/shared/clock.ts'
import { type Entry, entryBytes } from '@infra-home/coordinator/audit/entry.ts'
import { GENESIS, link } from '@infra-home/coordinator/audit/chain.ts'
import type { SeriesQuery, Store } from '@infra-home/coordinator/db/store.ts'
import { entryMaker, START } from './store-entries.ts'

const MODEM = 'modem/mifi'
const SOME_ID = '01ARZ3NDEKTSV4RRFFQ69G5FAV'

const collect = async (store: Store, after = 0): Promise<Entry[]> => {
  const found: Entry[] = []
  for await (const entry of store.tail(after)) found.push(entry)
  return found
}

const chained = (entries: readonly Entry[]): string =>
  entries.reduce((hash, entry) => link(hash, entryBytes(entry)), GENESIS).toString('hex')

const rsrp = (range: Pick<SeriesQuery, 'from' | 'to' | 'stepMs'>, node = 'rpi4-1'): SeriesQuery => ({
  node,
  key: MODEM,
  metric: 'rsrpDbm',
  ...range,
})

/** What every store must do; `open` gives one in the file of that name, with what it held before. */
export const storeSuite = async (t: Test, open: (path: string) => Promise<Store>): Promise<void> => {
  const place = (t: Test): string => join(t.testdir(), 'store.db')
  const opened = async (t: Test, path = place(t)): Promise<Store> => {
    const store = await open(path)
    t.teardown(() => store.close().catch(() => {}))
    return store
  }

  await t.test('an empty store is at position 0 of no reign', async (t) => {
    const store = await opened(t)
    t.same(await store.head(), { pos: 0, hash: GENESIS.toString('hex'), epoch: 0 })
    t.same(await collect(store), [])
    t.equal(await store.newestSnapshot(), null)
    t.equal(await store.entry(SOME_ID), null)
    t.equal(await store.entry("no'id"), null)
    t.match(await store.verify(), { ok: true, pos: 0 })
    t.match(await store.append([]), { pos: 0 })
  })

  await t.test('gives back what was appended, in order, to the byte, also after a restart', async (t) => {
    const path = place(t)
    const store = await opened(t, path)
    const make = entryMaker()
    const entries = [
      make.event(START, { node: 'rpi4-1' }),
      make.numbers(START + 10, 'rpi4-1', { [MODEM]: { rsrpDbm: -97.5, sinrDb: null } }),
      make.numbers(START + 20, 'rpi4-2', { 'link/eth0.10': { rxBytes: 123456789012345 } }),
      make.event(START + 30, { text: 'naïve \u0000 "quoted" \n 🏠 \ud800' }),
      make.numbers(START + 40, 'rpi4-1', { [MODEM]: { rsrpDbm: -98 } }),
    ]
    const head = await store.append(entries)
    t.same(head, { pos: 5, hash: chained(entries) })
    t.same(await collect(store), entries)
    t.same(await collect(store, 2), entries.slice(2))
    for (const entry of entries) t.same(await store.entry(entry.id), entry, `entry ${entry.pos} by its id`)
    await store.close()

    const again = await opened(t, path)
    t.same(await again.head(), { ...head, epoch: 0 })
    t.same(await collect(again), entries)
    const more = make.event(START + 50)
    t.same(await again.append([more]), { pos: 6, hash: chained([...entries, more]) })
    t.match(await again.verify(), { ok: true, pos: 6 })
  })

  await t.test('refuses a position that does not come next, and takes nothing of that append', async (t) => {
    const store = await opened(t)
    const make = entryMaker()
    const [a, b, c, d] = [
      make.event(START),
      make.numbers(START, 'n', {}),
      make.numbers(START, 'n', {}),
      make.event(START),
    ] as [Entry, Entry, Entry, Entry]
    await t.rejects(store.append([b]), { code: 'store-failed' }, 'not the first')
    await store.append([a])
    await t.rejects(store.append([a]), { code: 'store-failed' }, 'the same again')
    await t.rejects(store.append([b, d]), { code: 'store-failed' }, 'a hole')
    await t.rejects(store.append([c, b]), { code: 'store-failed' }, 'out of order')
    t.match(await store.head(), { pos: 1 })
    t.equal(await store.entry(b.id), null)
    await store.append([b, c, d])
    t.same(await collect(store), [a, b, c, d])
  })

  await t.test('finds entries by kind, node, cause and position from either end', async (t) => {
    const store = await opened(t)
    const make = entryMaker()
    const batch = (at: number): Entry => make.numbers(START + at, at % 2 ? 'odd' : 'even', {})
    const one = make.event(START, { node: 'odd' })
    const [two, three] = [batch(1), batch(2)]
    const four = make.request(START + 3)
    const five = make.event(START + 4, { node: 'even', cause: two.id })
    const six = make.event(START + 5, { node: 'odd', cause: two.id })
    const [seven, eight] = [batch(6), batch(7)]
    await store.append([one, two, three, four, five])
    await store.append([six, seven, eight])
    const rows: [string, Parameters<Store['entries']>[0], Entry[]][] = [
      ['everything but numbers', { limit: 9 }, [one, four, five, six]],
      ['the newest', { limit: 2, newestFirst: true }, [six, five]],
      ['after a position', { limit: 9, after: 4 }, [five, six]],
      ['before a position, newest first', { limit: 2, before: 6, newestFirst: true }, [five, four]],
      ['one kind', { limit: 9, kinds: ['request'] }, [four]],
      ['two kinds, a few', { limit: 2, kinds: ['request', 'tick', 'tick'] }, [one, four]],
      ['one node', { limit: 9, node: 'odd' }, [one, six]],
      ['one node and kinds', { limit: 9, node: 'odd', kinds: ['tick', 'decision'] }, [one, six]],
      ['no kinds', { limit: 9, kinds: [] }, []],
      ['numbers', { limit: 3, kinds: ['numbers'] }, [two, three, seven]],
      ['newest numbers', { limit: 3, kinds: ['numbers'], newestFirst: true }, [eight, seven, three]],
      [
        'numbers of a node between',
        { limit: 9, kinds: ['numbers'], node: 'even', after: 2, before: 7 },
        [three],
      ],
      ['numbers and others', { limit: 4, kinds: ['numbers', 'tick'] }, [one, two, three, five]],
    ]
    for (const [name, query, expected] of rows)
      t.same(
        (await store.entries(query)).map(({ pos }) => pos),
        expected.map(({ pos }) => pos),
        name,
      )
    t.same(await store.effectsOf(two.id, 9), [five, six])
    t.same(await store.effectsOf(two.id, 1), [five])
    t.same(await store.effectsOf(six.id, 9), [])
  })

  await t.test('the tail comes whole, however long the runs are', async (t) => {
    const store = await opened(t)
    const make = entryMaker()
    const entries = Array.from({ length: 9000 }, (_, i) =>
      i % 3001 === 3000 ? make.event(START + i) : make.numbers(START + i, 'n', { 'host/host': { load1: i } }),
    )
    await store.append(entries.slice(0, 5000))
    await store.append(entries.slice(5000))
    const tail = await collect(store, 1500)
    t.equal(tail.length, 7500)
    t.ok(tail.every(({ pos }, i) => pos === 1501 + i))
    t.match(await store.verify(), { ok: true, pos: 9000, hash: chained(entries) })
    t.same(await store.entry((entries[8000] as Entry).id), entries[8000])
  })

  await t.test('appends that are asked for together come one after the other', async (t) => {
    const store = await opened(t)
    const make = entryMaker()
    const heads = await Promise.all(
      Array.from({ length: 50 }, (_, i) => store.append([make.event(START + i)])),
    )
    t.same(
      heads.map(({ pos }) => pos),
      Array.from({ length: 50 }, (_, i) => i + 1),
    )
  })

  await t.test('counts reigns, and remembers the count', async (t) => {
    const path = place(t)
    const store = await opened(t, path)
    t.equal(await store.takeEpoch(), 1)
    t.equal(await store.takeEpoch(), 2)
    await store.close()
    const again = await opened(t, path)
    t.match(await again.head(), { epoch: 2 })
    t.equal(await again.takeEpoch(), 3)
  })

  await t.test('keeps snapshots with the hash of their position, and only of what it has', async (t) => {
    const store = await opened(t)
    const make = entryMaker()
    const entries = [
      make.event(START),
      ...[1, 2, 3].map((i) => make.numbers(START + i, 'n', {})),
      make.event(START + 9),
    ]
    await store.append(entries)
    const at = '2026-11-01T00:00:00.000Z'
    for (const pos of [1, 2, 3, 4, 5]) {
      await store.saveSnapshot({ pos, at, state: `{"world":${pos}}` })
      const hash = chained(entries.slice(0, pos))
      t.same(await store.newestSnapshot(), { pos, at, hash, state: `{"world":${pos}}` })
    }
    await t.rejects(store.saveSnapshot({ pos: 6, at, state: '{}' }), { code: 'store-failed' })
    t.match(await store.newestSnapshot(), { pos: 5 })
  })

  await t.test('keeps small values by name', async (t) => {
    const path = place(t)
    const store = await opened(t, path)
    t.equal(await store.get('cursor'), null)
    await store.set('cursor', '17')
    await store.set('epoch', 'mine')
    t.equal(await store.takeEpoch(), 1, 'callers’ names are not the store’s')
    await store.set('gone', 'x')
    await store.set('gone', null)
    await store.close()
    const again = await opened(t, path)
    t.equal(await again.get('cursor'), '17')
    t.equal(await again.get('epoch'), 'mine')
    t.equal(await again.get('gone'), null)
  })

  await t.test('shows numbers as they came, by the minute and by the quarter of an hour', async (t) => {
    const store = await opened(t)
    const make = entryMaker()
    const value = (i: number): number => -100 + (i % 7)
    await store.append(
      Array.from({ length: 360 }, (_, i) =>
        make.numbers(START + i * 10_000, 'rpi4-1', {
          [MODEM]: { rsrpDbm: value(i), sinrDb: 5 },
          'host/host': { load1: 99 },
        }),
      ),
    )
    const range = { from: START, to: START + hours(1) }
    const figures = (from: number, count: number) => {
      const values = Array.from({ length: count }, (_, i) => value(from + i))
      const sum = values.reduce((a, b) => a + b, 0)
      const [min, max] = [Math.min(...values), Math.max(...values)]
      return { at: START + from * 10_000, min, max, mean: sum / count, last: values.at(-1) as number }
    }
    const expected = (count: number) =>
      Array.from({ length: 360 / count }, (_, i) => figures(i * count, count))
    const look = async (when: string): Promise<void> => {
      t.same(await store.series(rsrp({ ...range, stepMs: 10_000 })), expected(1), `raw ${when}`)
      t.same(await store.series(rsrp({ ...range, stepMs: 30_000 })), expected(3), `half minutes ${when}`)
      t.same(await store.series(rsrp({ ...range, stepMs: minutes(1) })), expected(6), `minutes ${when}`)
      t.same(await store.series(rsrp({ ...range, stepMs: minutes(15) })), expected(90), `quarters ${when}`)
      t.same(await store.series(rsrp({ ...range, stepMs: hours(1) })), expected(360), `an hour ${when}`)
      const part = { from: START + minutes(10), to: START + minutes(12), stepMs: minutes(1) }
      t.same(await store.series(rsrp(part)), [figures(60, 6), figures(66, 6)], `a part ${when}`)
      t.same(await store.series(rsrp({ ...range, stepMs: minutes(1) }, 'rpi4-2')), [], `another node ${when}`)
    }
    await look('before any roll-up')
    await store.rollUp(START + minutes(20))
    await look('rolled up')
    await store.rollUp(START + hours(2))
    await look('rolled up twice')
  })

  await t.test('shows the unknown as unknown and what nobody saw not at all', async (t) => {
    const store = await opened(t)
    const make = entryMaker()
    const at = (minute: number, rsrpDbm: number | null) =>
      make.numbers(START + minutes(minute), 'rpi4-1', { [MODEM]: { rsrpDbm } })
    await store.append([at(0, -90), at(1, null), at(4, -95), at(4.5, null)])
    const expected = [
      { at: START, min: -90, max: -90, mean: -90, last: -90 },
      { at: START + minutes(1), min: null, max: null, mean: null, last: null },
      { at: START + minutes(4), min: -95, max: -95, mean: -95, last: -95 },
    ]
    const query = rsrp({ from: START, to: START + hours(1), stepMs: minutes(1) })
    t.same(await store.series(query), expected)
    await store.rollUp(START + hours(1))
    t.same(await store.series(query), expected)
  })

  await t.test('puts what came late from a backlog where it was seen', async (t) => {
    const store = await opened(t)
    const make = entryMaker()
    const later = START + hours(5)
    const batch = (taken: number, seen: number, rsrpDbm: number): Entry =>
      make.numbers(taken, 'rpi4-1', { [MODEM]: { rsrpDbm } }, seen)
    await store.append([batch(START + 1000, START + 1000, -90), batch(later, later, -80)])
    await store.rollUp(later + 1)
    await store.append([
      batch(later + 1000, START + 500, -100),
      batch(later + 2000, START + seconds(60), -99),
    ])
    const query = rsrp({ from: START, to: START + hours(1), stepMs: minutes(1) })
    const expected = [
      { at: START, min: -100, max: -90, mean: -95, last: -90 },
      { at: START + minutes(1), min: -99, max: -99, mean: -99, last: -99 },
    ]
    t.same(await store.series(query), expected, 'on top of the roll-up')
    await store.rollUp(later + hours(1))
    t.same(await store.series(query), expected, 'in the roll-up')
    t.same(await store.series({ ...query, stepMs: 1000 }), [
      { at: START, min: -100, max: -100, mean: -100, last: -100 },
      { at: START + 1000, min: -90, max: -90, mean: -90, last: -90 },
      { at: START + minutes(1), min: -99, max: -99, mean: -99, last: -99 },
    ])
  })

  await t.test('goes on committing and answering while it rolls up, and counts nothing twice', async (t) => {
    const store = await opened(t)
    const make = entryMaker()
    const total = 9000
    const batch = (i: number): Entry =>
      make.numbers(START + i * 400, 'rpi4-1', { [MODEM]: { rsrpDbm: -100 + (i % 2) } })
    await store.append(Array.from({ length: total }, (_, i) => batch(i)))
    const query = rsrp({ from: START, to: START + hours(1), stepMs: minutes(1) })
    const before = await store.series(query)
    const rolled = Promise.all([store.rollUp(START + hours(2)), store.rollUp(START + hours(2))])
    const look = async () => {
      await store.append([make.event(START + hours(1))])
      return store.series(query)
    }
    for (const seen of await Promise.all(Array.from({ length: 5 }, look))) t.same(seen, before)
    await rolled
    t.same(await store.series(query), before)
  })

  await t.test('drops what is old, keeps its place in the chain, and shows it coarser', async (t) => {
    const path = place(t)
    const store = await opened(t, path)
    const make = entryMaker()
    const hour = (i: number): Entry[] => [
      ...Array.from({ length: 4 }, (_, q) =>
        make.numbers(START + hours(i) + minutes(15 * q), 'rpi4-1', { [MODEM]: { rsrpDbm: -90 - (i % 5) } }),
      ),
      ...(i % 24 === 0 ? [make.event(START + hours(i), { text: String(i) })] : []),
    ]
    const all = Array.from({ length: 24 * 12 }, (_, i) => hour(i))
    for (const entries of all) await store.append(entries)
    const entries = all.flat()
    const old = entries[0] as Entry
    t.same(await store.entry(old.id), old)

    const now = START + days(12)
    await store.prune(now)
    t.match(await store.verify(), { ok: true, pos: entries.length, hash: chained(entries) })
    t.equal(await store.entry(old.id), null)
    const kept = entries.filter(({ at, kind }) => kind !== 'numbers' || Date.parse(at) >= now - hours(48))
    t.same(await collect(store), kept)

    const steps = async (from: number, stepMs: number): Promise<number[]> => {
      const points = await store.series(rsrp({ from, to: now, stepMs }))
      return points.slice(1).map(({ at }, i) => at - (points[i]?.at ?? 0))
    }
    t.same(new Set(await steps(START, minutes(1))), new Set([minutes(15)]), 'of 12 days ago, quarters')
    t.equal((await steps(START, minutes(15))).length, 12 * 96 - 1)
    t.equal((await steps(now - days(3), seconds(10))).length, 3 * 96 - 1, 'of 3 days ago, minutes')

    await store.prune(START + days(406))
    t.match(await store.verify(), { ok: true, pos: entries.length, hash: chained(entries) })
    const young = entries.filter(({ at, kind }) => kind !== 'numbers' && Date.parse(at) >= START + days(6))
    t.same(await collect(store), young)
    t.same(await store.series(rsrp({ from: START, to: now, stepMs: hours(1) })), [])
    await store.close()

    const again = await opened(t, path)
    const next = make.event(START + days(406))
    t.same(await again.append([next]), { pos: next.pos, hash: chained([...entries, next]) })
  })

  await t.test('keeps everything after the newest snapshot, however old: a start needs it', async (t) => {
    const store = await opened(t)
    const make = entryMaker()
    const entries = Array.from({ length: 10 }, (_, i) =>
      i % 3 ? make.numbers(START + i, 'n', {}) : make.event(START + i),
    )
    await store.append(entries.slice(0, 5))
    await store.saveSnapshot({ pos: 5, at: '2026-11-01T00:00:00.000Z', state: '{}' })
    await store.append(entries.slice(5))
    await store.prune(START + days(1000))
    t.same(await collect(store), entries.slice(5))
    t.match(await store.newestSnapshot(), { pos: 5 })
  })

  await t.test('copies itself while it is written to', async (t) => {
    const path = place(t)
    const store = await opened(t, path)
    const make = entryMaker()
    await store.append(Array.from({ length: 3000 }, (_, i) => make.event(START + i)))
    const copy = `${path}.copy`
    const copied = store.backup(copy)
    for (let i = 0; i < 20; i++) await store.append([make.event(START + i)])
    await copied
    await t.rejects(store.backup(copy), { code: 'store-failed' }, 'never over another file')
    const again = await opened(t, copy)
    const { pos } = await again.head()
    t.ok(pos >= 3000 && pos <= 3020, `position ${pos}`)
    t.match(await again.verify(), { ok: true, pos })
    t.equal(await store.takeEpoch(), 1)
    const far = await again.takeEpoch()
    t.ok(far > 1_000_000, 'a copy begins above all that can have been since')
    t.equal(await again.takeEpoch(), far + 1)
    await t.rejects(store.backup(join(t.testdir(), 'no', 'such', 'folder')), { code: 'store-failed' })
    t.notOk(existsSync(`${copy}.partial`))
  })

  await t.test('tells its size', async (t) => {
    const store = await opened(t)
    const { used, free, log } = await store.sizes()
    t.ok(used > 0 && free >= 0 && log >= 0)
  })

  await t.test('refuses everything once it is closed', async (t) => {
    const store = await opened(t)
    await store.close()
    await t.rejects(store.head(), { code: 'store-failed' })
    await t.rejects(store.append([entryMaker().event(START)]), { code: 'store-failed' })
  })
}
