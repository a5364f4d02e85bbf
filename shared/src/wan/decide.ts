import {
  type DurationMs,
  elapsed,
  type Instant,
  later,
  minutes,
  type MonoMs,
  monoMs,
  seconds,
} from '../clock.ts'
import { candidatesOf } from './candidates.ts'
import { burden, type Candidate, cannotCarry, phoneFault, ranked, refuses, unfit } from './choice.ts'
import { isAlive } from './path.ts'
import { firstChoice, PROOF_PATIENCE } from './first-choice.ts'
import { toPrepare } from './prepare.ts'
import { hourIn } from './quota.ts'
import { pausedUntil } from './refusals.ts'
import { expired, isKept, orderUnderWay } from './remember.ts'
import type { Switch, WanParams, WanState } from './state.ts'
import { stableAt } from './unrest.ts'
import { wishWaits } from './wish.ts'

/** Why traffic stays where it is. */
export type StayReason =
  /** No uplink is known, or none is better. */
  | 'nothing-better'
  | 'held'
  /** An order is under way. */
  | 'ordered'
  /** An order failed: it is tried again in a while. */
  | 'failed-lately'
  /** Somebody wished this uplink. */
  | 'override'
  /** The better path, or one that was wished and broke since, has not been whole for long enough. */
  | 'not-stable-yet'
  | 'bad-hour'
  /** What was wished, or could be used, sleeps, or has not answered yet: traffic moves when something answers there. */
  | 'waking'
  /** The path is dead, or there was none yet, and the other one has not answered. */
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

/** An answer that came so long before a path was given up came while it was looked at, and the others with it. */
const PROOF_AGE = seconds(3)
const HOUR_CHECK = minutes(1)

/** What to do now. Pure: the same state, parameters and time give the same answer, whoever asks. */
export const decideWan = (before: WanState, params: WanParams, now: Instant): WanDecision => {
  const state = expired(before, now)
  const candidates = candidatesOf(params, state, now.mono)
  const active = candidates.find(({ id }) => id === state.active) ?? null
  const isBusy = busyUntil(state, now.mono)
  const wished = candidates.find((one) => one.id === state.override?.uplink && canServe(one)) ?? null
  const waits = wished && wishWaits(wished, state, now.mono)
  const since = (active && state.uplinks[active.id]?.since) ?? now.mono
  const needed = toPrepare(candidates, active, { since, now: now.mono })
  const isComing = waits?.reason === 'waking' && (wished?.waking ?? 'possible') === 'possible'
  const prepare = wished && isComing ? wished.id : needed.id
  const retries = candidates.map((one) => (one.refusal?.isOver === false ? one.refusal.until : null))
  const lookAt = [needed.until, expiryAt(state, now), ...retries].reduce(soonest)
  const stay: Stay = (reason, nextAt = null) => ({
    switch: null,
    stay: reason,
    prepare,
    nextAt: soonest(nextAt, lookAt),
  })
  if (isKept(state)) return stay('held')
  if (isBusy) return stay(isBusy.reason, isBusy.until)
  if (wished && !waits) {
    if (wished.id === state.active) return stay('override')
    return move({ from: state.active, to: wished.id, reason: 'override' }, prepare)
  }
  const decision = decideAmong({ state, params, now }, { candidates, active, prepare, stay })
  return waits && decision.stay ? stay(waits.reason, soonest(decision.nextAt, waits.until)) : decision
}

/** Whether a wish for it counts: not while it is dead, or a phone past its limits, which is about to be put away. */
const canServe = ({ state, phone }: Candidate): boolean =>
  state !== 'down' && (phone === null || phoneFault(phone) === null)

/** What is best when nobody wishes anything else. */
const decideAmong = (asked: Asked, choice: Choice): WanDecision => {
  const { candidates, active, prepare, stay } = choice
  const others = ranked(candidates)
  const [best] = others
  const reason = active && unfit(active)
  if (!active) return begin(asked, others, choice)
  if (reason === null) return goBack(asked, { active, others, prepare, stay })
  if (!best || best.id === active.id || burden(best) >= burden(active)) return none(choice)
  const proofUntil = awaitedUntil(asked, active, best)
  if (proofUntil !== null) return stay('awaiting-proof', proofUntil)
  return move({ from: active.id, to: best.id, reason }, prepare)
}

/** Where nothing is used yet. */
const begin = ({ state, now }: Asked, others: readonly Candidate[], choice: Choice): WanDecision => {
  const usable = others.filter((one) => !cannotCarry(one))
  const first = firstChoice(usable, state, now.mono)
  if (first === null) return none(choice)
  return 'to' in first
    ? move({ from: null, to: first.to, reason: 'first' }, choice.prepare)
    : choice.stay('awaiting-proof', first.until)
}

/** There is nothing better than what cannot be used. */
const none = ({ candidates, active, prepare, stay }: Choice): WanDecision =>
  candidates.some((one) => one.id === prepare && cannotCarry(one))
    ? stay('waking')
    : stay(whyNone(candidates, active))

/** Whether one would be better, if traffic could be moved there. */
const whyNone = (candidates: readonly Candidate[], active: Candidate | null): StayReason =>
  candidates.some(
    (one) => refuses(one) && unfit(one) === null && (!active || isBetter({ ...one, refusal: null }, active)),
  )
    ? 'failed-lately'
    : 'nothing-better'

/** Until when somebody has to answer over `best`, before traffic leaves what is unfit for it; null when that is over, or somebody did. */
const awaitedUntil = ({ state, now }: Asked, active: Candidate, best: Candidate): MonoMs | null => {
  const known = state.uplinks[active.id]?.since ?? now.mono
  const track = state.uplinks[best.id]
  const proven = track?.provenAt ?? null
  const wokenAt = track && best.state === 'unknown' && track.since > known ? track.since : null // it needs its time
  const isProven = wokenAt === null && proven !== null && elapsed(proven, known) <= PROOF_AGE
  const until = later(wokenAt ?? known, PROOF_PATIENCE)
  const mayLive = active.state === 'unknown' && !active.isAsleep
  return (!isProven || mayLive) && now.mono < until ? until : null
}

type Asked = { readonly state: WanState; readonly params: WanParams; readonly now: Instant }
type Stay = (reason: StayReason, nextAt?: MonoMs | null) => WanDecision
type Choice = {
  readonly candidates: readonly Candidate[]
  readonly active: Candidate | null
  readonly prepare: string | null
  readonly stay: Stay
}
type Between = Pick<Choice, 'prepare' | 'stay'> & {
  readonly active: Candidate
  /** Best first. */
  readonly others: readonly Candidate[]
}

/**
 * From a path that works nobody moves but with care: to the best of those that are better and have been whole for long enough. Neither a phone nor the
 * last tenth of a plan is kept for the sake of a line that will never be whole again: from there it is enough that it lives.
 */
const goBack = ({ state, params, now }: Asked, { active, others, prepare, stay }: Between): WanDecision => {
  const isRelief = ({ phone, quota }: Candidate): boolean =>
    phone === null && (active.phone !== null || (active.quota === 'near' && quota !== 'near'))
  const better = others
    .filter((one) => (isRelief(one) ? isAlive(one) : one.state === 'up') && isBetter(one, active))
    .flatMap((one) => {
      const track = state.uplinks[one.id]
      if (!track) return []
      const since = isRelief(one) ? (track.livesSince ?? track.since) : track.since
      return [{ id: one.id, at: stableAt({ ...track, since }, now.mono) }]
    })
  const to = better.find((one) => now.mono >= one.at)
  if (better.length === 0) return stay(whyNone(others, active))
  if (!to) return stay('not-stable-yet', monoMs(Math.min(...better.map((one) => one.at))))
  if (params.badHours.includes(hourIn(now.wall, params.timeZone)))
    return stay('bad-hour', later(now.mono, HOUR_CHECK))
  return move({ from: active.id, to: to.id, reason: 'fail-back' }, prepare)
}

const isBetter = (one: Candidate, than: Candidate): boolean => {
  const less = burden(one) - burden(than)
  return less < 0 || (less === 0 && one.priority < than.priority)
}

const move = (to: Switch, prepare: string | null): WanDecision => ({
  switch: to,
  stay: null,
  prepare,
  nextAt: null,
})

const busyUntil = (
  state: WanState,
  now: MonoMs,
): { readonly reason: 'ordered' | 'failed-lately'; readonly until: MonoMs } | null => {
  const order = orderUnderWay(state, now)
  if (order) return { reason: 'ordered', until: order.until }
  const until = pausedUntil(state.failed)
  return until !== null && now < until ? { reason: 'failed-lately', until } : null
}

const expiryAt = ({ hold, override }: WanState, { wall, mono }: Instant): MonoMs | null => {
  const ends = [hold?.until, override?.until].filter((end) => end !== undefined && end !== null)
  return ends.length === 0 ? null : later(mono, Math.max(0, Math.min(...ends) - wall) as DurationMs)
}

const soonest = (a: MonoMs | null, b: MonoMs | null): MonoMs | null => {
  if (a === null || b === null) return a ?? b
  return a < b ? a : b
}
