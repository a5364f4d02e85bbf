import t from 'tap'
import { createAcknowledger } from '@infra-home/coordinator/acknowledge.ts'
import { createRecorder } from '@infra-home/coordinator/audit/recorder.ts'
import { createEntryStream } from '@infra-home/coordinator/audit/stream.ts'
import { siteClock } from '@infra-home/coordinator/site-clock.ts'
import type { Entry } from '@infra-home/coordinator/world/input.ts'
import { milliseconds, minutes, seconds } from '@infra-home/shared/clock.ts'
import { InfraError } from '@infra-home/shared/errors.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { LINK, voice } from '../helpers/said.ts'
import { smallHouse } from '../helpers/small-house.ts'

const entry = (pos: number, kind: 'numbers' | 'tick'): Entry =>
  ({ pos, kind, body: { subjects: [] } }) as unknown as Entry

t.test('the recorder', async (t) => {
  const recorderWith = (sink?: (entries: readonly Entry[]) => Promise<unknown>) => {
    const clock = fakeClock()
    const written: number[][] = []
    const committed: number[] = []
    const failures: unknown[] = []
    const recorder = createRecorder({
      clock,
      async sink(entries) {
        await sink?.(entries)
        written.push(entries.map(({ pos }) => pos))
        return { pos: entries.at(-1)?.pos ?? 0, hash: 'h' }
      },
      onCommitted: (entries) => committed.push(...entries.map(({ pos }) => pos)),
      onFailure: (error) => failures.push(error),
    })
    return { clock, written, committed, failures, recorder }
  }

  t.test(
    'writes what is urgent within 200 ms and numbers alone within a minute, always in order',
    async (t) => {
      const { clock, written, recorder } = recorderWith()
      recorder.record(entry(1, 'numbers'))
      await clock.advance(seconds(30))
      t.same(written, [])
      recorder.record(entry(2, 'tick'))
      recorder.record(entry(3, 'numbers'))
      await clock.advance(milliseconds(200))
      t.same(written, [[1, 2, 3]])
      recorder.record(entry(4, 'numbers'))
      await clock.advance(minutes(1))
      t.same(written.at(-1), [4])
    },
  )

  t.test('writes a full batch at once', async (t) => {
    const { clock, written, recorder } = recorderWith()
    for (let pos = 1; pos <= 4500; pos++) recorder.record(entry(pos, 'numbers'))
    for (let i = 0; i < 3; i++) await clock.advance(milliseconds(1))
    t.ok(written.length >= 2)
    t.equal(written[0]?.length, 2000)
  })

  t.test(
    'keeps everything in memory while the disk is full, acknowledges nothing, and goes on when there is room',
    async (t) => {
      let full = true
      const { clock, committed, failures, recorder } = recorderWith(async () => {
        if (full) throw new InfraError('store-full', 'no space left')
      })
      recorder.record(entry(1, 'tick'))
      await clock.advance(seconds(1))
      recorder.record(entry(2, 'tick'))
      await clock.advance(seconds(20))
      t.same(committed, [])
      t.ok(failures.length >= 3, `${failures.length} tries`)
      t.match(recorder.state(), { waiting: 2, error: 'no space left' })
      await t.rejects(recorder.flush())
      full = false
      await clock.advance(seconds(6))
      t.same(committed, [1, 2])
      t.match(recorder.state(), { waiting: 0, failingSince: null })
    },
  )
})

t.test('acknowledgements', async (t) => {
  t.test('say what is on the disk and nothing else, once a second at the most', async (t) => {
    const house = smallHouse()
    const acks: { upTo: number; above: number[][] }[] = []
    const acknowledger = createAcknowledger({
      world: house.world,
      clock: house.clock,
      publish: (_topic, payload) => acks.push(JSON.parse(payload) as (typeof acks)[number]),
    })
    const node = voice('rpi4-1', house.clock)
    house.hear(node.birth())
    for (const seq of [1, 2, 5]) house.hear(node.tm({}, seq))
    acknowledger.committed(house.journal.filter(({ kind }) => kind !== 'decision').slice(0, 2))
    await house.clock.advance(seconds(1))
    t.match(acks, [{ upTo: 1, above: [] }])
    acknowledger.committed(house.journal)
    acknowledger.repeated('rpi4-1', 1)
    t.equal(acks.length, 1)
    await house.clock.advance(seconds(1))
    t.match(acks[1], { upTo: 2, above: [[5, 5]] })
  })
})

t.test('the live stream', async (t) => {
  const streamOf = (count: number, kept: number) => {
    const stream = createEntryStream(kept)
    for (let pos = 1; pos <= count; pos++) stream.publish(entry(pos, 'tick'))
    return stream
  }
  t.test('remembers the newest, in order', async (t) => {
    t.same(
      streamOf(10, 4)
        .since(7)
        ?.map(({ pos }) => pos),
      [8, 9, 10],
    )
    t.same(
      streamOf(3, 4)
        .since(0)
        ?.map(({ pos }) => pos),
      [1, 2, 3],
    )
    t.same(streamOf(10, 4).since(6)?.length, 4)
  })
  t.test('says when it has forgotten', async (t) => t.equal(streamOf(10, 4).since(5), null))
  t.test('stops calling who has left', async (t) => {
    const stream = createEntryStream(4)
    const heard: number[] = []
    const leave = stream.subscribe(({ pos }) => heard.push(pos))
    stream.publish(entry(1, 'tick'))
    leave()
    stream.publish(entry(2, 'tick'))
    t.same(heard, [1])
    t.equal(stream.listeners(), 0)
  })
})

t.test('the continuous clock', async (t) => {
  t.test('runs with the machine within one boot', async (t) => {
    const machine = fakeClock()
    const clock = siteClock(machine, 'a', { mono: 500_000, machineMono: 90_000, boot: 'a' })
    t.equal(clock.now().mono, 510_000)
  })
  t.test('goes on from the last entry after a reboot', async (t) => {
    const machine = fakeClock(undefined, 3_000)
    const clock = siteClock(machine, 'b', { mono: 500_000, machineMono: 90_000, boot: 'a' })
    t.equal(clock.now().mono, 500_000)
    await machine.advance(seconds(2))
    t.equal(clock.now().mono, 502_000)
  })
})

t.test('a node that is forgotten takes its alerts with it', async (t) => {
  const house = smallHouse()
  const node = voice('phone-9', house.clock)
  house.hear(node.birth())
  house.hear(node.state('link', 'wlan0', LINK))
  await house.clock.advance(minutes(5))
  t.same(Object.keys(house.world.alerts), ['node-late:phone-9:phone-9', 'node-lost:phone-9:phone-9'])
  house.mind.take({ kind: 'request', body: { request: 'forget-node', node: 'phone-9', by: 'me' } })
  t.equal(house.world.nodes['phone-9'], undefined)
  await house.clock.advance(minutes(1))
  t.same(house.world.alerts, {})
})
