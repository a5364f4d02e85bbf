import { type CancelTimer, type Clock, minutes } from '@infra-home/shared/clock.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { markOf } from '../router/plan.ts'
import { BOTH, type Families, sweepFlows } from '../router/sweep-flows.ts'
import type { Sys } from '../sys/sys.ts'
import { faultOf } from './fault-of.ts'

export type FlowSweeperOptions = {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec'>
  readonly uplinks: readonly { readonly id: string; readonly index: number; readonly metered: boolean }[]
  /** Where new flows go. */
  readonly active: () => string | null
  /** Whether nothing comes back over an uplink for certain. */
  readonly isDead: (uplink: string) => boolean
  /** Whether something does. */
  readonly isAlive: (uplink: string) => boolean
  readonly onSwept: (uplink: string, flows: number) => void
}

/** Takes flows off paths on which they should not stay. They are ended only while there is another path for them. */
export type FlowSweeper = {
  /** After traffic went from one uplink to another: how many flows of a dead one were ended; null when none had to be, or not yet. */
  left(from: string | null, to: string): Promise<number | null>
  /** Ends the flows that are pinned to dead uplinks as soon as the one in use lives, and gives those of uplinks that cost their time. */
  follow(): Promise<void>
  /** Ends the flows that are pinned to an uplink now, whatever it is worth: nobody is led there any more. How many; null when that cannot be done. */
  end(uplink: string, families?: Families): Promise<number | null>
  fault(): WanRouterState['fault']
  stop(): void
}

/** Flows that stay on a path that costs get this long to end by themselves. */
const PATIENCE = minutes(10)

export const createFlowSweeper = (options: FlowSweeperOptions): FlowSweeper => {
  const { clock, sys, uplinks, active, isDead, isAlive, onSwept } = options
  /** Dead uplinks whose flows are ended: there will be no new ones until they live. */
  const done = new Set<string>()
  const lingering = new Map<string, CancelTimer>()
  let fault: WanRouterState['fault'] = null

  const sweep = async (uplink: string, families: Families = BOTH): Promise<number | null> => {
    const one = uplinks.find(({ id }) => id === uplink)
    if (!one) return null
    if (families === BOTH) done.add(uplink)
    const swept = await sweepFlows(sys, markOf(one), families)
    fault = swept.ok ? null : faultOf('lacks-program', `flows of a dead uplink hang: ${swept.error}`)
    return swept.ok ? swept.count : null
  }
  const sweepAside = async (uplink: string): Promise<void> => {
    const flows = await sweep(uplink)
    if (flows !== null && flows > 0) onSwept(uplink, flows)
  }
  const isFree = (uplink: string | null): boolean =>
    uplinks.some(({ id, metered }) => id === uplink && !metered)
  const linger = (uplink: string): void => {
    const end = async (): Promise<void> => {
      const now = active()
      if (now !== uplink && now !== null && isFree(now) && isAlive(now)) await sweepAside(uplink)
      else lingering.delete(uplink)
    }
    lingering.set(
      uplink,
      clock.after(PATIENCE, () => void end()),
    )
  }

  return {
    async left(from, to) {
      const mayEnd = from !== null && from !== to && isDead(from) && isAlive(to)
      return mayEnd ? sweep(from) : null
    },
    async follow() {
      const now = active()
      const others = uplinks.filter(({ id }) => id !== now)
      for (const { id } of uplinks) if (id === now || !isDead(id)) done.delete(id)
      if (now !== null) {
        lingering.get(now)?.()
        lingering.delete(now)
      }
      if (isFree(now)) for (const { id, metered } of others) if (metered && !lingering.has(id)) linger(id)
      if (now === null || !isAlive(now)) return
      for (const { id } of others) if (isDead(id) && !done.has(id)) await sweepAside(id)
    },
    end: sweep,
    fault: () => fault,
    stop() {
      for (const cancel of lingering.values()) cancel()
    },
  }
}
