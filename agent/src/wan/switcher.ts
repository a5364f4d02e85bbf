import { type Clock, elapsed, type MonoMs } from '@infra-home/shared/clock.ts'
import type { SwitchedEvent } from '@infra-home/shared/messages/wan.ts'
import { type Actuated, actuateRouting, type Taken } from '../router/actuate.ts'
import type { RouterPlan } from '../router/plan.ts'
import type { Sys } from '../sys/sys.ts'
import { LONGEST_TEXT } from '../briefly.ts'
import type { FlowSweeper } from './flow-sweeper.ts'

export type SwitchOrder = Pick<SwitchedEvent, 'command' | 'by' | 'to' | 'reason'>

export type SwitcherOptions = {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec'>
  /** What the kernel is to have with this uplink in use. */
  readonly planFor: (active: string | null) => RouterPlan
  readonly active: () => string | null
  readonly flows: Pick<FlowSweeper, 'left'>
  /** Places of our defaults from which somebody else's goes. */
  readonly takesBack: () => ReadonlySet<string>
  /** The kernel has this plan now. */
  readonly onTaken: (plan: RouterPlan, done: Taken) => void
  /** It may have half of one. */
  readonly onHalfTaken: () => void
}

export type Switcher = {
  /** Moves the default, and takes flows off a dead path. Never throws: what failed is undone and told. */
  go(order: SwitchOrder, orderedAt: MonoMs): Promise<SwitchedEvent>
}

export const createSwitcher = ({
  clock,
  sys,
  planFor,
  active,
  flows,
  takesBack,
  onTaken,
  onHalfTaken,
}: SwitcherOptions): Switcher => ({
  async go(order, orderedAt) {
    const from = active()
    const plan = planFor(order.to)
    const done = await actuateRouting(sys, plan, { mustLead: true, takesBack: takesBack() })
    if (done.ok) onTaken(plan, done)
    else if (!done.undone) onHalfTaken()
    const swept = done.ok ? await flows.left(from, order.to) : null
    return {
      ...order,
      from,
      ...outcomeOf(done),
      swept,
      tookMs: Math.round(elapsed(orderedAt, clock.now().mono)),
    }
  },
})

/** What is told of an order of which nothing was begun. Pure. */
export const notMoved = (order: SwitchOrder, from: string | null, error: string): SwitchedEvent => ({
  ...order,
  from,
  ok: false,
  error,
  undone: true,
  changes: [],
  swept: null,
  tookMs: 0,
})

const MOST = 64

const outcomeOf = (done: Actuated): Pick<SwitchedEvent, 'ok' | 'error' | 'undone' | 'changes'> =>
  done.ok
    ? {
        ok: true,
        error: null,
        undone: null,
        changes: done.changes.slice(0, MOST).map((text) => text.slice(0, LONGEST_TEXT)),
      }
    : { ok: false, error: done.error.slice(0, LONGEST_TEXT), undone: done.undone, changes: [] }
