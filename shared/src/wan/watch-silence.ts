import { type DurationMs, elapsed, milliseconds, type MonoMs, monoMs, seconds } from '../clock.ts'
import { judgeSilence, SUSPECT_PACKETS } from './judge-silence.ts'
import type { Silence, SilenceEvent, TrafficSeen } from './silence.ts'

/** A tick that is so late says that this process stood still, and nothing of the line. */
const LATE_TICK = milliseconds(300)
const MOST_PATIENCE = milliseconds(1500)
const FIRST_PATIENCE = milliseconds(250)
/** Users' packets are taken for ones that get answers when one came so lately. */
const ANSWERED_LATELY = seconds(2)
/** Users' packets are looked at ten times a second: who was heard at the look before has been silent since then at the latest. */
const ONE_LOOK = milliseconds(150)
const KEPT_ROUND_TRIPS = 8
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
      return judgeSilence(restartedWhenLate(before, now), now)
  }
}

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
    givenUp: null,
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
