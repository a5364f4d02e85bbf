import type { Gap, Urgency } from '@infra-home/agent/outbox/entry.ts'
import type { OutboxLimits } from '@infra-home/agent/outbox/limits.ts'
import { openOutbox, type Outbox } from '@infra-home/agent/outbox/outbox.ts'
import { seconds } from '@infra-home/shared/clock.ts'
import { type FakeClock, fakeClock, settle } from './fake-clock.ts'
import { fakeDisk } from './fake-disk.ts'

export type Sent = { readonly session: number; readonly seq: number; readonly body: unknown }

/** An agent's outbox over a disk and a clock of the test's own. */
export const outboxBench = (limits: Partial<OutboxLimits> = {}) => {
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
export const everything = async (b: ReturnType<typeof outboxBench>): Promise<Sent[]> => {
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

/** Whether one of the gaps tells of it. */
export const covered = (gaps: readonly Gap[], session: number, seq: number): boolean =>
  gaps.some((gap) => gap.session === session && gap.from <= seq && seq <= gap.to)
