import type { Clock } from '@infra-home/shared/clock.ts'
import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import { faultOf } from './fault-of.ts'
import { type Insistence, insistedAt, isDueAgain } from './insistence.ts'

/** What is done when somebody else changes what is ours. */
export type DriftAnswer = {
  /** Something is not as we left it. `found` tells one such finding from another. */
  to(what: string, found: string): { readonly isTold: boolean; readonly isRepaired: boolean }
  /** All is as we left it. */
  over(): void
  /** That it stays changed; null while it does not. */
  fault(): WanRouterState['fault']
}

/** Told once for each finding where it is only reported; else told and put right, ever more rarely against somebody who insists. */
export const answerDrift = (clock: Clock, repairs: boolean): DriftAnswer => {
  let insistence: Insistence = null
  let told: string | null = null
  let fault: WanRouterState['fault'] = null
  return {
    to(what, found) {
      const { mono } = clock.now()
      const isRepaired = repairs && isDueAgain(insistence, mono)
      const isTold = repairs ? isRepaired : found !== told
      const how = repairs ? 'keeps changing' : 'changed'
      if (isRepaired) insistence = insistedAt(insistence, mono)
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
