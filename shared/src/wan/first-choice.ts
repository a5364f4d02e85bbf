import { later, type MonoMs, monoMs, seconds } from '../clock.ts'
import { burden, type Candidate } from './choice.ts'
import type { WanState } from './state.ts'

/** How long a proof is waited for: that what would be used leads anywhere, that one of which nothing is known is dead. */
export const PROOF_PATIENCE = seconds(5)

/** The uplink to begin with, or until when one that may be better is waited for; `until` null for as long as it takes. */
export type FirstChoice = { readonly to: string } | { readonly until: MonoMs | null }

/**
 * With what to begin where nothing is used yet: the best of those over which something has answered. Null when nothing is to be hoped for. Pure.
 * @param order best first
 */
export const firstChoice = (
  order: readonly Candidate[],
  { uplinks }: Pick<WanState, 'uplinks'>,
  now: MonoMs,
): FirstChoice | null => {
  const to = order.find(({ state }) => state === 'up' || state === 'degraded')
  const unheard = order.filter(({ state, isAsleep }) => state === 'unknown' && !isAsleep)
  const ends = unheard
    .filter((one) => !to || burden({ ...one, state: 'up' }) < burden(to)) // if it answers
    .flatMap(({ id }) => uplinks[id]?.since ?? [])
    .map((since) => later(since, PROOF_PATIENCE))
    .filter((end) => now < end)
  if (ends.length > 0) return { until: monoMs(Math.min(...ends)) }
  if (to) return { to: to.id }
  return unheard.length > 0 ? { until: null } : null
}
