import { type DurationMs, elapsed, type Instant, later, minutes, type MonoMs, seconds } from '../clock.ts'
import { burden, type Candidate, ranked, unfit } from './choice.ts'
import { hourIn, quotaOf } from './quota.ts'
import { expired } from './remember.ts'
import type { Switch, UplinkPlan, WanParams, WanState } from './state.ts'
import { stableTime } from './unrest.ts'

/** Why traffic stays where it is. */
export type StayReason =
  /** No uplink is known, or none is better. */
  | 'nothing-better'
  | 'held'
  /** An order is under way. */
  | 'ordered'
  /** The last order failed: it is tried again in a while. */
  | 'failed-lately'
  /** Somebody wished this uplink. */
  | 'override'
  /** The better path has not been whole for long enough. */
  | 'not-stable-yet'
  | 'bad-hour'
  /** The path is dead, and the other one has not answered yet. */
  | 'awaiting-proof'

export type WanDecision = {
  readonly switch: Switch | null
  /** Null when there is a switch. */
  readonly stay: StayReason | null
  /** An uplink that should be made ready, since it may be needed; null for none. */
  readonly prepare: string | null
  /** When this may come out otherwise without any event, on the monotonic clock; null for never. */
  readonly nextAt: MonoMs | null
}

/** How long a path is kept for the sake of a proof: that a dead one's successor is any better, that one of which nothing is known is dead. */
const PROOF_PATIENCE = seconds(5)
/** An answer that came so long before a path was given up came while it was looked at, and the others with it. */
const PROOF_AGE = seconds(3)
const ORDER_PATIENCE = seconds(5)
const FIRST_RETRY = seconds(2)
const LONGEST_RETRY = minutes(5)
const HOUR_CHECK = minutes(1)

/** What to do now. Pure: the same state, parameters and time give the same answer, whoever asks. */
export const decideWan = (before: WanState, params: WanParams, now: Instant): WanDecision => {
  const state = expired(before, now)
  const candidates = params.uplinks.map((plan) => candidateOf(plan, state))
  const active = candidates.find(({ id }) => id === state.active) ?? null
  const prepare = toPrepare(candidates, active)
  const stay = (reason: StayReason, nextAt: MonoMs | null = null): WanDecision => ({
    switch: null,
    stay: reason,
    prepare,
    nextAt: soonest(nextAt, expiryAt(state, now)),
  })
  const busy = busyUntil(state, now.mono)
  if (state.hold) return stay('held')
  if (busy) return stay(busy.reason, busy.until)

  const wished = candidates.find(({ id }) => id === state.override?.uplink)
  if (wished && wished.state !== 'down') {
    if (wished.id === state.active) return stay('override')
    return move({ from: state.active, to: wished.id, reason: 'override' }, prepare)
  }
  const [best] = ranked(candidates)
  if (!best || best.id === active?.id) return stay('nothing-better')
  if (!active)
    return best.state === 'down'
      ? stay('nothing-better')
      : move({ from: null, to: best.id, reason: 'first' }, prepare)

  const reason = unfit(active)
  if (reason !== null) {
    if (burden(best) >= burden(active)) return stay('nothing-better')
    const known = state.uplinks[active.id]?.since ?? now.mono
    const proofUntil = later(known, PROOF_PATIENCE)
    const proven = state.uplinks[best.id]?.provenAt ?? null
    const isProven = proven !== null && elapsed(proven, known) <= PROOF_AGE
    if ((!isProven || active.state === 'unknown') && now.mono < proofUntil)
      return stay('awaiting-proof', proofUntil)
    return move({ from: active.id, to: best.id, reason }, prepare)
  }
  return goBack({ state, params, now }, { active, best, prepare, stay })
}

type Asked = { readonly state: WanState; readonly params: WanParams; readonly now: Instant }
type Between = {
  readonly active: Candidate
  readonly best: Candidate
  readonly prepare: string | null
  readonly stay: (reason: StayReason, nextAt?: MonoMs | null) => WanDecision
}

/** From a path that works to a better one nobody moves but with care. */
const goBack = ({ state, params, now }: Asked, { active, best, prepare, stay }: Between): WanDecision => {
  const track = state.uplinks[best.id]
  if (!track || best.state !== 'up' || burden(best) > burden(active)) return stay('nothing-better')
  if (burden(best) === burden(active) && best.priority >= active.priority) return stay('nothing-better')
  const stableAt = later(track.since, stableTime(track.unrest, now.mono))
  if (now.mono < stableAt) return stay('not-stable-yet', stableAt)
  if (params.badHours.includes(hourIn(now.wall, params.timeZone)))
    return stay('bad-hour', later(now.mono, HOUR_CHECK))
  return move({ from: active.id, to: best.id, reason: 'fail-back' }, prepare)
}

const move = (to: Switch, prepare: string | null): WanDecision => ({
  switch: to,
  stay: null,
  prepare,
  nextAt: null,
})

/** The best of the others, as soon as the active one is not what it should be. */
const toPrepare = (candidates: readonly Candidate[], active: Candidate | null): string | null => {
  if (active?.state === 'up' && burden(active) === 0) return null
  const [best] = ranked(candidates.filter(({ id, state }) => id !== active?.id && state !== 'down'))
  return best?.id ?? null
}

const busyUntil = (
  { ordered, failed }: WanState,
  now: MonoMs,
): { readonly reason: 'ordered' | 'failed-lately'; readonly until: MonoMs } | null => {
  if (ordered) {
    const until = later(ordered.at, ORDER_PATIENCE)
    if (now < until) return { reason: 'ordered', until }
  }
  if (!failed) return null
  const until = later(failed.at, retryAfter(failed.times))
  return now < until ? { reason: 'failed-lately', until } : null
}

const retryAfter = (times: number): DurationMs =>
  Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(20, times - 1)) as DurationMs

const expiryAt = ({ hold, override }: WanState, { wall, mono }: Instant): MonoMs | null => {
  const ends = [hold?.until, override?.until].filter((end) => end !== undefined && end !== null)
  return ends.length === 0 ? null : later(mono, Math.max(0, Math.min(...ends) - wall) as DurationMs)
}

const soonest = (a: MonoMs | null, b: MonoMs | null): MonoMs | null => {
  if (a === null || b === null) return a ?? b
  return a < b ? a : b
}

const candidateOf = ({ id, priority, capBytes, phone }: UplinkPlan, { uplinks }: WanState): Candidate => {
  const track = uplinks[id]
  const health = { batteryPercent: null, temperatureC: null, charging: null, ...track?.phone }
  return {
    id,
    priority,
    state: track?.state ?? 'unknown',
    quota: quotaOf(track?.usedBytes ?? null, capBytes),
    phone: phone && { ...phone, ...health },
  }
}
