import t from 'tap'
import type { Gap, Urgency } from '@infra-home/agent/outbox/entry.ts'
import type { OutboxLimits } from '@infra-home/agent/outbox/limits.ts'
import { coalesce } from '@infra-home/agent/outbox/loss-book.ts'
import { openOutbox, type Outbox } from '@infra-home/agent/outbox/outbox.ts'
import { chooseEntries, chooseFile } from '@infra-home/agent/outbox/retention.ts'
import { decodeSegment, encodeRecord, SEGMENT_MAGIC } from '@infra-home/agent/outbox/segment.ts'
import { fullBucket, mayTake, refill, takeEntry } from '@infra-home/agent/outbox/token-bucket.ts'
import { hours, milliseconds, minutes, monoMs, seconds } from '@infra-home/shared/clock.ts'
import { addRange, EMPTY_SEQ_SET, hasSeq, type SeqSet } from '@infra-home/shared/seq-set.ts'
import { type FakeClock, fakeClock, settle } from '../helpers/fake-clock.ts'
import { fakeDisk } from '../helpers/fake-disk.ts'

type Sent = { readonly session: number; readonly seq: number; readonly body: unknown }

/** An agent's outbox over a disk and a clock of the test's own. */
const bench = (limits: Partial<OutboxLimits> = {}) => {
  const clock: FakeClock = fakeClock()
  const disk = fakeDisk()
  const gaps: Gap[] = []
  const markers: Sent[] = []
  const last = new Map<number, number>()
  let box: Outbox | null = null

  const add = (outbox: Outbox, urgency: Urgency, { kind, body }: { kind: string; body: unknown }): number => {
    const seq = outbox.next()
    const message = { session: outbox.session, seq, body }
    outbox.add({ topic: `ih/1/rpi4-1/${kind}`, message, urgency })
    last.set(outbox.session, seq)
    return seq
  }
  const open = async (): Promise<Outbox> => {
    const outbox = await openOutbox({
      disk: disk.mount(),
      clock,
      limits,
      onGap(gap) {
        gaps.push(gap)
        const seq = add(outbox, 'event', { kind: 'event/gap', body: gap })
        markers.push({ session: outbox.session, seq, body: gap })
      },
    })
    box = outbox
    return outbox
  }
  const due = async (max = 1000): Promise<Sent[]> => {
    const out: Sent[] = []
    for (let calls = 0; calls < 6; calls++) {
      out.push(...box!.due(clock.now().mono, max - out.length).map(({ message }) => message as Sent))
      await settle()
    }
    return out
  }
  return {
    clock,
    disk,
    gaps,
    /** The markers as they were said, and the last number of each session. */
    markers,
    last,
    open,
    due,
    event: (size = 20) => add(box!, 'event', { kind: 'event/x', body: 'e'.repeat(size) }),
    number: (size = 20) => add(box!, 'number', { kind: 'tm', body: 'n'.repeat(size) }),
    /** The process dies here. */
    async crash(): Promise<Outbox> {
      disk.powerOn()
      return open()
    },
    segments: () => [...disk.files.keys()].filter((name) => name.startsWith('outbox-')).sort(),
  }
}

/** All that comes as backlog, until nothing more does. */
const everything = async (b: ReturnType<typeof bench>): Promise<Sent[]> => {
  await b.clock.advance(seconds(90)) // so that what this session said is due too
  const all: Sent[] = []
  for (let idle = 0; idle < 5;) {
    const sent = await b.due()
    idle = sent.length === 0 ? idle + 1 : 0
    all.push(...sent)
    await b.clock.advance(seconds(1))
  }
  return all
}

const seqs = (sent: readonly Sent[]): number[] => sent.map(({ seq }) => seq)
const ack = (session: number, upTo: number) => ({ session, upTo, above: [] })
const covered = (gaps: readonly Gap[], session: number, seq: number): boolean =>
  gaps.some((gap) => gap.session === session && gap.from <= seq && seq <= gap.to)

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
const play = async ({ seed, rot }: Play): Promise<string[]> => {
  const roll = dice(seed)
  const small = { diskBytes: 24 * 1024, segmentBytes: 3 * 1024, memoryBytes: 6 * 1024 }
  const limits = { ...small, diskBytes: rot ? 1_000_000 : small.diskBytes, entryBytes: 2048 }
  const b = bench(limits)
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
    const dump=()=>b.segments().map(n=>n+':'+decodeSegment(b.disk.files.get(n)!,null).records.map(r=>{const v=r.value as any; return v.message?`${v.message.session%100}/${v.message.seq}${v.topic.endsWith('gap')?'G':''}`:JSON.stringify(v)}).join(' ')).join('\n');console.log('flip',name)
    outbox = await b.crash()
    console.log('open', outbox.session%100, JSON.stringify(outbox.owed()), dump())
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
  console.log(JSON.stringify({markers:b.markers.map(m=>[m.session%100,m.seq,(m.body as Gap).session%100,(m.body as Gap).from,(m.body as Gap).to,isAcked(m),isHeard.has(`${m.session}/${m.seq}`),(m.body as Gap).reason].join()),acked:[...acked]}))
  for (const sent of durable) {
    const { session, seq } = sent
    if (!isHeard.has(`${session}/${seq}`) && !isAcked(sent) && !covered(told, session, seq))
      problems.push(`${session}/${seq} is lost and not told`)
  }
  if (durable.length < 50) problems.push('too little was durable for a test')
  if (!rot && b.gaps.some(({ reason }) => reason === 'corrupt'))
    problems.push('a power cut was taken for damage')
  return problems
}

console.log(await play({seed:Number(process.env['S']), rot: process.env['R']==='1'}))
