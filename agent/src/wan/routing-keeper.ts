import type { Clock } from '@infra-home/shared/clock.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { actuateRouting, routableRouting, type Taken, type Unroutable } from '../router/actuate.ts'
import { boundIn } from '../router/bound.ts'
import { type Change, changesBetween, defaultPlaces, routeKey } from '../router/changes.ts'
import { isOurRoute } from '../router/ours.ts'
import { precedenceText } from '../router/precedence.ts'
import type { RouterPlan, Routing } from '../router/plan.ts'
import type { Sys } from '../sys/sys.ts'
import { answerDrift } from './drift-answer.ts'
import { faultOf } from './fault-of.ts'
import { patience } from './patience.ts'
import type { WanMemory } from './wan-memory.ts'

export type RoutingKeeper = {
  /** Makes the kernel's rules and routes those of a plan, where they are not as seen. */
  putRight(plan: RouterPlan, seen: Routing): Promise<void>
  /** The kernel was given a plan otherwise: by a move. */
  took(plan: RouterPlan, done: Pick<Taken, 'unroutable' | 'now'>): void
  /** It may have half of one: what is not as it should be is our own doing, until it is put right. */
  doubt(): void
  isDoubted(): boolean
  /** Places of our defaults that a move takes back: they were ours before somebody else had them. */
  takesBack(): ReadonlySet<string>
  /** Whether the kernel has this plan. */
  isApplied(plan: RouterPlan): boolean
  /** Whether what has the uplink's address leaves by it, as last seen. */
  isBound(uplink: string): boolean
  fault(): WanRouterState['fault']
}

/** A plan that the kernel has. */
type Applied = {
  readonly plan: string
  readonly unroutable: Unroutable
  /** Places that our defaults should have, and somebody else has since before us. */
  readonly held: ReadonlySet<string>
}

const MOST_CHANGES = 64
const NONE: Unroutable = new Map()

export const keepRouting = (options: {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec'>
  readonly memory: Pick<WanMemory, 'ours'>
  /** Whether what somebody else changed is put right; told either way. */
  readonly repairs: boolean
  readonly onDrift: (drift: EventBody['drift']) => void
  /** The kernel was changed, and has this now. */
  readonly onRead: (now: Routing) => void
}): RoutingKeeper => {
  const { clock, sys, memory, repairs, onDrift, onRead } = options
  const drift = answerDrift(clock, repairs)
  /** Of plans of which not all was taken. */
  const tries = patience(clock)
  let applied: Applied | null = null
  let isDoubted = false
  /** Where others changed what is ours and are left alone, for as long as it is wanted otherwise. */
  let spared: ReadonlySet<string> = new Set()
  let fault: WanRouterState['fault'] = null
  let bound: ReadonlySet<string> = new Set()

  const settle = (plan: RouterPlan, { unroutable, now }: Pick<Taken, 'unroutable' | 'now'>): void => {
    const wanted = routableRouting(plan, unroutable, now)
    const places = defaultPlaces(wanted)
    const missing = changesBetween(now, wanted, { takesBack: places, spared })
    const kept = defaultPlaces({ routes: now.routes.filter(isOurRoute) })
    memory.ours = new Set([...places].filter((place) => kept.has(place) || memory.ours.has(place)))
    applied = { plan: JSON.stringify(plan), unroutable, held: new Set(missing.map(({ place }) => place)) }
    isDoubted = false
    fault = unroutableFault(unroutable) ?? heldFault(missing, now)
    bound = boundIn(now, plan)
  }
  const doubt = (): void => {
    applied = null
    isDoubted = true
    spared = new Set()
    bound = new Set()
  }
  const apply = async (plan: RouterPlan): Promise<void> => {
    const text = JSON.stringify(plan)
    if (!tries.isDue(text)) return
    const done = await actuateRouting(sys, plan, { takesBack: memory.ours, spared })
    if (done.ok && done.unroutable.size === 0) tries.over()
    else tries.tried(text)
    if (done.ok) {
      onRead(done.now)
      return settle(plan, done)
    }
    applied = null
    fault = faultOf('routing', done.error)
    if (!done.undone) doubt()
  }
  /** Tells what somebody else changed. Whether it is to be put right by now. */
  const answerTo = (changes: readonly Change[]): boolean => {
    const whats = changes.map(({ what }) => what)
    const all = whats.join('; ')
    const answer = drift.to(all, all)
    if (answer.isTold) onDrift({ changes: whats.slice(0, MOST_CHANGES), repaired: answer.isRepaired })
    return answer.isRepaired
  }

  return {
    async putRight(plan, seen) {
      const text = JSON.stringify(plan)
      bound = boundIn(seen, plan)
      const known = applied?.plan === text ? applied : null
      const wanted = routableRouting(plan, known?.unroutable ?? NONE, seen)
      const changes = changesBetween(seen, wanted, { takesBack: memory.ours })
      const places = changes.map(({ place }) => place)
      // what has changed by itself is none of anybody's doing, nor is a place that is free now
      const isDrift = known !== null && !places.some((place) => known.held.has(place))
      spared = new Set(isDrift && !repairs ? places : places.filter((place) => spared.has(place)))
      if (changes.length === 0) {
        drift.over()
        if (known && known.unroutable.size > 0) return apply(plan)
        return settle(plan, { unroutable: NONE, now: seen })
      }
      if (!isDrift) return apply(plan)
      if (!answerTo(changes)) return
      tries.over() // by somebody else’s doing it may be taken now
      await apply(plan)
    },
    took(plan, done) {
      onRead(done.now)
      spared = new Set()
      settle(plan, done)
    },
    doubt,
    takesBack: () => memory.ours,
    isDoubted: () => isDoubted,
    isApplied: (plan) => applied?.plan === JSON.stringify(plan),
    isBound: (uplink) => bound.has(uplink),
    fault: () => drift.fault() ?? fault,
  }
}

const heldFault = ([missing]: readonly Change[], now: Routing): WanRouterState['fault'] => {
  const theirs =
    missing && now.routes.find((route) => !isOurRoute(route) && routeKey(route) === missing.place)
  return theirs ? faultOf('routing', precedenceText(theirs)) : null
}

const unroutableFault = (unroutable: Unroutable): WanRouterState['fault'] => {
  const [first] = unroutable
  return first ? faultOf('routing', `${first[0]} cannot be used: ${first[1]}`) : null
}
