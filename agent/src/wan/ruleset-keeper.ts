import { type Clock, elapsed, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { actuateRuleset, shownRuleset } from '../router/actuate-ruleset.ts'
import type { RulesetPlan } from '../router/ruleset.ts'
import type { Sys } from '../sys/sys.ts'
import { briefly } from './briefly.ts'

export type RulesetKeeper = {
  /** Makes the kernel's ruleset that of a plan, where it is not. */
  putRight(plan: RulesetPlan): Promise<void>
  fault(): WanRouterState['fault']
}

/** Looking at a ruleset costs a program more: nobody tells us when somebody changes it. */
const LOOK_EVERY = seconds(60)

export const keepRuleset = (options: {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec'>
  /** Whether what somebody else changed is put right; told either way. */
  readonly repairs: boolean
  readonly onDrift: () => void
}): RulesetKeeper => {
  const { clock, sys, repairs, onDrift } = options
  let fault: WanRouterState['fault'] = null
  let applied: { readonly plan: string; readonly shown: string; readonly at: MonoMs } | null = null

  const isLeftAlone = async (plan: string): Promise<boolean> => {
    const { mono } = clock.now()
    if (applied?.plan !== plan) return false
    if (elapsed(applied.at, mono) < LOOK_EVERY) return true
    applied = { ...applied, at: mono }
    if ((await shownRuleset(sys)) === applied.shown) return true
    onDrift()
    return !repairs
  }

  return {
    async putRight(plan) {
      const text = JSON.stringify(plan)
      if (await isLeftAlone(text)) return
      const done = await actuateRuleset(sys, plan)
      fault = done.ok ? null : { code: 'ruleset', text: briefly(new Error(done.error)) }
      applied = done.ok ? { plan: text, shown: done.shown, at: clock.now().mono } : null
    },
    fault: () => fault,
  }
}
