import type { MonoMs } from '../clock.ts'
import { type Candidate, refuses } from './choice.ts'
import type { WanState } from './state.ts'
import { stableAt } from './unrest.ts'

/** Why a wish is not fulfilled yet. */
export type WishWaits = {
  readonly reason: 'waking' | 'not-stable-yet' | 'failed-lately'
  /** Null while it waits for an event alone. */
  readonly until: MonoMs | null
}

/**
 * Nothing is moved to what sleeps, or has not answered: without an address it would take everything away. One that broke since it was wished has
 * to be whole for as long as a better one to which traffic goes back by itself; null for what is to be used now. Pure.
 */
export const wishWaits = (
  wished: Candidate,
  { active, uplinks, hasWishBroken }: WanState,
  now: MonoMs,
): WishWaits | null => {
  const { id, state, isAsleep } = wished
  if (isAsleep || state === 'unknown') return { reason: 'waking', until: null }
  if (refuses(wished)) return { reason: 'failed-lately', until: null } // until it is tried again
  const track = uplinks[id]
  if (!track || !hasWishBroken || id === active) return null
  const until = stableAt(track, now)
  return now < until ? { reason: 'not-stable-yet', until } : null
}
