import { type CancelTimer, type Clock, elapsed, minutes } from '@infra-home/shared/clock.ts'
import type { SwitchedEvent } from '@infra-home/shared/messages/wan.ts'
import { type Actuated, actuateRouting } from '../router/actuate.ts'
import { markOf, MARK_MASK, type RouterPlan } from '../router/plan.ts'
import type { Sys } from '../sys/sys.ts'

export type SwitchOrder = Pick<SwitchedEvent, 'command' | 'by' | 'to' | 'reason'>

export type SwitcherOptions = {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec'>
  /** What the kernel is to have with this uplink in use. */
  readonly planFor: (active: string | null) => RouterPlan
  readonly active: () => string | null
  /** Whether anything comes back over an uplink. */
  readonly isDead: (uplink: string) => boolean
  readonly isMetered: (uplink: string) => boolean
}

export type Switcher = {
  /** Moves the default, and takes flows off a dead path. Never throws: what failed is undone and told. */
  go(order: SwitchOrder): Promise<SwitchedEvent>
  /** Takes flows off a path of which IPv6 alone is dead, and says how many. */
  sweepIpv6(uplink: string): Promise<number>
  /** Ends the flows that are pinned to an uplink; how many. */
  sweep(uplink: string): Promise<number>
  stop(): void
}

type Families = readonly ('ipv4' | 'ipv6')[]
const BOTH: Families = ['ipv4', 'ipv6']

/** Flows that stay on a path that costs get this long to end by themselves. */
const PATIENCE_WITH_FLOWS = minutes(10)

export const createSwitcher = (options: SwitcherOptions): Switcher => {
  const { clock, sys, planFor, active, isDead, isMetered } = options
  const later = new Map<string, CancelTimer>()

  /** How many were taken away. */
  const sweep = async (uplink: string, families: Families = BOTH): Promise<number> => {
    const index = planFor(null).uplinks.find(({ id }) => id === uplink)?.index
    return index === undefined ? 0 : sweepMark(sys, markOf({ index }), families)
  }
  const leave = async (from: string | null, to: string): Promise<number | null> => {
    later.get(to)?.()
    if (from === null || from === to) return null
    if (isDead(from)) return sweep(from)
    if (isMetered(from) && !isMetered(to))
      later.set(
        from,
        clock.after(PATIENCE_WITH_FLOWS, () => void (active() !== from && sweep(from))),
      )
    return null
  }

  return {
    async go(order) {
      const begun = clock.now().mono
      const from = active()
      const done = await actuateRouting(sys, planFor(order.to))
      const swept = done.ok ? await leave(from, order.to) : null
      return {
        ...order,
        from,
        ...outcomeOf(done),
        swept,
        tookMs: Math.round(elapsed(begun, clock.now().mono)),
      }
    },
    sweep: (uplink) => sweep(uplink),
    sweepIpv6: (uplink) => sweep(uplink, ['ipv6']),
    stop() {
      for (const cancel of later.values()) cancel()
    },
  }
}

const LONGEST = 256
const MOST = 64

const outcomeOf = (done: Actuated): Pick<SwitchedEvent, 'ok' | 'error' | 'undone' | 'changes'> =>
  done.ok
    ? {
        ok: true,
        error: null,
        undone: null,
        changes: done.changes.slice(0, MOST).map((text) => text.slice(0, LONGEST)),
      }
    : { ok: false, error: done.error.slice(0, LONGEST), undone: done.undone, changes: [] }

const hex = (value: number): string => `0x${value.toString(16)}`

/** conntrack(8) prints what it takes away, a line each, and ends with 1 when there was nothing. */
const sweepMark = async (sys: Pick<Sys, 'exec'>, mark: number, families: Families): Promise<number> => {
  const words = ['-D', '-m', `${hex(mark)}/${hex(MARK_MASK)}`]
  const gone = await Promise.all(
    families.map((family) => sys.exec('conntrack', [...words, '-f', family]).catch(() => '')),
  )
  return gone
    .join('')
    .split('\n')
    .filter((line) => line !== '').length
}
