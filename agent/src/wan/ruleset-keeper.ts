import { type Clock, elapsed, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { actuateRuleset, shownRuleset } from '../router/actuate-ruleset.ts'
import type { RulesetPlan } from '../router/ruleset.ts'
import type { Sys } from '../sys/sys.ts'
import { answerDrift } from './drift-answer.ts'
import { faultOf } from './fault-of.ts'
import { patience } from './patience.ts'

export type RulesetKeeper = {
  /** Makes the kernel's ruleset that of a plan, where it is not. */
  putRight(plan: RulesetPlan): Promise<void>
  /** Something says that the kernel has it no more: it is looked at the next time. */
  doubt(): void
  fault(): WanRouterState['fault']
}

/** Looking at a ruleset costs a program more, and nobody tells us when somebody changes it; that it is gone is seen by who reads its counters. */
const LOOK_EVERY = seconds(60)
const OURS = 'ruleset infra_home'
const MOST_TRIES = 3

export const keepRuleset = (options: {
  readonly clock: Clock
  readonly sys: Pick<Sys, 'exec'>
  /** Whether what somebody else changed is put right; told either way. */
  readonly repairs: boolean
  readonly onDrift: (change: string) => void
}): RulesetKeeper => {
  const { clock, sys, repairs, onDrift } = options
  const drift = answerDrift(clock, repairs)
  let fault: WanRouterState['fault'] = null
  let isDoubted = false
  let applied: { readonly plan: string; readonly shown: string; readonly at: MonoMs } | null = null
  /** Of plans that are refused, or not shown as they were asked. */
  const tries = patience(clock)

  const isLeftAlone = async (plan: string): Promise<boolean> => {
    const { mono } = clock.now()
    if (applied === null) return !tries.isDue(plan)
    const isTheirs = !repairs && drift.fault() !== null
    if (applied.plan !== plan && !isTheirs) return false
    if (!isDoubted && elapsed(applied.at, mono) < LOOK_EVERY) return true
    applied = { ...applied, at: mono }
    const shown = await shownRuleset(sys).catch(() => undefined)
    if (shown === undefined) return true // it cannot be asked now, which says nothing of what it has
    isDoubted = false
    if (shown === applied.shown) {
      drift.over()
      return applied.plan === plan
    }
    const { isTold, isRepaired } = drift.to(OURS, shown ?? '')
    if (isTold) onDrift(OURS)
    return !isRepaired
  }

  return {
    async putRight(plan) {
      const text = JSON.stringify(plan)
      if (await isLeftAlone(text)) return
      const { mono } = clock.now()
      const done = await actuateRuleset(sys, plan)
      fault = done.ok ? null : faultOf('ruleset', done.error)
      const times = done.ok ? 0 : tries.tried(text)
      if (done.ok) tries.over()
      // Who has it otherwise than asked after some tries keeps it so: each try begins all counters anew. The fault stays.
      const isKept = done.ok || times >= MOST_TRIES
      applied = done.shown !== null && isKept ? { plan: text, shown: done.shown, at: mono } : null
    },
    doubt: () => void (isDoubted = true),
    fault: () => fault ?? drift.fault(),
  }
}
