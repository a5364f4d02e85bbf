import {
  type DurationMs,
  elapsed,
  hours,
  later,
  minutes,
  type MonoMs,
  seconds,
} from '@infra-home/shared/clock.ts'
import type { AlarmCause } from '@infra-home/shared/messages/alarm.ts'
import { type Alarm, type AlarmState, goneFor, type Heard } from './alarm-state.ts'

export type AlarmParams = {
  /** Whose turn it is. */
  readonly rank: number
  /** The silence that is one. */
  readonly after: DurationMs
  /** So much later for each rank. */
  readonly stagger: DurationMs
  /** How often people are told that it is still so. */
  readonly repeat: DurationMs
}

export type AlarmHappening =
  /** The coordinator has said something new. */
  | { readonly is: 'heard'; readonly by: Heard }
  /** This machine was asleep: nothing could be heard. */
  | { readonly is: 'woke' }
  /** Time has passed; no message is on its way. `id` and `cause` are for an alarm that begins now. */
  | { readonly is: 'look'; readonly id: string; readonly cause: AlarmCause }
  /** What was to be told was taken by a channel, or by none. */
  | { readonly is: 'told' }
  | { readonly is: 'failed' }

/** What is to be done now. */
export type AlarmAct =
  | { readonly do: 'tell-silent'; readonly alarm: Alarm; readonly tries: number }
  | {
      readonly do: 'tell-back'
      readonly alarm: Alarm
      readonly goneMs: DurationMs | null
      readonly tries: number
    }
  /** It ended before anybody could be told. */
  | { readonly do: 'give-up'; readonly alarm: Alarm; readonly goneMs: DurationMs | null }

export type AlarmStep = { readonly state: AlarmState; readonly act: AlarmAct | null }

/** The coordinator says a word a minute. A silence longer than this is written down: a restart from now on does not begin it anew. */
const NOTED_AFTER = minutes(2)
/** Who was just started or has just woken up has to find the broker, and to hear such a word. */
const LONGEST_GRACE = minutes(3)
const FIRST_WAIT = seconds(15)
const LONGEST_WAIT = hours(1)

/** Where the watch over the coordinator goes from `state` by `event`. Pure. */
export const decideAlarm = (
  state: AlarmState,
  event: AlarmHappening,
  on: { readonly params: AlarmParams; readonly now: MonoMs },
): AlarmStep => {
  switch (event.is) {
    case 'heard':
      return still(hear(state, event.by))
    case 'woke':
      return still({ ...state, listeningSince: on.now })
    case 'look':
      return look(state, event, on)
    case 'told':
      return still(told(state, on.now))
    case 'failed':
      return still(failed(state, on.now))
  }
}

type On = Parameters<typeof decideAlarm>[2]
type Look = Extract<AlarmHappening, { is: 'look' }>

const still = (state: AlarmState): AlarmStep => ({ state, act: null })

const hear = (state: AlarmState, by: Heard): AlarmState => {
  const { phase } = state
  const heard = { ...state, heard: by }
  switch (phase.is) {
    case 'hearing':
    case 'silent':
      return { ...heard, phase: { is: 'hearing' } }
    case 'raising':
      return phase.back ? heard : { ...heard, phase: { ...phase, back: backAt(phase.alarm, by) } }
    case 'told':
      return { ...heard, phase: endingOf(phase.alarm, backAt(phase.alarm, by), by.mono) }
    case 'ending':
      return heard
  }
}

const look = (state: AlarmState, { id, cause }: Look, on: On): AlarmStep => {
  const { phase, heard } = state
  const { params, now } = on
  switch (phase.is) {
    case 'hearing': {
      const isSilent = elapsed(heard.mono, now) >= Math.min(params.after, NOTED_AFTER)
      return still(isSilent ? { ...state, phase: { is: 'silent' } } : state)
    }
    case 'silent':
      return isDue(state, on)
        ? raise(state, { id, cause, lastHeard: heard, told: 0 }, { tries: 1, now })
        : still(state)
    case 'raising':
      if (phase.back) return afterAll(state, phase.alarm, phase.back)
      return mayTry(state, phase.notBefore, on)
        ? raise(state, phase.alarm, { tries: phase.tries + 1, now })
        : still(state)
    case 'told':
      return mayTry(state, later(phase.at, params.repeat), on)
        ? raise(state, phase.alarm, { tries: 1, now })
        : still(state)
    case 'ending':
      if (isDue(state, on)) return raise(state, { id, cause, lastHeard: heard, told: 0 }, { tries: 1, now })
      return now >= phase.notBefore ? sayBack(state, phase) : still(state)
  }
}

/** The silence is one, for whoever's turn it is; and it was listened to. */
const isDue = ({ heard, listeningSince }: AlarmState, { params, now }: On): boolean => {
  const judged = Math.max(heard.mono + params.after, listeningSince + graceOf(params))
  return now >= judged + params.rank * params.stagger
}

/** What is said again has been judged before; but whoever slept meanwhile listens first. */
const mayTry = ({ listeningSince }: AlarmState, notBefore: MonoMs, { params, now }: On): boolean =>
  now >= Math.max(notBefore, listeningSince + graceOf(params))

const graceOf = ({ after }: AlarmParams): number => Math.min(after, LONGEST_GRACE)

const raise = (
  state: AlarmState,
  alarm: Alarm,
  { tries, now }: { readonly tries: number; readonly now: MonoMs },
): AlarmStep => {
  const phase = { is: 'raising', alarm, tries, notBefore: now, back: null } as const
  return { state: { ...state, phase }, act: { do: 'tell-silent', alarm, tries } }
}

/** The coordinator came back while people were being told. */
const afterAll = (
  state: AlarmState,
  alarm: Alarm,
  back: { readonly goneMs: DurationMs | null },
): AlarmStep => {
  if (alarm.told > 0) return still({ ...state, phase: endingOf(alarm, back, state.heard.mono) })
  return {
    state: { ...state, phase: { is: 'hearing' } },
    act: { do: 'give-up', alarm, goneMs: back.goneMs },
  }
}

const sayBack = (state: AlarmState, phase: Extract<AlarmState['phase'], { is: 'ending' }>): AlarmStep => {
  const { alarm, goneMs } = phase
  const tries = phase.tries + 1
  return { state: { ...state, phase: { ...phase, tries } }, act: { do: 'tell-back', alarm, goneMs, tries } }
}

const told = (state: AlarmState, now: MonoMs): AlarmState => {
  const { phase } = state
  if (phase.is === 'ending') return { ...state, phase: { is: 'hearing' } }
  if (phase.is !== 'raising') return state
  const alarm = { ...phase.alarm, told: phase.alarm.told + 1 }
  return { ...state, phase: phase.back ? endingOf(alarm, phase.back, now) : { is: 'told', alarm, at: now } }
}

const failed = (state: AlarmState, now: MonoMs): AlarmState => {
  const { phase } = state
  if (phase.is !== 'raising' && phase.is !== 'ending') return state
  return { ...state, phase: { ...phase, notBefore: later(now, waitAfter(phase.tries)) } }
}

const waitAfter = (tries: number): DurationMs =>
  Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(20, tries - 1)) as DurationMs

const backAt = (alarm: Alarm, by: Heard): { readonly goneMs: DurationMs | null } => ({
  goneMs: goneFor(alarm.lastHeard, by),
})

const endingOf = (
  alarm: Alarm,
  { goneMs }: { readonly goneMs: DurationMs | null },
  notBefore: MonoMs,
): AlarmState['phase'] => ({ is: 'ending', alarm, goneMs, tries: 0, notBefore })
