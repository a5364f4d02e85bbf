import type { Clock } from '@infra-home/shared/clock.ts'
import type { EventBody } from '@infra-home/shared/messages/event.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { actuateRouting, routableRouting, type Unroutable } from '../router/actuate.ts'
import { changesBetween } from '../router/changes.ts'
import type { RouterPlan, Routing } from '../router/plan.ts'
import type { Sys } from '../sys/sys.ts'
import { driftFault, faultOf } from './faults.ts'
import { type Insistence, insistedAt, isDueAgain } from './insistence.ts'

export type RoutingKeeper = {
  /** Makes the kernel's rules and routes those of a plan, where they are not as seen. */
  putRight(plan: RouterPlan, seen: Routing): Promise<void>
  /** The kernel has a plan by somebody else's doing than `putRight`: a move. */
  took(plan: RouterPlan, unroutable: Unroutable): void
  /** Whether what has the uplink's address leaves by it. */
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
}): RoutingKeeper => {
  const { clock, sys, repairs, onDrift } = options
  let applied: { readonly plan: string; readonly unroutable: Unroutable } | null = null
  let fault: WanRouterState['fault'] = null
  let [tried, drifted]: [Insistence, Insistence] = [null, null]
  let triedPlan = ''
  let reported = ''

  const apply = async (plan: RouterPlan): Promise<void> => {
    const text = JSON.stringify(plan)
    const { mono } = clock.now()
    if (text === triedPlan && !isDueAgain(tried, mono)) return
    tried = insistedAt(text === triedPlan ? tried : null, mono)
    triedPlan = text
    const done = await actuateRouting(sys, plan)
    applied = done.ok ? { plan: text, unroutable: done.unroutable } : null
    fault = done.ok ? unroutableFault(done.unroutable) : faultOf('routing', done.error)
  }

  /** What somebody else did is told; what has changed by itself is none of anybody's doing. */
  const meetDrift = async (plan: RouterPlan, changes: readonly string[]): Promise<void> => {
    const { mono } = clock.now()
    const text = changes.join('; ')
    if (!repairs) {
      if (text !== reported) onDrift({ changes: changes.slice(0, MOST_CHANGES), repaired: false })
      reported = text
      fault = driftFault(text, 'changed')
      return
    }
    if (!isDueAgain(drifted, mono)) {
      fault = driftFault(text, 'keeps changing')
      return
    }
    drifted = insistedAt(drifted, mono)
    onDrift({ changes: changes.slice(0, MOST_CHANGES), repaired: true })
    triedPlan = '' // it was not we who failed
    await apply(plan)
  }

  return {
    async putRight(plan, seen) {
      const text = JSON.stringify(plan)
      const known = applied?.plan === text ? applied.unroutable : null
      const wanted = routableRouting(plan, known ?? NONE, seen)
      const changes = changesBetween(seen, wanted).map(({ what }) => what)
      if (changes.length > 0) return known ? meetDrift(plan, changes) : apply(plan)
      reported = ''
      if (known && known.size > 0) return apply(plan)
      applied = { plan: text, unroutable: NONE }
      fault = null
    },
    took(plan, unroutable) {
      applied = { plan: JSON.stringify(plan), unroutable }
      fault = unroutableFault(unroutable)
    },
    isBound: (uplink) => applied !== null && !applied.unroutable.has(uplink),
    fault: () => fault,
  }
}

const unroutableFault = (unroutable: Unroutable): WanRouterState['fault'] => {
  const [first] = unroutable
  return first ? faultOf('routing', `${first[0]} cannot be used: ${first[1]}`) : null
}
