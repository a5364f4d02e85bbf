import { later, minutes, type MonoMs } from '../clock.ts'
import { type Candidate, cannotCarry, phoneFault, ranked, unfit } from './choice.ts'

/** A path that has been degraded for so long without dying is not about to: no phone is kept awake for it any more. */
const DEGRADED_PATIENCE = minutes(10)

/**
 * The best of the others, as soon as the active one is not what it should be; a phone is woken for what hurts, and within its limits. Pure.
 * @param since the active one has been in its state
 */
export const toPrepare = (
  candidates: readonly Candidate[],
  active: Candidate | null,
  { since, now }: { readonly since: MonoMs; readonly now: MonoMs },
): Prepared => {
  if (active && isWell(active)) return { id: null, until: null }
  const until = isMerelyDegraded(active) ? later(since, DEGRADED_PATIENCE) : null
  const isInNeed = active === null || (hurts(active) && (until === null || now < until))
  const offered = candidates.filter(
    (one) => one.id !== active?.id && !one.refusal && (isInNeed || !one.phone) && mayCome(one),
  )
  const willing = offered.filter((one) => !isToBeCalled(one) || one.waking !== 'failing')
  const [best] = ranked(willing.length > 0 ? willing : offered)
  return { id: best?.id ?? null, until: isInNeed && best?.phone ? until : null }
}

/** `until` when that ends without any event; null for never. */
export type Prepared = { readonly id: string | null; readonly until: MonoMs | null }

/** Whether nothing says that another will be needed soon. */
const isWell = (active: Candidate): boolean =>
  active.state === 'up' && !active.isWarned && unfit(active) === null && active.quota !== 'near'

/** What could carry traffic now; a phone within its limits that is there, or that somebody can call. */
const mayCome = (one: Candidate): boolean => {
  if (one.phone && phoneFault(one.phone) !== null) return false
  return isToBeCalled(one) ? one.waking !== 'impossible' : !cannotCarry(one)
}

/** One that was called and whose network gives no address may still come. */
const isToBeCalled = ({ phone, isAsleep, lacksAddress }: Candidate): boolean =>
  isAsleep || (phone !== null && lacksAddress === true)

const isMerelyDegraded = (active: Candidate | null): boolean =>
  active?.state === 'degraded' && unfit(active) === null

/** A path of which nothing is known yet, as after a start, is no reason to wake anybody: that is known in a moment. */
const hurts = (active: Candidate): boolean => {
  const reason = unfit(active)
  return (
    active.state === 'degraded' || active.isWarned === true || (reason !== null && reason !== 'path-unknown')
  )
}
