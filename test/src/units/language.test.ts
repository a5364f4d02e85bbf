import t from 'tap'
import { anchoredClock } from '@infra-home/shared/anchored-clock.ts'
import {
  addRange,
  addSeq,
  EMPTY_SEQ_SET,
  hasSeq,
  missingRanges,
  type SeqSet,
  uniteSeqs,
} from '@infra-home/shared/seq-set.ts'
import { formatTopic, parseTopic } from '@infra-home/shared/topics.ts'
import { isUlid, ulidFactory, ulidTime } from '@infra-home/shared/ulid.ts'

t.test('a set of sequence numbers', async (t) => {
  t.test('closes up when the missing ones arrive', async (t) => {
    const set = [3, 4, 1, 7, 2].reduce(addSeq, EMPTY_SEQ_SET)
    t.same(set, { upTo: 4, above: [[7, 7]] })
    t.same(missingRanges(set), [[5, 6]])
    t.same(addRange(set, 5, 6), { upTo: 7, above: [] })
  })
  t.test('agrees with a plain set of numbers for any order of arrival', async (t) => {
    const seed = Math.floor(Math.random() * 2 ** 31)
    t.comment(`seed ${seed}`)
    let state = seed
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return state % below
    }
    for (let round = 0; round < 300; round++) {
      let set: SeqSet = EMPTY_SEQ_SET
      const plain = new Set<number>()
      for (let i = 0; i < 30; i++) {
        const from = 1 + random(60)
        const to = from + random(4)
        set = random(3) ? addRange(set, from, to) : uniteSeqs(set, addRange(EMPTY_SEQ_SET, from, to))
        for (let n = from; n <= to; n++) plain.add(n)
      }
      for (let n = 1; n < 70; n++)
        if (hasSeq(set, n) !== plain.has(n)) return t.fail(`${n} in round ${round}`)
      t.equal(
        set.above.some(([from]) => from <= set.upTo + 1),
        false,
      )
    }
  })
})

t.test('topics', async (t) => {
  t.test('carry kernel names with characters of their own there and back', async (t) => {
    const topic = { node: 'rpi4-1', kind: 'state', state: 'link', id: 'we/ird+#é' } as const
    t.equal(formatTopic(topic), 'ih/1/rpi4-1/state/link/we%2Fird%2B%23%C3%A9')
    t.same(parseTopic(formatTopic(topic)), topic)
    t.equal(formatTopic({ ...topic, id: 'eth0.10' }), 'ih/1/rpi4-1/state/link/eth0.10')
  })
  for (const text of [
    '',
    'ih/1',
    'ih/2/a/tm',
    'ih/1/A/tm',
    'ih/1/a/state/link',
    'ih/1/a/state/link/%zz',
    'ih/1/a/tm/x',
    'ih/1/a/event/B',
  ])
    t.test(`says nothing about ${JSON.stringify(text)}`, async (t) => t.equal(parseTopic(text), null))
})

t.test('ids', async (t) => {
  t.test('go up even when the wall clock goes back, and keep their time', async (t) => {
    const next = ulidFactory(() => [5, 2 ** 40 - 1])
    const ids = [1_000, 1_000, 900, 2_000, 1_999].map(next)
    t.ok(ids.every(isUlid))
    t.same([...ids].sort(), ids)
    t.equal(new Set(ids).size, ids.length)
    t.same(ids.map(ulidTime), [1000, 1000, 1000, 2000, 2000])
  })
})

t.test('the quick clock', async (t) => {
  t.test('follows the exact one through suspend, asks it once a second, and never goes back', async (t) => {
    let [exact, quick, asked] = [5_000, 100, 0]
    const mono = anchoredClock(
      () => (asked++, exact),
      () => quick,
    )
    t.equal(mono(), 5_000)
    for (let i = 0; i < 9; i++) {
      quick += 100
      exact += 100
      mono()
    }
    t.same([mono(), asked], [5_900, 1])
    exact += 60_000 // suspended for a minute: the quick one stood still
    quick += 200
    t.same([mono(), asked], [65_900, 2])
    exact -= 50
    quick += 1_000
    t.equal(mono(), 65_900)
  })
})
