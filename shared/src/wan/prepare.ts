import { later, type MonoMs, seconds } from '../clock.ts'
import { burden, type Candidate, phoneFault, ranked, unfit } from './choice.ts'
import type { WanState } from './state.ts'

/** What a phone gets from its waking until it answers, before traffic is moved to it all the same. */
const WAKING_PATIENCE = seconds(5)

/** The best of the others, as soon as the active one is not what it should be; a phone is woken for what hurts, and within its limits. Pure. */
export const toPrepare = (candidates: readonly Candidate[], active: Candidate | null): string | null => {
  if (active?.state === 'up' && !active.isWarned && burden(active) === 0) return null
  const isInNeed = active === null || hurts(active)
  const isOffered = ({ id, state, phone }: Candidate): boolean =>
    id !== active?.id && state !== 'down' && (!phone || (isInNeed && phoneFault(phone) === null))
  const [best] = ranked(candidates.filter(isOffered))
  return best?.id ?? null
}

/** A path of which nothing is known yet, as after a start, is no reason to wake anybody: that is known in a moment. */
const hurts = (active: Candidate): boolean => {
  const reason = unfit(active)
  return (
    active.state === 'degraded' || active.isWarned === true || (reason !== null && reason !== 'path-unknown')
  )
}

/** While a phone sleeps, and for a while after it was woken, nothing is moved to it; `until` null while it sleeps; null for what is ready. Pure. */
export const wakingOf = (
  { id, state, isAsleep, phone }: Candidate,
  { active, uplinks }: WanState,
  now: MonoMs,
): { readonly id: string; readonly until: MonoMs | null } | null => {
  if (isAsleep) return { id, until: null }
  const since = uplinks[id]?.since
  if (!phone || state !== 'unknown' || id === active || since === undefined) return null
  const until = later(since, WAKING_PATIENCE)
  return now < until ? { id, until } : null
}
