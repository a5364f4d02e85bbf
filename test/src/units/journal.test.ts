import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { compareWitness } from '@infra-home/coordinator/audit/compare-witness.ts'
import { type Fault, inspect } from '@infra-home/coordinator/audit/inspect.ts'
import { journalCommand } from '@infra-home/coordinator/audit/journal-command.ts'
import type { StoredRow } from '@infra-home/coordinator/audit/stored-row.ts'
import { createEntryStream } from '@infra-home/coordinator/audit/stream.ts'
import { startWitnessing } from '@infra-home/coordinator/audit/witnessing.ts'
import { openStoreHere } from '@infra-home/coordinator/db/open-store-here.ts'
import { openJournalFile } from '@infra-home/coordinator/db/sqlite/journal-file.ts'
import type { Request } from '@infra-home/coordinator/world/input.ts'
import type { Store } from '@infra-home/coordinator/db/store.ts'
import { openApprovers } from '@infra-home/coordinator/trust/approvers.ts'
import { wishApprovers } from '@infra-home/coordinator/trust/approvers-wish.ts'
import { keptWitnesses, takeWitness, witnessLines } from '@infra-home/agent/witness.ts'
import { days, hours, seconds } from '@infra-home/shared/clock.ts'
import type { Witness } from '@infra-home/shared/messages/witness.ts'
import { entryMaker, START } from '../conformance/store-entries.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'
import { voice } from '../helpers/said.ts'
import { smallHouse } from '../helpers/small-house.ts'
import { randomFrom } from '../conformance/mangle.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
t.comment(`SEED=${seed}`)

const folderFor = (t: Test): string => {
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-journal-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A journal of everything: single entries, packed numbers, odd texts. */
const journalIn = async (folder: string, count = 240): Promise<string> => {
  const path = join(folder, 'infra-home.db')
  const store = await openStoreHere({ path })
  const random = randomFrom(7)
  const make = entryMaker(0, () => random(1000) / 1000)
  for (let i = 0; i < count;) {
    const at = START + i * 1000
    const size = 1 + random(12)
    const batch = Array.from({ length: size }, (_, k) => {
      if (i % 3 === 0) return make.numbers(at + k, 'rpi4-1', { 'host/host': { load1: k + 0.5 } })
      return random(2)
        ? make.request(at + k)
        : make.event(at + k, { text: ['é\u{1F4A1}', '\uFFFD', 'x'][k % 3] ?? '' })
    })
    await store.append(batch)
    i += size
  }
  await store.close()
  return path
}

const rowsOf = async (path: string): Promise<StoredRow[]> => {
  const file = await openJournalFile(path)
  try {
    return [...file.rows()]
  } finally {
    file.close()
  }
}

const faultsIn = (rows: Iterable<StoredRow>): Fault[] => {
  const faults: Fault[] = []
  inspect(rows, { onFault: (fault) => faults.push(fault) })
  return faults
}

t.test('any byte that is changed in any entry is found, and where', async (t) => {
  const rows = await rowsOf(await journalIn(folderFor(t)))
  t.same(faultsIn(rows), [])
  t.ok(rows.some(({ first, last }) => last > first) && rows.some(({ first, last }) => last === first))
  const random = randomFrom(seed)
  const [missed, misplaced]: [string[], string[]] = [[], []]
  for (let i = 0; i < 4000; i++) {
    const at = random(rows.length)
    const row = rows[at] as StoredRow
    const entries = row.entries as Buffer[]
    const which = random(entries.length)
    const entry = Buffer.from(entries[which] as Buffer)
    const place = random(entry.length)
    entry[place] = ((entry[place] ?? 0) + 1 + random(255)) & 255
    const changed = [...rows]
    changed[at] = { ...row, entries: entries.map((one, k) => (k === which ? entry : one)) }
    const faults = faultsIn(changed)
    const name = `row ${row.first}, entry ${which}, byte ${place}: ${JSON.stringify(faults)}`
    if (faults.length === 0) missed.push(name)
    else if (faults.length > 1 || faults[0]?.first !== row.first || faults[0].fault !== 'changed')
      misplaced.push(name)
  }
  t.same(missed, [])
  t.same(misplaced, [])
})

t.test('what was done to a journal is named, once, and what follows is not doubted', async (t) => {
  const rows = await rowsOf(await journalIn(folderFor(t)))
  const singles = rows
    .map((_, i) => i)
    .filter((i) => [i, i + 1, i + 2].every((k) => rows[k] && rows[k].first === rows[k].last))
  const random = randomFrom(seed)
  const at = singles[random(singles.length)] ?? 0
  const row = (i: number): StoredRow => rows[i] as StoredRow
  const pos = row(at).first
  const moved = (i: number, by: number): StoredRow => ({
    ...row(i),
    first: row(i).first + by,
    last: row(i).last + by,
  })
  const forged = Buffer.from(`{"pos":${pos},"id":"x","at":"2026-11-01T00:00:00.000Z","kind":"tick"}`)
  const tail = (from: number, by: number): StoredRow[] => rows.slice(from).map((_, i) => moved(from + i, by))
  const before = rows.slice(0, at)
  const cases: [string, StoredRow[], Partial<Fault>][] = [
    ['nothing at all', rows, {}],
    ['an entry is removed', [...before, ...rows.slice(at + 1)], { fault: 'removed', first: pos, last: pos }],
    [
      'two entries are removed',
      [...before, ...rows.slice(at + 2)],
      { fault: 'removed', first: pos, last: pos + 1 },
    ],
    [
      'an entry is removed and all behind it move up',
      [...before, ...tail(at + 1, -1)],
      { fault: 'removed', first: pos },
    ],
    [
      'an entry is put in and all behind it move down',
      [...before, { ...row(at), entries: [forged], hash: createHash('sha256').digest() }, ...tail(at, 1)],
      { fault: 'inserted', first: pos },
    ],
    [
      'an entry is put in at a position that is taken',
      [...before, row(at), { ...row(at), entries: [forged] }, ...rows.slice(at + 1)],
      { fault: 'inserted', first: pos },
    ],
    [
      'two entries change places',
      [...before, moved(at + 1, -1), moved(at, 1), ...rows.slice(at + 2)],
      { fault: 'reordered', first: pos, last: pos + 1 },
    ],
    [
      'two texts change places',
      [
        ...before,
        { ...row(at), entries: row(at + 1).entries },
        { ...row(at + 1), entries: row(at).entries },
        ...rows.slice(at + 2),
      ],
      { fault: 'reordered', first: pos, last: pos + 1 },
    ],
    [
      'a hash is changed',
      [...before, { ...row(at), hash: createHash('sha256').digest() }, ...rows.slice(at + 1)],
      { fault: 'changed', first: pos, found: 'hash e3b0c44298fc…' },
    ],
    [
      'an entry is replaced',
      [...before, { ...row(at), entries: [forged] }, ...rows.slice(at + 1)],
      { fault: 'changed', first: pos, kind: 'tick', at: '2026-11-01T00:00:00.000Z' },
    ],
    [
      'an entry is no longer to be read',
      [...before, { ...row(at), entries: 'a batch that cannot be unpacked' }, ...rows.slice(at + 1)],
      { fault: 'changed', first: pos },
    ],
    ['an entry is pruned', [...before, { ...row(at), entries: null }, ...rows.slice(at + 1)], {}],
  ]
  for (const [name, changed, expected] of cases)
    t.test(name, async (t) => {
      const faults = faultsIn(changed)
      t.match(faults, Object.keys(expected).length === 0 ? [] : [expected])
      t.equal(faults.length, Object.keys(expected).length === 0 ? 0 : 1, JSON.stringify(faults))
    })
})

const verify = async (
  db: string,
  witnesses: readonly string[] = [],
  words: readonly string[] = ['verify'],
) => {
  const said: string[] = []
  const say = (text: string): void => void said.push(text)
  const code = await journalCommand({ words, db, witnesses, print: say, progress: say })
  return { code, text: said.join('\n') }
}

t.test('coordinator journal verify', async (t) => {
  const folder = folderFor(t)
  const path = await journalIn(folder)
  const copyWith = (t: Test, sql: string): string => {
    const copy = join(folderFor(t), 'copy.db')
    copyFileSync(path, copy)
    const db = new DatabaseSync(copy)
    db.exec(sql)
    db.close()
    return copy
  }
  const head = (await rowsOf(path)).at(-1) as StoredRow

  t.test('says that the chain holds, and where it ends', async (t) => {
    const { code, text } = await verify(path)
    t.equal(code, 0)
    t.match(text, new RegExp(`ends at position ${head.last}\n  ${head.hash.toString('hex')}`))
    t.match(text, /the chain holds$/)
  })
  for (const [name, sql, found] of [
    [
      'a changed text',
      `UPDATE journal SET text = replace(text, 'admin', 'adnim') WHERE pos = (SELECT min(pos) FROM journal WHERE kind = 'request')`,
      /! .*2026-11-01.*request +changed/,
    ],
    ['a removed entry', 'DELETE FROM journal WHERE pos = (SELECT min(pos) FROM journal)', /! .* removed/],
    [
      'an entry filed under another kind',
      `UPDATE journal SET kind = 'tick' WHERE pos = (SELECT min(pos) FROM journal WHERE kind = 'request')`,
      /request +misfiled +kind request +kind tick/,
    ],
    [
      'a batch that is no batch',
      `UPDATE packed SET bytes = x'00' WHERE first = (SELECT min(first) FROM packed)`,
      /changed .*cannot be unpacked/,
    ],
    [
      'a batch filed under another time',
      'UPDATE packed SET taken_from = taken_from + 1 WHERE first = (SELECT min(first) FROM packed)',
      /misfiled .*taken_from/,
    ],
    [
      'a hash that is a text',
      `UPDATE journal SET hash = 'x' WHERE pos = (SELECT min(pos) FROM journal)`,
      /changed/,
    ],
    [
      'a text that is a number',
      `UPDATE journal SET text = 5 WHERE pos = (SELECT min(pos) FROM journal)`,
      /changed/,
    ],
  ] as const)
    t.test(`finds ${name}`, async (t) => {
      const { code, text } = await verify(copyWith(t, sql))
      t.equal(code, 1)
      t.match(text, found)
      t.match(text, /the chain does NOT hold$/)
      t.equal(text.split('\n').filter((line) => line.startsWith('!')).length, 1, text)
      t.ok(
        text.split('\n').every((line) => line.length <= 100),
        text,
      )
    })
  t.test('takes what was pruned by its hash, reads beside a writer, and compares witnesses', async (t) => {
    const copy = join(folderFor(t), 'copy.db')
    copyFileSync(path, copy)
    const store = await openStoreHere({ path: copy })
    t.teardown(() => store.close())
    const early = { position: 5, hash: (await store.hashAt(5)) as string, at: '2026-11-01T00:00:05.000Z' }
    const middle = {
      position: 200,
      hash: (await store.hashAt(200)) as string,
      at: '2026-11-01T00:03:20.000Z',
    }
    const end = { position: head.last, hash: head.hash.toString('hex'), at: '2026-11-01T00:10:00.000Z' }
    const file = join(folderFor(t), 'witnesses')
    const withWitnesses = async (witnesses: readonly Witness[]) => {
      writeFileSync(file, witnessLines(witnesses))
      return verify(copy, [file])
    }
    t.match(await withWitnesses([early, middle, end]), { code: 0, text: /3 witnesses agree, 0 don't, 0 are/ })
    const forged = { ...middle, hash: end.hash }
    t.match(await withWitnesses([forged]), {
      code: 1,
      text: /! +200 +2026-11-01 00:03:20 +journal was rewritten/,
    })
    const beyond = { ...end, position: head.last + 7 }
    t.match(await withWitnesses([beyond, end]), { code: 1, text: /journal is shorter .*nothing/ })
    await store.prune(START + days(401) + 100_000)
    t.match(await withWitnesses([early, end]), { code: 0, text: /known by position and hash alone/ })
    const made = entryMaker(head.last).event(START + days(401))
    await store.append([made])
    t.match((await verify(copy)).text, new RegExp(`position ${head.last + 1}\n`))
    writeFileSync(file, JSON.stringify([middle]))
    t.equal((await verify(copy, [file])).code, 0, 'as the agent keeps them')
  })
  t.test('says what it cannot read', async (t) => {
    const file = join(folderFor(t), 'rubbish')
    writeFileSync(file, 'x'.repeat(10_000))
    t.match(await verify(file), { code: 2, text: /cannot be read as a journal/ })
    await t.rejects(verify(join(folder, 'nope')), { code: 'usage', message: /no such file/ })
    await t.rejects(verify(path, [file]), {
      code: 'usage',
      message: /rubbish:1: POSITION HASH AT is expected/,
    })
    await t.rejects(verify(path, [join(folder, 'nope')]), { code: 'usage' })
    await t.rejects(verify(path, [], ['mend']), { code: 'usage' })
  })
})

t.test('what a node has seen, against the journal', async (t) => {
  const [a, b] = ['a'.repeat(64), 'b'.repeat(64)]
  const witness = { position: 100, hash: a, at: '2026-11-01T12:00:00Z' }
  const restored = [{ position: 80, at: '2026-11-01T13:00:00Z' }]
  for (const [name, seen, earlier, expected] of [
    ['the same', { head: 120, hash: a }, [], { verdict: 'agrees' }],
    ['another', { head: 120, hash: b }, [], { verdict: 'rewritten', found: b }],
    ['more than there is', { head: 90, hash: null }, [], { verdict: 'shorter', from: 90, missing: 10 }],
    ['what was pruned', { head: 120, hash: 'pruned' }, [], { verdict: 'unknown' }],
    [
      'what came anew since a restore',
      { head: 120, hash: b },
      restored,
      { verdict: 'shorter', from: 80, missing: 20 },
    ],
    ['the same, although restored', { head: 120, hash: a }, restored, { verdict: 'agrees' }],
    [
      'another, seen after the restore',
      { head: 120, hash: b },
      [{ position: 80, at: '2026-11-01T11:00:00Z' }],
      { verdict: 'rewritten', found: b },
    ],
    [
      'another, from before the restore’s place',
      { head: 120, hash: b },
      [{ position: 100, at: '2026-11-01T13:00:00Z' }],
      { verdict: 'rewritten', found: b },
    ],
  ] as const)
    t.same(compareWitness(witness, seen, earlier), expected, name)
})

t.test(
  'an agent keeps the newest 400 witnesses, in their order, and tells which was the last before',
  async (t) => {
    const disk = fakeDisk().mount()
    const witness = (position: number): Witness => ({
      position,
      hash: `${position % 10}`.repeat(64),
      at: '2026-11-01T00:00:00Z',
    })
    t.equal(await takeWitness(disk, witness(1)), null)
    t.same(await takeWitness(disk, witness(1)), witness(1), 'the same again')
    await Promise.all(Array.from({ length: 450 }, (_, i) => takeWitness(disk, witness(i + 2))))
    const kept = await keptWitnesses(disk)
    t.same([kept.length, kept[0]?.position, kept.at(-1)?.position], [400, 52, 451])
    t.same(await takeWitness(disk, witness(7)), witness(451), 'one of an earlier position is evidence, too')
  },
)

/** A house whose journal lies in a store, with a node that keeps witnesses. */
const witnessed = async (store: Store, position = 0) => {
  const house = smallHouse()
  house.world.position = position
  const stream = createEntryStream()
  const wished: [string, string, unknown][] = []
  const notes: object[] = []
  const logged: string[] = []
  const push = house.journal.push.bind(house.journal)
  house.journal.push = (...entries) => {
    for (const entry of entries) stream.publish(entry)
    return push(...entries)
  }
  const witnessing = startWitnessing({
    world: house.world,
    clock: house.clock,
    stream,
    store,
    wish: (...wish) => void wished.push(wish),
    note: (body) => notes.push(body),
    log: (level, sentence) => void logged.push(`${level} ${sentence}`),
  })
  const node = voice('rpi4-1', house.clock, { session: 1 + position })
  const have = async (witness: Witness | null): Promise<void> => {
    house.hear(['ih/1/rpi4-1/have/witness', { ...node.envelope(null), epoch: 1, generation: 1, witness }])
    await witnessing.settled()
  }
  return { house, stream, wished, notes, logged, witnessing, node, have }
}

t.test('the coordinator hands out its journal’s end, and knows a past that is not its own', async (t) => {
  const open = async (count: number) => {
    const store = await openStoreHere({ path: await journalIn(folderFor(t), count) })
    t.teardown(() => store.close())
    return store
  }
  const [long, short] = [await open(240), await open(100)]
  const head = await long.head()
  const seenAt = async (position: number): Promise<Witness> => ({
    position,
    hash: (await long.hashAt(position)) as string,
    at: new Date(START).toISOString(),
  })

  t.test('to every node when it is born, and hourly', async (t) => {
    const { house, wished, witnessing, node } = await witnessed(long, head.pos)
    house.hear(node.birth())
    await witnessing.settled()
    t.match(wished, [['rpi4-1', 'witness', { position: head.pos, hash: head.hash }]])
    await house.clock.advance(hours(1))
    await witnessing.settled()
    t.equal(wished.length, 2)
    witnessing.stop()
    await house.clock.advance(hours(2))
    t.equal(wished.length, 2)
  })
  t.test('agrees with what it wrote itself', async (t) => {
    const { have, notes, witnessing } = await witnessed(long, head.pos)
    for (const witness of [await seenAt(head.pos), await seenAt(7), null]) await have(witness)
    t.same([notes, witnessing.reasons()], [[], []])
  })
  t.test('a rewritten one is an entry, an error and a reason not to be ready, once', async (t) => {
    const { have, notes, logged, witnessing } = await witnessed(long, head.pos)
    const witness = { ...(await seenAt(50)), hash: 'f'.repeat(64) }
    await have(witness)
    await have(witness)
    t.match(notes, [{ event: 'journal-rewritten', node: 'rpi4-1', position: 50, expected: witness.hash }])
    t.equal(notes.length, 1)
    t.match(logged, [/^error the journal is not the one/])
    t.match(witnessing.reasons(), [/rewritten: rpi4-1 has seen another hash at position 50/])
  })
  t.test('one that was restored from an older backup is told apart, with what is missing', async (t) => {
    const { have, notes, logged, witnessing } = await witnessed(short, (await short.head()).pos)
    await have(await seenAt(head.pos))
    const { pos } = await short.head()
    const missing = head.pos - pos
    t.match(notes, [{ event: 'journal-shorter', node: 'rpi4-1', from: pos, missing }])
    t.match(logged, [/^warn the journal was restored/])
    t.same(witnessing.reasons(), [])
  })
})

t.test('every node hears who may approve, and when that changes', async (t) => {
  const house = smallHouse()
  const stream = createEntryStream()
  const push = house.journal.push.bind(house.journal)
  house.journal.push = (...entries) => {
    for (const entry of entries) stream.publish(entry)
    return push(...entries)
  }
  const approvers = openApprovers(folderFor(t), 'home')
  const wished: unknown[] = []
  const asked: Request[] = []
  const said: string[] = []
  const kept = new Map<string, string>()
  let failures = 2
  const stop = wishApprovers({
    approvers,
    world: house.world,
    stream,
    clock: house.clock,
    wish: (_node, _kind, body) => void wished.push(body),
    ask: async (request) => {
      if (failures-- > 0) throw new Error('no space')
      asked.push(request)
    },
    store: {
      get: async (key) => kept.get(key) ?? null,
      set: async (key, value) => void kept.set(key, value ?? ''),
    },
    log: (level, sentence) => said.push(`${level} ${sentence}`),
  })

  house.hear(voice('rpi4-1', house.clock).birth())
  const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8s8r1gTjQ8cC4pGkR1n0wDqQmXvK3l2b9yQh7f0aZx'
  approvers.add('alice', `${KEY} alice@home`, '2026-11-01T00:00:00Z')
  await house.clock.advance(seconds(5))
  await house.clock.advance(seconds(60))
  const first = { approvers: [{ name: 'alice', key: KEY }], signature: null }
  t.same(wished, [{ lists: [] }, { lists: [first] }])
  t.match(
    asked,
    [{ request: 'approvers', list: 1, names: ['alice'], by: 'coordinator' }],
    'tried again until it is there, and once',
  )
  t.equal(said.filter((line) => line.startsWith('error')).length, 1)
  stop()
})
