// Whenever the power goes, nothing that an agent's outbox had on its disk is lost untold.
import t from 'tap'
import type { Gap, Urgency } from '@infra-home/agent/outbox/entry.ts'
import { milliseconds, seconds } from '@infra-home/shared/clock.ts'
import { addRange, EMPTY_SEQ_SET, hasSeq, type SeqSet } from '@infra-home/shared/seq-set.ts'
import { settle } from '../helpers/fake-clock.ts'
import { covered, everything, outboxBench, type Sent } from '../helpers/outbox-bench.ts'

/** Mulberry32: the same numbers for the same seed. */
const dice = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let z = Math.imul(state ^ (state >>> 15), 1 | state)
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z
    return Math.floor((((z ^ (z >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

type Play = { readonly seed: number; readonly rot: boolean }

/** Six lives of a disk: whatever was durable was acknowledged, or comes again, or is told to be lost. */
const play = async ({ seed, rot }: Play): Promise<{ problems: string[]; durable: number }> => {
  const roll = dice(seed)
  const small = { diskBytes: 24 * 1024, segmentBytes: 3 * 1024, memoryBytes: 6 * 1024 }
  const limits = { ...small, diskBytes: rot ? 1_000_000 : small.diskBytes, entryBytes: 2048 }
  const b = outboxBench(limits)
  const problems: string[] = []
  const durable: Sent[] = []
  const acked = new Map<number, SeqSet>()
  let written: Sent[] = []
  let droppedBefore = 0
  let outbox = await b.open()

  const settleSome = (): void => {
    const session = outbox.session - (roll(3) === 0 ? 1 : 0)
    const set = acked.get(session) ?? EMPTY_SEQ_SET
    const last = b.last.get(session) ?? 0
    const from = Math.min(last, set.upTo + 1 + (roll(2) ? roll(20) : 0))
    const next = addRange(set, from, Math.min(last, from + roll(6)))
    acked.set(session, next)
    outbox.settle({ session, ...next })
  }
  const say = (urgency: Urgency): void => {
    const seq = urgency === 'event' ? b.event(roll(400)) : b.number(roll(400))
    written.push({ session: outbox.session, seq, body: null })
  }
  const step = async (): Promise<void> => {
    const what = roll(20)
    if (what < 6) say('event')
    else if (what < 12) say('number')
    else if (what < 14) settleSome()
    else if (what === 14) await outbox.flush()
    else if (what === 15) b.disk.fail(roll(3) === 0)
    else if (what === 16) b.disk.limit(roll(4) === 0 ? roll(20_000) : null)
    else await b.clock.advance(milliseconds(roll(60_000)))
    if (roll(3) === 0) await settle()
  }
  /** When nothing is in memory any more, all that was said is durable. */
  const note = (): void => {
    const { memoryBytes, diskBytes, dropped } = outbox.stats()
    if (memoryBytes > limits.memoryBytes) problems.push(`${memoryBytes} bytes in memory`)
    if (diskBytes > limits.diskBytes) problems.push(`${diskBytes} bytes on the disk`)
    if (memoryBytes > 0) return
    if (dropped === droppedBefore) durable.push(...written) // else some of it may have gone from memory
    droppedBefore = dropped
    written = []
  }
  const live = async (): Promise<void> => {
    for (let n = 0; n < 60; n++) {
      await step()
      note()
    }
    if (rot) await outbox.flush()
    note()
    b.disk.cutPowerAfter(1 + roll(3000))
    for (let n = 0; n < 30 && b.disk.hasPower(); n++) await Promise.race([step(), settle().then(settle)])
    written = []
    b.disk.fail(false)
    b.disk.limit(null)
  }

  for (let life = 0; life < 6; life++) {
    await live()
    const names = b.segments().filter((name) => b.disk.files.get(name)?.length)
    const name = names[roll(names.length)]
    if (rot && life === 5 && name) b.disk.flip(name, roll(b.disk.files.get(name)?.length ?? 1), 1 << roll(8))
    outbox = await b.crash()
    droppedBefore = outbox.stats().dropped
    await b.clock.advance(seconds(2))
    note()
  }

  const heard = await everything(b)
  const ordered = heard.every(({ session, seq }, i) => {
    const before = heard[i - 1] ?? { session: 0, seq: 0 }
    return session > before.session || (session === before.session && seq > before.seq)
  })
  if (!ordered) problems.push('not the oldest first')
  const isAcked = ({ session, seq }: Sent): boolean => hasSeq(acked.get(session) ?? EMPTY_SEQ_SET, seq)
  const isHeard = new Set(heard.map(({ session, seq }) => `${session}/${seq}`))
  const told = b.markers
    .filter((marker) => isAcked(marker) || isHeard.has(`${marker.session}/${marker.seq}`))
    .map(({ body }) => body as Gap)
  for (const sent of durable) {
    const { session, seq } = sent
    if (!isHeard.has(`${session}/${seq}`) && !isAcked(sent) && !covered(told, session, seq))
      problems.push(`${session}/${seq} is lost and not told`)
  }
  if (!rot && b.gaps.some(({ reason }) => reason === 'corrupt'))
    problems.push('a power cut was taken for damage')
  return { problems, durable: durable.length }
}

for (const [name, rot] of [
  ['nothing that was durable is lost untold, whenever the power goes', false],
  ['nor when a bit has rotted besides', true],
] as const)
  t.test(name, async (t) => {
    const first = Number(process.env['OUTBOX_SEED'] ?? Date.now() % 1_000_000)
    t.comment(`OUTBOX_SEED=${first}`)
    let all = 0
    for (let seed = first; seed < first + 60; seed++) {
      const { problems, durable } = await play({ seed, rot })
      all += durable
      t.same(problems.slice(0, 5), [], `OUTBOX_SEED=${seed}`)
    }
    t.ok(all > 3000, `${all} entries were durable`)
  })
