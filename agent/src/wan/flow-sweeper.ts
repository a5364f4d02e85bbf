import { type CancelTimer, type Clock, minutes } from '@infra-home/shared/clock.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { FAMILIES, type Family } from '../router/families.ts'
import { sweepFlows } from '../router/sweep-flows.ts'
import type { Sys } from '../sys/sys.ts'
import { faultOf } from './fault-of.ts'
import { patience } from './patience.ts'

export type FlowSweeperOptions = {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec'>
  readonly uplinks: readonly { readonly id: string; readonly index: number; readonly metered: boolean }[]
  /** Where new flows go. */
  readonly active: () => string | null
  /** Whether nothing comes back over an uplink for certain. */
  readonly isDead: (uplink: string) => boolean
  /** The same of its IPv6 alone. */
  readonly isDead6: (uplink: string) => boolean
  /** Whether something does. */
  readonly isAlive: (uplink: string) => boolean
  /** Whether its data plan is used up. */
  readonly isSpent: (uplink: string) => boolean
  readonly onSwept: (uplink: string, flows: number) => void
}

/** Takes flows off paths on which they should not stay. They are ended only while there is another path for them. */
export type FlowSweeper = {
  /** After traffic went from one uplink to another: how many flows of a dead one were ended; null when none had to be, or not yet. */
  left(from: string | null, to: string): Promise<number | null>
  /** Ends the flows that are pinned to dead uplinks as soon as the one in use lives, and gives those of uplinks that cost their time. */
  follow(): Promise<void>
  /** Ends the flows that are pinned to an uplink now, whatever it is worth: nobody is led there any more. How many; null when that cannot be done. */
  end(uplink: string, families?: readonly Family[]): Promise<number | null>
  fault(): WanRouterState['fault']
  stop(): void
}

/** A sweep that came to nothing. */
type Failed = { readonly families: readonly Family[]; readonly error: string }

/** Flows that stay on a path that costs get this long to end by themselves. */
const TIME_TO_END = minutes(10)
/** The same on a plan that is used up. */
const TIME_TO_END_SPENT = minutes(1)

export const createFlowSweeper = (options: FlowSweeperOptions): FlowSweeper => {
  const { clock, sys, uplinks, active, isDead, isDead6, isAlive, isSpent, onSwept } = options
  /** Dead uplinks whose flows are ended: there will be no new ones until they live. */
  const done = new Set<string>()
  const failed = new Map<string, Failed>()
  const tries = patience(clock)
  const lingering = new Map<string, CancelTimer>()

  const forget = (uplink: string): void => {
    failed.delete(uplink)
    tries.over(uplink)
  }
  const sweep = async (uplink: string, families: readonly Family[] = FAMILIES): Promise<number | null> => {
    const one = uplinks.find(({ id }) => id === uplink)
    if (!one) return null
    const swept = await sweepFlows(sys, one, families)
    if (!swept.ok) {
      tries.tried(uplink)
      failed.set(uplink, { families, error: swept.error })
      return null
    }
    forget(uplink)
    if (families === FAMILIES) done.add(uplink)
    return swept.count
  }
  const sweepAside = async (uplink: string, families?: readonly Family[]): Promise<void> => {
    const flows = await sweep(uplink, families)
    if (flows !== null && flows > 0) onSwept(uplink, flows)
  }
  const isFree = (uplink: string): boolean => uplinks.some(({ id, metered }) => id === uplink && !metered)
  /** Whether flows should not stay on it while the other is in use. What costs nothing by the byte may lead networks of its own. */
  const isDear = (uplink: string, now: string): boolean =>
    !isFree(uplink) && (isSpent(uplink) ? !isSpent(now) : isFree(now))
  const linger = (uplink: string): void => {
    const end = async (): Promise<void> => {
      const now = active()
      const mayEnd = now !== null && now !== uplink && isDear(uplink, now) && isAlive(now)
      if (mayEnd) await sweepAside(uplink)
      if (!mayEnd || failed.has(uplink)) lingering.delete(uplink)
    }
    const timeToEnd = isSpent(uplink) ? TIME_TO_END_SPENT : TIME_TO_END
    lingering.set(
      uplink,
      clock.after(timeToEnd, () => void end()),
    )
  }
  /** What was to be ended and is well again needs nobody to try, or to tell. */
  const forgive = (): void => {
    for (const { id } of uplinks) if (id === active() || !isDead(id)) done.delete(id)
    for (const [id, { families }] of failed) {
      const isUnwelcome = id !== active() && (isDead(id) || lingering.has(id))
      if (!isUnwelcome && !(families !== FAMILIES && isDead6(id))) forget(id)
    }
  }

  return {
    async left(from, to) {
      const mayEnd = from !== null && from !== to && isDead(from) && isAlive(to)
      return mayEnd ? sweep(from) : null
    },
    async follow() {
      const now = active()
      const others = uplinks.filter(({ id }) => id !== now)
      if (now !== null) {
        lingering.get(now)?.()
        lingering.delete(now)
        for (const { id } of others) if (isDear(id, now) && !lingering.has(id)) linger(id)
      }
      forgive()
      for (const [id, { families }] of failed)
        if (families !== FAMILIES && isDead6(id) && tries.isDue(id)) await sweepAside(id, families)
      if (now === null || !isAlive(now)) return
      for (const { id } of others) if (isDead(id) && !done.has(id) && tries.isDue(id)) await sweepAside(id)
    },
    end: sweep,
    fault() {
      const [first] = failed
      return first ? faultOf('lacks-program', `flows of ${first[0]} hang: ${first[1].error}`) : null
    },
    stop() {
      for (const cancel of lingering.values()) cancel()
    },
  }
}
