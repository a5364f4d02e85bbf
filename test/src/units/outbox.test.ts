import t from 'tap'
import type { Gap, Urgency } from '@infra-home/agent/outbox/entry.ts'
import { coalesce } from '@infra-home/agent/outbox/loss-book.ts'
import { chooseEntries, chooseFile } from '@infra-home/agent/outbox/retention.ts'
import { decodeSegment, encodeRecord, SEGMENT_MAGIC } from '@infra-home/agent/outbox/segment.ts'
import { fullBucket, mayTake, refill, takeEntry } from '@infra-home/agent/outbox/token-bucket.ts'
import { hours, minutes, monoMs, seconds } from '@infra-home/shared/clock.ts'
import { settle } from '../helpers/fake-clock.ts'
import { covered, everything, outboxBench, type Sent } from '../helpers/outbox-bench.ts'

const seqs = (sent: readonly Sent[]): number[] => sent.map(({ seq }) => seq)
const ack = (session: number, upTo: number) => ({ session, upTo, above: [] })
t.test('what is written, and when', async (t) => {
  t.test('events of one tick are one write, at once', async (t) => {
    const b = outboxBench()
    await b.open()
    const before = b.disk.written.calls
    b.event()
    b.event()
    b.event()
    await settle()
    t.equal(b.disk.written.calls - before, 1)
    const outbox = await b.crash()
    t.same(seqs(await b.due()), [1, 2, 3])
    t.equal(outbox.stats().entries, 3)
  })

  t.test('numbers that are acknowledged in time cost no write', async (t) => {
    const b = outboxBench()
    const outbox = await b.open()
    const before = { ...b.disk.written }
    for (let i = 0; i < 100; i++) {
      const seq = b.number()
      await b.clock.advance(seconds(10))
      if (i % 6 === 5) outbox.settle(ack(outbox.session, seq - 1))
    }
    t.same(b.disk.written, before)
  })

  t.test('numbers that are not acknowledged go to the disk together, after two minutes', async (t) => {
    const b = outboxBench()
    await b.open()
    const before = b.disk.written.calls
    for (let i = 0; i < 11; i++) {
      b.number()
      await b.clock.advance(seconds(10))
    }
    t.equal(b.disk.written.calls, before)
    await b.clock.advance(seconds(10))
    t.equal(b.disk.written.calls - before, 1)
    await b.crash()
    t.equal((await b.due()).length, 11)
  })

  t.test('close writes what is in memory, and nothing settled comes back', async (t) => {
    const b = outboxBench()
    const first = await b.open()
    b.event()
    b.event()
    await settle()
    first.settle(ack(first.session, 1))
    b.number()
    await first.close()
    const second = await b.open()
    t.equal(second.session, first.session + 1)
    t.same(seqs(await b.due()), [2, 3])
    second.settle(ack(first.session, 3))
    await second.close()
    t.same(b.segments(), [])
  })

  t.test('a quiet day writes little', async (t) => {
    const b = outboxBench()
    const outbox = await b.open()
    for (let tick = 0; tick < 8640; tick++) {
      const seq = b.number(600)
      if (tick % 360 === 0) b.event(400)
      await b.clock.advance(seconds(10))
      if (tick % 6 === 5) outbox.settle(ack(outbox.session, seq))
    }
    await outbox.close()
    const { bytes, calls } = b.disk.written
    t.comment(`a quiet day: ${bytes} bytes in ${calls} writes and removals`)
    t.ok(bytes <= 10_000_000)
    t.ok(calls <= 60)
  })

  t.test('an hour without the coordinator costs one write in two minutes', async (t) => {
    const b = outboxBench()
    await b.open()
    const before = b.disk.written.calls
    for (let tick = 0; tick < 360; tick++) {
      b.number()
      await b.clock.advance(seconds(10))
    }
    t.ok(b.disk.written.calls - before <= 30)
  })

  t.test('a message of another session is a mistake of the caller', async (t) => {
    const b = outboxBench()
    const outbox = await b.open()
    const message = { session: outbox.session - 1, seq: 1 }
    t.throws(() => outbox.add({ topic: 'ih/1/rpi4-1/tm', message, urgency: 'number' }), RangeError)
  })
})

t.test('the session number', async (t) => {
  const wall = 1793491200
  const rows: [name: string, file: string | null, next: number][] = [
    ['counts up', `${wall + 7}\n`, wall + 8],
    ['is at least the time', '7\n', wall],
    ['jumps to the time when there is none', null, wall],
    ['jumps when it is empty', '', wall],
    ['jumps when it is cut', '7', wall],
    ['jumps when it is nonsense', 'seven\n', wall],
    ['jumps when it is negative', '-7\n', wall],
    ['jumps when it is beyond reason', '9007199254740991\n', wall],
  ]
  for (const [name, file, next] of rows)
    t.test(name, async (t) => {
      const b = outboxBench()
      if (file !== null) b.disk.files.set('session', Buffer.from(file))
      t.equal((await b.open()).session, next)
      t.equal((await b.crash()).session, next + 1, 'it is on the disk before it is used')
    })

  t.test('is above every session in the segments, whatever the counter and the clock say', async (t) => {
    const b = outboxBench()
    const first = await b.open()
    b.event()
    await settle()
    b.disk.files.set('session', Buffer.from('3\n'))
    t.equal((await b.crash()).session, first.session + 1)
    b.disk.files.delete('session')
    b.clock.stepWall(hours(-1_000_000))
    t.equal((await b.crash()).session, first.session + 1)
  })

  t.test(
    'does not repeat when the disk is full at the start, and is kept when there is room again',
    async (t) => {
      const b = outboxBench()
      b.disk.files.set('session', Buffer.from('7\n'))
      b.disk.limit(0)
      const first = await b.open()
      t.equal(first.session, wall)
      await b.clock.advance(seconds(30))
      t.ok(first.stats().failing)
      b.disk.limit(null)
      await b.clock.advance(minutes(1))
      t.notOk(first.stats().failing)
      t.equal((await b.crash()).session, wall + 90)
    },
  )

  t.test('goes on growing after a start whose number never reached the disk', async (t) => {
    const b = outboxBench()
    await b.open()
    await b.clock.advance(minutes(10))
    b.disk.limit(0)
    const unkept = await b.crash()
    await b.clock.advance(minutes(1))
    b.disk.limit(null)
    const next = await b.crash()
    t.ok(next.session > unkept.session, 'else its coordinator would take it for a ghost of the past')
  })
})

t.test('the backlog', async (t) => {
  t.test('is what earlier sessions left, then what stayed unanswered, oldest first and once', async (t) => {
    const b = outboxBench()
    const first = await b.open()
    b.number()
    b.event()
    b.number()
    await first.close()
    const second = await b.open()
    b.event()
    const old = await b.due()
    t.same(
      old.map(({ session, seq }) => [session, seq]),
      [1, 2, 3].map((seq) => [first.session, seq]),
    )
    t.same(await b.due(), [], 'they have time to be acknowledged')
    await b.clock.advance(seconds(15))
    t.same(await b.due(), [{ session: second.session, seq: 1, body: 'e'.repeat(20) }])
    second.settle(ack(first.session, 2))
    await b.clock.advance(seconds(75))
    t.same(seqs(await b.due()), [3], 'sent again when that time is over')
  })

  t.test('of the disk and of memory are one line', async (t) => {
    const b = outboxBench()
    const outbox = await b.open()
    for (let i = 0; i < 3; i++) b.number()
    await outbox.flush()
    b.event()
    b.number()
    await b.clock.advance(seconds(90))
    t.same(seqs(await b.due()), [1, 2, 3, 4, 5])
  })

  t.test('is what the coordinator misses, at once', async (t) => {
    const b = outboxBench()
    const outbox = await b.open()
    for (let i = 0; i < 9; i++) b.number()
    outbox.resend([
      [2, 3],
      [7, 70],
    ])
    t.same(seqs(await b.due()), [2, 3, 7, 8, 9])
  })

  t.test('never goes faster than its rate, and live messages do not wait for it', async (t) => {
    const b = outboxBench({ backlogRate: { entriesPerSecond: 10, bytesPerSecond: 1000 } })
    const first = await b.open()
    for (let i = 0; i < 100; i++) b.event(1000)
    await first.close()
    const second = await b.open()
    const counts: number[] = []
    for (let s = 0; s < 30; s++) {
      counts.push((await b.due()).length)
      await b.clock.advance(seconds(1))
    }
    t.ok(counts.every((n) => n <= 3))
    const all = counts.reduce((a, n) => a + n, 0)
    t.ok(all >= 25 && all <= 32, `${all} of 1 kB in 30 s`)
    t.equal(second.stats().entries, 100)
  })

  t.test('waits while the disk does not read, and comes when it does', async (t) => {
    const b = outboxBench()
    const first = await b.open()
    b.event()
    await first.close()
    await b.open()
    b.disk.failReads(true)
    t.same(await b.due(), [])
    b.disk.failReads(false)
    await b.clock.advance(seconds(10))
    t.same(seqs(await b.due()), [1])
  })

  t.test('that rotted since it was written is told as lost', async (t) => {
    const b = outboxBench()
    const outbox = await b.open()
    b.event()
    b.event()
    await settle()
    const [name = ''] = b.segments()
    b.disk.flip(name, (b.disk.files.get(name)?.length ?? 0) - 100)
    await b.clock.advance(seconds(15))
    const sent = seqs(await b.due())
    await b.clock.advance(seconds(1))
    t.match(b.gaps, [{ session: outbox.session, reason: 'corrupt' }])
    for (const seq of [1, 2]) t.ok(sent.includes(seq) || covered(b.gaps, outbox.session, seq))
  })
})

t.test('what is owed', async (t) => {
  const b = outboxBench()
  const first = await b.open()
  t.same(first.owed(), [{ session: first.session, from: 1 }])
  for (let i = 0; i < 5; i++) b.event()
  await settle()
  first.settle({ session: first.session, upTo: 1, above: [[3, 3]] })
  t.same(first.owed(), [{ session: first.session, from: 2 }])
  first.settle(ack(first.session, 5))
  t.same(first.owed(), [{ session: first.session, from: 6 }])
  const second = await b.crash()
  t.same(second.owed()[0]?.session, first.session, 'listed while a crash may bring it back')
  second.settle(ack(first.session, 5))
  await settle()
  t.same(second.owed(), [{ session: second.session, from: 1 }])
})

t.test('when it is full', async (t) => {
  const small = { diskBytes: 64 * 1024, segmentBytes: 8 * 1024, memoryBytes: 16 * 1024 }
  t.test('the oldest numbers go first, in few gaps that are events themselves', async (t) => {
    const b = outboxBench(small)
    const outbox = await b.open()
    const events: number[] = []
    for (let i = 0; i < 300; i++) {
      if (i % 50 === 0) events.push(b.event(300))
      b.number(500)
      await b.clock.advance(seconds(20))
      t.ok(outbox.stats().diskBytes <= small.diskBytes)
    }
    t.ok(b.gaps.length > 0 && b.gaps.length < 40, `${b.gaps.length} gaps`)
    t.ok(b.gaps.every(({ reason }) => reason === 'full'))
    t.ok(events.every((seq) => !covered(b.gaps, outbox.session, seq)))
    await outbox.close()
    await b.open()
    const left = seqs((await everything(b)).filter(({ session }) => session === outbox.session))
    t.same(
      left,
      [...left].sort((a, b) => a - b),
    )
    for (let seq = 1; seq <= 300; seq++)
      t.ok(left.includes(seq) || covered(b.gaps, outbox.session, seq), `${seq}`)
    t.ok(events.every((seq) => left.includes(seq)))
  })

  t.test('of events, the oldest go, and a marker that goes is told again', async (t) => {
    const b = outboxBench(small)
    const outbox = await b.open()
    for (let i = 0; i < 1500; i++) {
      b.event(300)
      await b.clock.advance(seconds(2))
    }
    t.ok(b.disk.files.size < 12)
    t.ok(outbox.stats().diskBytes <= small.diskBytes)
    await outbox.close()
    await b.open()
    const left = await everything(b)
    const told = left.flatMap(({ body }) => (typeof body === 'object' ? [body as Gap] : []))
    const last = b.last.get(outbox.session) ?? 0
    t.ok(last > 1500)
    for (let seq = 1; seq <= last; seq++)
      t.ok(seqs(left).includes(seq) || covered(told, outbox.session, seq), `${seq}`)
  })

  t.test('of events between numbers, gaps stay few', async (t) => {
    const b = outboxBench(small)
    await b.open()
    for (let i = 0; i < 1000; i++) {
      b.event(100)
      b.number(100)
      await b.clock.advance(seconds(1))
    }
    t.ok(b.gaps.length <= 150, `${b.gaps.length} gaps`)
  })

  t.test('the memory is bounded when everything comes in one tick', async (t) => {
    const b = outboxBench(small)
    const outbox = await b.open()
    for (let i = 0; i < 1000; i++) b.event(100)
    t.ok(outbox.stats().memoryBytes <= small.memoryBytes)
    await b.clock.advance(seconds(2))
    t.match(b.gaps, [{ from: 1, reason: 'full' }])
  })

  t.test('an entry that is too long is refused, not sent for ever', async (t) => {
    const b = outboxBench()
    const outbox = await b.open()
    b.event(70_000)
    await b.clock.advance(seconds(1))
    t.same(b.gaps, [{ session: outbox.session, from: 1, to: 1, reason: 'refused' }])
    t.equal(outbox.stats().entries, 1)
  })
})

t.test('when the disk does not take it', async (t) => {
  for (const [name, broken, mended] of [
    [
      'is full',
      (b: ReturnType<typeof outboxBench>) => b.disk.limit(400),
      (b: ReturnType<typeof outboxBench>) => b.disk.limit(null),
    ],
    [
      'fails',
      (b: ReturnType<typeof outboxBench>) => b.disk.fail(true),
      (b: ReturnType<typeof outboxBench>) => b.disk.fail(false),
    ],
  ] as const)
    t.test(`because it ${name}, entries wait in memory and are written later`, async (t) => {
      const b = outboxBench()
      const outbox = await b.open()
      b.event()
      await settle()
      broken(b)
      for (let i = 0; i < 20; i++) {
        b.event()
        await b.clock.advance(seconds(10))
      }
      t.ok(outbox.stats().failing)
      const { writeFailures } = outbox.stats()
      t.ok(writeFailures >= 3 && writeFailures < 12, `${writeFailures} tries in 200 s`)
      mended(b)
      await b.clock.advance(minutes(1))
      t.notOk(outbox.stats().failing)
      t.equal(outbox.stats().memoryBytes, 0)
      const before = b.gaps.length
      await b.crash()
      await b.clock.advance(seconds(2))
      t.same(
        seqs(await b.due()),
        Array.from({ length: 21 }, (_, i) => i + 1),
      )
      t.equal(b.gaps.length, before, 'what failed writes left behind is no damage')
    })

  t.test('for long, the oldest numbers in memory go, then events, and it says why', async (t) => {
    const b = outboxBench({ memoryBytes: 16 * 1024 })
    const outbox = await b.open()
    b.disk.fail(true)
    b.event(100)
    for (let i = 0; i < 100; i++) {
      b.number(300)
      await b.clock.advance(seconds(10))
      t.ok(outbox.stats().memoryBytes <= 16 * 1024)
    }
    t.match(b.gaps[0], { from: 2, reason: 'disk' })
    t.notOk(covered(b.gaps, outbox.session, 1))
  })
})

const threeRecords = async () => {
  const b = outboxBench()
  const first = await b.open()
  for (let i = 0; i < 3; i++) {
    b.event(30)
    await settle()
  }
  const [name = ''] = b.segments()
  return { b, first, name, bytes: Buffer.from(b.disk.files.get(name) ?? []) }
}

t.test('damage', async (t) => {
  t.test('a file that is cut at any byte gives what was whole before the cut, and no gap', async (t) => {
    const { b, first, name, bytes } = await threeRecords()
    const ends = decodeSegment(bytes, null).records.map(({ offset, length }, i) => ({
      i,
      end: offset + length,
      bytes,
    }))
    const marks = ends.filter(({ i }) =>
      /"topic"/.test(JSON.stringify(decodeSegment(bytes, null).records[i]?.value)),
    )
    for (let cut = 0; cut <= bytes.length; cut++) {
      b.disk.files.clear()
      b.disk.files.set('session', Buffer.from(`${first.session}\n`))
      b.disk.files.set(name, Buffer.from(bytes.subarray(0, cut)))
      const before = b.gaps.length
      await b.crash()
      await b.clock.advance(seconds(2))
      const whole = marks.filter(({ end }) => end <= cut).length
      const got = seqs(await b.due())
      if (got.length !== whole || b.gaps.length !== before) t.fail(`cut at ${cut}: ${got.join()} of ${whole}`)
      b.event()
      await settle()
      await b.crash()
      if ((await b.due()).length !== whole + 1) t.fail(`cut at ${cut}: what came after is not there`)
    }
    t.pass(`${bytes.length} cuts`)
  })

  t.test('any byte that is flipped costs at most its record, and that is told', async (t) => {
    const { b, first, name, bytes } = await threeRecords()
    for (let at = 0; at < bytes.length; at++)
      for (const mask of [0x01, 0x20, 0x80]) {
        b.disk.files.clear()
        b.disk.files.set('session', Buffer.from(`${first.session}\n`))
        b.disk.files.set(name, Buffer.from(bytes))
        b.disk.flip(name, at, mask)
        b.gaps.length = 0
        await b.crash()
        await b.clock.advance(seconds(2))
        const got = seqs((await b.due()).filter(({ session }) => session === first.session))
        const nowhere = [1, 2, 3].filter((seq) => !got.includes(seq) && !covered(b.gaps, first.session, seq))
        const both = got.filter((seq) => covered(b.gaps, first.session, seq))
        if (got.length < 2 || nowhere.length > 0 || both.length > 0)
          t.fail(
            `byte ${at} ^ ${mask}: got ${got.join()}, nowhere ${nowhere.join()}, also told as lost ${both.join()}`,
          )
      }
    t.pass(`${bytes.length} bytes`)
  })

  t.test('rubbish in place of a segment is told and does no more harm', async (t) => {
    const rows: [name: string, bytes: Uint8Array][] = [
      ['nothing', new Uint8Array()],
      ['zeros', new Uint8Array(5000)],
      ['text', Buffer.from('hello '.repeat(500))],
      ['another version', Buffer.from('IHO9 something else altogether')],
      [
        'a record that is no object',
        Buffer.concat([SEGMENT_MAGIC, encodeRecord('[1]'), encodeRecord('"x"')]),
      ],
      ['a record of somebody else', Buffer.concat([SEGMENT_MAGIC, encodeRecord('{"a":1}')])],
      [
        'an entry with wrong numbers',
        Buffer.concat([SEGMENT_MAGIC, encodeRecord('{"topic":"t","message":{"session":"1","seq":-1}}')]),
      ],
      ['a promise of 4 GB', Buffer.concat([SEGMENT_MAGIC, Buffer.alloc(64, 0xff)])],
    ]
    for (const [name, bytes] of rows)
      t.test(name, async (t) => {
        const b = outboxBench()
        b.disk.files.set('outbox-event-00000001', bytes)
        b.disk.files.set('outbox-number-00000007', bytes)
        b.disk.files.set('outbox-event-zzz', bytes)
        await b.open()
        const seq = b.event()
        await b.clock.advance(minutes(5))
        t.ok(seqs(await b.due()).includes(seq))
        await b.crash()
        t.ok(seqs(await b.due()).includes(seq))
      })
  })

  t.test('a segment that is shorter than it was is told as lost', async (t) => {
    const b = outboxBench({ segmentBytes: 1024 })
    const first = await b.open()
    for (let i = 0; i < 20; i++) {
      b.event(100)
      await settle()
    }
    const name = b.segments()[1] ?? ''
    b.disk.files.set(name, (b.disk.files.get(name) ?? new Uint8Array()).slice(0, 500))
    await b.crash()
    await b.clock.advance(seconds(2))
    const got = seqs((await b.due()).filter(({ session }) => session === first.session))
    t.ok(got.length < 20)
    for (let seq = 1; seq <= 20; seq++)
      t.not(got.includes(seq), covered(b.gaps, first.session, seq), `${seq}`)
  })
})

t.test('the pure pieces', async (t) => {
  t.test('a token bucket fills with time and no further than two seconds', async (t) => {
    const rate = { entriesPerSecond: 5, bytesPerSecond: 100 }
    let bucket = fullBucket(rate, monoMs(0))
    let taken = 0
    for (; mayTake(bucket); taken++) bucket = takeEntry(bucket, 1)
    t.equal(taken, 10)
    t.notOk(mayTake(refill(bucket, rate, monoMs(199))))
    t.ok(mayTake(refill(bucket, rate, monoMs(200))))
    t.same(refill(bucket, rate, monoMs(3_600_000)), fullBucket(rate, monoMs(3_600_000)))
    t.same(refill(bucket, rate, monoMs(-5)).entries, bucket.entries)
    const debt = takeEntry(fullBucket(rate, monoMs(0)), 1000)
    t.notOk(mayTake(refill(debt, rate, monoMs(8000))), 'something large is paid for')
    t.ok(mayTake(refill(debt, rate, monoMs(8001))))
  })

  t.test('retention', async (t) => {
    const entry = (urgency: Urgency, shelf: string | null = null) => ({ urgency, bytes: 10, shelf })
    const line = [entry('event'), entry('number'), entry('number'), entry('event', 'f'), entry('number')]
    const chosen = (bytes: number) => [...chooseEntries(line, bytes)].map((e) => line.indexOf(e))
    t.same(chosen(0), [])
    t.same(chosen(15), [1, 2])
    t.same(chosen(40), [1, 2, 4, 0])
    t.same(chosen(99), [1, 2, 4, 0], 'what is in a file is not memory')
    const scattered = Array.from({ length: 200 }, (_, i) => entry(i % 2 ? 'number' : 'event'))
    t.same(
      [...chooseEntries(scattered, 500)],
      scattered.slice(0, 50),
      'scattered numbers go with their events',
    )

    const files = [
      { name: 'e1', kind: 'event' },
      { name: 'e2', kind: 'event' },
      { name: 'n1', kind: 'number' },
    ] as const
    const two = [entry('event', 'e1'), entry('number', 'n1')]
    t.same(chooseFile(files, two), { file: 'n1', entries: new Set(two.slice(1)) })
    t.same(chooseFile(files.slice(0, 2), two), { file: 'e1', entries: new Set(two.slice(0, 1)) })
    t.equal(chooseFile([], []), null)
    const mixed = Array.from({ length: 200 }, (_, i) =>
      entry(i % 2 ? 'number' : 'event', i % 2 ? 'n1' : 'e1'),
    )
    t.equal(chooseFile(files, [...mixed, entry('event', 'e2')])?.entries.size, 200, 'and all that is older')
  })

  t.test('losses are told in as few ranges as can be', async (t) => {
    const gap = (from: number, to = from, session = 1, reason: Gap['reason'] = 'full'): Gap => ({
      session,
      from,
      to,
      reason,
    })
    const rows: [name: string, gaps: Gap[], live: number[], told: Gap[]][] = [
      ['next to each other', [gap(2), gap(1), gap(3)], [], [gap(1, 3)]],
      ['over what was acknowledged', [gap(1), gap(9)], [], [gap(1, 9)]],
      ['not over what still comes', [gap(1), gap(9)], [5], [gap(1), gap(9)]],
      ['overlapping', [gap(1, 5), gap(3, 4), gap(4, 8)], [], [gap(1, 8)]],
      ['of two reasons', [gap(1), gap(2, 2, 1, 'disk')], [], [gap(1), gap(2, 2, 1, 'disk')]],
      ['of two sessions', [gap(1), gap(2, 2, 2)], [], [gap(1), gap(2, 2, 2)]],
    ]
    for (const [name, gaps, live, told] of rows)
      t.same(
        coalesce(
          gaps,
          live.map((seq) => ({ session: 1, seq })),
        ),
        told,
        name,
      )
  })
})
