import type { Clock } from '@infra-home/shared/clock.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { actuateRouting, routableRouting, type Taken, type Unroutable } from '../router/actuate.ts'
import { boundIn } from '../router/bound.ts'
import { changesBetween } from '../router/changes.ts'
import type { RouterPlan, Routing } from '../router/plan.ts'
import type { Sys } from '../sys/sys.ts'
import { answerDrift } from './drift-answer.ts'
import { faultOf } from './fault-of.ts'
import { type Insistence, insistedAt, isDueAgain } from './insistence.ts'

export type RoutingKeeper = {
  /** Makes the kernel's rules and routes those of a plan, where they are not as seen. */
  putRight(plan: RouterPlan, seen: Routing): Promise<void>
  /** The kernel was given a plan otherwise: by a move. */
  took(plan: RouterPlan, done: Pick<Taken, 'unroutable' | 'now'>): void
  /** Whether the kernel has this plan. */
  isApplied(plan: RouterPlan): boolean
  /** Whether what has the uplink's address leaves by it, as last seen. */
  isBound(uplink: string): boolean
  fault(): WanRouterState['fault']
}

const MOST_CHANGES = 64
const NONE: Unroutable = new Map()

export const keepRouting = (options: {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec'>
  /** Whether what somebody else changed is put right; told either way. */
  readonly repairs: boolean
  readonly onDrift: (drift: EventBody['drift']) => void
  /** The kernel was changed, and has this now. */
  readonly onRead: (now: Routing) => void
}): RoutingKeeper => {
  const { clock, sys, repairs, onDrift, onRead } = options
  const drift = answerDrift(clock, repairs)
  let applied: { readonly plan: string; readonly unroutable: Unroutable } | null = null
  /** A plan of which not all was taken, and how often it was tried. */
  let refused: { readonly plan: string; readonly insistence: Insistence } | null = null
  let fault: WanRouterState['fault'] = null
  let bound: ReadonlySet<string> = new Set()

  const taken: RoutingKeeper['took'] = (plan, { unroutable, now }) => {
    onRead(now)
    applied = { plan: JSON.stringify(plan), unroutable }
    fault = unroutableFault(unroutable)
    bound = new Set(
      plan.uplinks
        .filter(({ id, networks }) => networks.length > 0 && !unroutable.has(id))
        .map(({ id }) => id),
    )
  }
  const apply = async (plan: RouterPlan): Promise<void> => {
    const text = JSON.stringify(plan)
    const { mono } = clock.now()
    const before = refused?.plan === text ? refused.insistence : null
    if (!isDueAgain(before, mono)) return
    const done = await actuateRouting(sys, plan)
    const isWhole = done.ok && done.unroutable.size === 0
    refused = isWhole ? null : { plan: text, insistence: insistedAt(before, mono) }
    if (done.ok) return taken(plan, done)
    applied = null
    fault = faultOf('routing', done.error)
    if (!done.undone) bound = new Set()
  }

  return {
    async putRight(plan, seen) {
      const text = JSON.stringify(plan)
      bound = boundIn(seen, plan)
      const known = applied?.plan === text ? applied.unroutable : null
      const wanted = routableRouting(plan, known ?? NONE, seen)
      const changes = changesBetween(seen, wanted).map(({ what }) => what)
      if (changes.length === 0) {
        drift.over()
        if (known && known.size > 0) return apply(plan)
        applied = { plan: text, unroutable: NONE }
        fault = null
        return
      }
      if (known === null) return apply(plan) // what has changed by itself is none of anybody's doing
      const all = changes.join('; ')
      const { isTold, isRepaired } = drift.to(all, all)
      if (isTold) onDrift({ changes: changes.slice(0, MOST_CHANGES), repaired: isRepaired })
      if (!isRepaired) return
      refused = null // by somebody else’s doing it may be taken now
      await apply(plan)
    },
    took: taken,
    isApplied: (plan) => applied?.plan === JSON.stringify(plan),
    isBound: (uplink) => bound.has(uplink),
    fault: () => drift.fault() ?? fault,
  }
}

const unroutableFault = (unroutable: Unroutable): WanRouterState['fault'] => {
  const [first] = unroutable
  return first ? faultOf('routing', `${first[0]} cannot be used: ${first[1]}`) : null
}
