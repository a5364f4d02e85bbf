import { type Clock, elapsed, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { actuateRuleset, shownRuleset } from '../router/actuate-ruleset.ts'
import type { RulesetPlan } from '../router/ruleset.ts'
import type { Sys } from '../sys/sys.ts'
import { driftFault, faultOf } from './faults.ts'
import { type Insistence, insistedAt, isDueAgain } from './insistence.ts'

export type RulesetKeeper = {
  /** Makes the kernel's ruleset that of a plan, where it is not. */
  putRight(plan: RulesetPlan): Promise<void>
  fault(): WanRouterState['fault']
}

/** Looking at a ruleset costs a program more: nobody tells us when somebody changes it. */
const LOOK_EVERY = seconds(60)
const OURS = 'ruleset infra_home'

export const keepRuleset = (options: {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec'>
  /** Whether what somebody else changed is put right; told either way. */
  readonly repairs: boolean
  readonly onDrift: (change: string) => void
}): RulesetKeeper => {
  const { clock, sys, repairs, onDrift } = options
  let fault: WanRouterState['fault'] = null
  let applied: { readonly plan: string; readonly shown: string; readonly at: MonoMs } | null = null
  let [tried, drifted]: [Insistence, Insistence] = [null, null]
  let triedPlan = ''
  /** What stands there instead of ours, as it was told of. */
  let reported: string | null | undefined

  const isLeftAlone = async (plan: string): Promise<boolean> => {
    const { mono } = clock.now()
    if (applied?.plan !== plan) return false
    if (elapsed(applied.at, mono) < LOOK_EVERY) return true
    applied = { ...applied, at: mono }
    const shown = await shownRuleset(sys)
    if (shown === applied.shown) {
      reported = undefined
      fault = null
      return true
    }
    if (repairs && isDueAgain(drifted, mono)) {
      drifted = insistedAt(drifted, mono)
      onDrift(OURS)
      return false
    }
    if (!repairs && shown !== reported) onDrift(OURS)
    reported = shown
    fault = driftFault(OURS, repairs ? 'keeps changing' : 'changed')
    return true
  }

  return {
    async putRight(plan) {
      const text = JSON.stringify(plan)
      if (await isLeftAlone(text)) return
      const { mono } = clock.now()
      const isSame = triedPlan === text && applied === null
      if (isSame && !isDueAgain(tried, mono)) return
      tried = insistedAt(isSame ? tried : null, mono)
      triedPlan = text
      const done = await actuateRuleset(sys, plan)
      fault = done.ok ? null : faultOf('ruleset', done.error)
      applied = done.ok ? { plan: text, shown: done.shown, at: clock.now().mono } : null
    },
    fault: () => fault,
  }
}
