import { type DurationMs, elapsed, milliseconds, type MonoMs, monoMs, seconds } from '../clock.ts'
import type { LayerVerdict } from './path.ts'

/** How a probe asks. Several, since each alone is refused somewhere. */
export type ProbeMethod = 'icmp' | 'dns' | 'tcp'

/** A probe that is on its way. */
export type Waiting = {
  readonly id: number
  readonly method: ProbeMethod
  readonly target: string
  readonly at: MonoMs
}

export type SilenceEvent =
  | { readonly kind: 'probe'; readonly id: number; readonly method: ProbeMethod; readonly target: string }
  /** From beyond the gateway; `rttMs` null when it is no measure of the round trip. */
  | { readonly kind: 'answer'; readonly id: number; readonly rttMs: number | null }
  | ({ readonly kind: 'traffic' } & TrafficSeen)
  /** Whether the modem behind it says that nothing can pass. */
  | { readonly kind: 'warning'; readonly isWarned: boolean }
  | { readonly kind: 'tick' }

/** Packets of users that went out, and that came back from beyond the gateway, since the last time. */
export type TrafficSeen = {
  readonly sent: number
  readonly received: number
  /** The last of those that came back was here by then. */
  readonly heardAt: MonoMs
  /** Packets that went out since, as the device counts them, with some of our own. */
  readonly sentSince: number
}

export type Silence = {
  /** Whether anything comes back from beyond the gateway. */
  readonly beyond: LayerVerdict
  /** `burst`: it may not; look closely, and at the others too. `wait`: it does not; ask now and then whether it is back. */
  readonly probing: 'calm' | 'burst' | 'wait'
  /** The last sign of life: an answer, or a packet for a user. */
  readonly provenAt: MonoMs | null
  /** The last packet for a user. */
  readonly receivedAt: MonoMs | null
  readonly waiting: readonly Waiting[]
  /** Of the last answers, newest last. */
  readonly rttsMs: readonly number[]
  /** Users' packets since the last sign of life, and since when; null for none. */
  readonly unanswered: {
    readonly since: MonoMs
    readonly packets: number
    readonly afterAnswers: boolean
  } | null
  /** How much longer than usual users may be kept waiting before we look: a one-way stream is never answered. */
  readonly patience: DurationMs
  /** The modem behind it says that nothing can pass: that is looked into sooner, and proves nothing. */
  readonly isWarned: boolean
  readonly tickedAt: MonoMs | null
}

export const UNWATCHED: Silence = {
  beyond: 'unknown',
  probing: 'calm',
  provenAt: null,
  receivedAt: null,
  waiting: [],
  rttsMs: [],
  unanswered: null,
  patience: milliseconds(0),
  isWarned: false,
  tickedAt: null,
}

/** Users' packets without an answer for so long, beside two round trips, are a reason to look. */
const SUSPECT_USERS = milliseconds(350)
const SUSPECT_PACKETS = 2
/** A probe that is so late, beside two round trips, is a reason to look. */
const SUSPECT_PROBE = milliseconds(300)
/** Of both, and of patience, when the modem says that nothing can pass. */
const WARNED = 1 / 2
/** Silence of so long, beside two round trips, is the end: an outage of a second is not. */
const DEAD_AFTER = milliseconds(1200)
/** Packets for users that still arrive while no probe is answered delay the end by so much, and no more. */
const GRACE_FOR_RECEIVED = seconds(3)
const ENOUGH = { probes: 12, targets: 3, methods: 2, age: milliseconds(80) }
/** A tick that is so late says that this process stood still, and nothing of the line. */
const LATE_TICK = milliseconds(300)
const MOST_PATIENCE = milliseconds(1500)
const FIRST_PATIENCE = milliseconds(250)
/** Users' packets are taken for ones that get answers when one came so lately. */
const ANSWERED_LATELY = seconds(2)
/** Users' packets are looked at ten times a second: who was heard at the look before has been silent since then at the latest. */
const ONE_LOOK = milliseconds(150)
const KEPT_ROUND_TRIPS = 8
const FIRST_ROUND_TRIP_MS = 100
/** A probe that was not answered in so long is no evidence any more, of anything. */
const FORGOTTEN = seconds(30)
const MOST_WAITING = 400

/** What is known of a path's silence after an event; no timer, no socket. Pure. */
export const watchSilence = (before: Silence, event: SilenceEvent, now: MonoMs): Silence => {
  switch (event.kind) {
    case 'probe': {
      const { id, method, target } = event
      return { ...before, waiting: [...before.waiting, { id, method, target, at: now }].slice(-MOST_WAITING) }
    }
    case 'answer':
      return answered(before, event, now)
    case 'traffic':
      return heardUsers(before, event, now)
    case 'warning':
      return { ...before, isWarned: event.isWarned }
    case 'tick':
      return judged(restartedWhenLate(before, now), now)
  }
}

/** The largest of the last round trips in ms, since a queue that fills makes them long before it makes them rare; a guess before there was one. Pure. */
export const roundTripMsOf = ({ rttsMs }: Silence): number =>
  rttsMs.length === 0 ? FIRST_ROUND_TRIP_MS : Math.max(...rttsMs)

const answered = (
  before: Silence,
  { id, rttMs }: Extract<SilenceEvent, { kind: 'answer' }>,
  now: MonoMs,
): Silence => {
  const probe = before.waiting.find((one) => one.id === id)
  if (!probe) return before // too late to count, or of somebody else
  const wasCalmed = before.probing === 'burst'
  return {
    ...before,
    beyond: 'works',
    probing: 'calm',
    provenAt: now,
    // what was asked before this one and is not answered got lost, and says nothing of now
    waiting: before.waiting.filter(({ at }) => at > probe.at),
    rttsMs: rttMs === null ? before.rttsMs : [...before.rttsMs, rttMs].slice(-KEPT_ROUND_TRIPS),
    unanswered: null,
    patience: wasCalmed && before.unanswered ? morePatience(before.patience) : before.patience,
  }
}

const morePatience = (patience: DurationMs): DurationMs =>
  Math.min(MOST_PATIENCE, Math.max(FIRST_PATIENCE, patience * 2)) as DurationMs

const heardUsers = (
  before: Silence,
  { sent, received, heardAt, sentSince }: TrafficSeen,
  now: MonoMs,
): Silence => {
  if (received > 0) {
    const provenAt = monoMs(Math.max(before.provenAt ?? heardAt, heardAt))
    const heard = { ...before, provenAt, receivedAt: heardAt, unanswered: null, patience: milliseconds(0) }
    const packets = Math.min(sent, sentSince)
    if (packets < SUSPECT_PACKETS) return heard
    const since = monoMs(Math.max(heardAt, now - ONE_LOOK))
    return { ...heard, unanswered: { since, afterAnswers: true, packets } }
  }
  if (sent === 0) return before
  const { receivedAt, unanswered, patience } = before
  // a burst that was answered while they were not has shown that nobody answers them
  const afterAnswers = patience === 0 && receivedAt !== null && elapsed(receivedAt, now) <= ANSWERED_LATELY
  const packets = (unanswered?.packets ?? 0) + sent
  const heardJustBefore = receivedAt !== null && elapsed(receivedAt, now) <= ONE_LOOK
  const since = heardJustBefore ? receivedAt : now
  return { ...before, unanswered: { since, afterAnswers, ...unanswered, packets } }
}

/** After a standstill of our own all clocks begin anew; who owed an answer then is asked again at once, since a calm line would not be for seconds. */
const restartedWhenLate = (before: Silence, now: MonoMs): Silence => {
  const ticked = { ...before, tickedAt: now }
  if (before.tickedAt === null || elapsed(before.tickedAt, now) <= LATE_TICK) return ticked
  const probing = before.beyond === 'fails' ? 'wait' : before.waiting.length > 0 ? 'burst' : 'calm'
  return { ...ticked, waiting: [], unanswered: null, probing }
}

const judged = (before: Silence, now: MonoMs): Silence => {
  const waiting = before.waiting.filter(({ at }) => elapsed(at, now) <= FORGOTTEN)
  const silence = { ...before, waiting }
  if (silence.beyond === 'fails') return silence
  if (isDead(silence, now)) return { ...silence, beyond: 'fails', probing: 'wait' }
  return isSuspect(silence, now) ? { ...silence, probing: 'burst' } : silence
}

const isSuspect = (silence: Silence, now: MonoMs): boolean => {
  const { waiting, unanswered, patience, isWarned } = silence
  const haste = isWarned ? WARNED : 1
  const trips = 2 * roundTripMsOf(silence)
  const [oldest] = waiting
  if (oldest && elapsed(oldest.at, now) >= SUSPECT_PROBE * haste + trips) return true
  if (!unanswered || unanswered.packets < SUSPECT_PACKETS) return false
  return elapsed(unanswered.since, now) >= SUSPECT_USERS * haste + Math.max(trips, patience * haste)
}

const isDead = (silence: Silence, now: MonoMs): boolean => {
  const { waiting, provenAt, unanswered } = silence
  const [oldest] = waiting
  if (!oldest || !isEnough(silence, now)) return false
  const limit = DEAD_AFTER + 2 * roundTripMsOf(silence)
  if (elapsed(oldest.at, now) >= limit + GRACE_FOR_RECEIVED) return true
  const asked = waiting.find(({ at }) => provenAt === null || at > provenAt)
  const starts = [asked?.at, unanswered?.afterAnswers ? unanswered.since : undefined]
  const since = Math.min(...starts.filter((start) => start !== undefined))
  return now - since >= limit
}

/** What a path was given up for. */
export type SilenceEvidence = {
  readonly ms: number
  readonly probes: number
  readonly targets: number
  readonly methods: number
}

/** What was asked since the last sign of life and is not answered. Pure. */
export const silenceEvidence = ({ waiting, provenAt }: Silence, now: MonoMs): SilenceEvidence => {
  const asked = waiting.filter(({ at }) => provenAt === null || at > provenAt)
  return {
    ms: Math.round(now - (asked[0]?.at ?? now)),
    probes: asked.length,
    targets: new Set(asked.map(({ target }) => target)).size,
    methods: new Set(asked.map(({ method }) => method)).size,
  }
}

/** Enough was asked, of enough others, in enough ways, and long enough ago to have come back. */
const isEnough = (silence: Silence, now: MonoMs): boolean => {
  const age = ENOUGH.age + roundTripMsOf(silence)
  const old = silence.waiting.filter(({ at }) => elapsed(at, now) >= age)
  if (old.length < ENOUGH.probes) return false
  const [targets, methods] = [
    new Set(old.map(({ target }) => target)),
    new Set(old.map(({ method }) => method)),
  ]
  return targets.size >= ENOUGH.targets && methods.size >= ENOUGH.methods
}
