import { later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import type { AlertFact } from '../world/alert.ts'

/** An alert that keeps others quiet, since it says what they would. */
export type Explanation = {
  readonly key: string
  /** When it ends by itself; null: with the alert. */
  readonly until: MonoMs | null
}

/** What hangs on something takes so long to come back after it; an alert that lingers says nothing of what begins later. */
const COMING_BACK = minutes(2)

/** How `alert` explains others at `now`: while it fires, and a while on its way out. Pure. */
export const explanationBy = (alert: AlertFact | undefined, now: MonoMs): Explanation | null => {
  if (alert?.stage === 'firing') return { key: alert.key, until: null }
  if (alert?.stage !== 'recovering') return null
  const until = later(alert.stageSince, COMING_BACK)
  return now < until ? { key: alert.key, until } : null
}

/** The first of `alerts` that explains others. Pure. */
export const firstExplanation = (
  alerts: readonly (AlertFact | undefined)[],
  now: MonoMs,
): Explanation | null => {
  for (const alert of alerts) {
    const explanation = explanationBy(alert, now)
    if (explanation) return explanation
  }
  return null
}
