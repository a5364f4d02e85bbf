import type { Clock } from '@infra-home/shared/clock.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { faultOf } from './fault-of.ts'
import { patience } from './patience.ts'

/** What is done when somebody else changes what is ours. */
export type DriftAnswer = {
  /** Something is not as we left it. `found` tells one such finding from another. */
  to(what: string, found: string): { readonly isTold: boolean; readonly isRepaired: boolean }
  /** All is as we left it. */
  over(): void
  /** That it stays changed; null while it does not. */
  fault(): WanRouterState['fault']
}

/** Who insists is answered as one, whatever he changes. */
const WHATEVER = 'drift'

/** Told once for each finding where it is only reported; else told and put right, ever more rarely against somebody who insists. */
export const answerDrift = (clock: Clock, repairs: boolean): DriftAnswer => {
  const answers = patience(clock)
  let told: string | null = null
  let fault: WanRouterState['fault'] = null
  return {
    to(what, found) {
      const isRepaired = repairs && answers.isDue(WHATEVER)
      const isTold = repairs ? isRepaired : found !== told
      const how = repairs ? 'keeps changing' : 'changed'
      if (isRepaired) answers.tried(WHATEVER)
      told = found
      fault = isRepaired
        ? null
        : faultOf('drift', `somebody else ${how} what is ours; to be put right: ${what}`)
      return { isTold, isRepaired }
    },
    over() {
      told = null
      fault = null
    },
    fault: () => fault,
  }
}
