import { type DurationMs, elapsed, milliseconds, type MonoMs, type WallMs } from '@infra-home/shared/clock.ts'
import type { AlarmCause } from '@infra-home/shared/messages/alarm.ts'

/** When the coordinator was heard last. */
export type Heard = {
  readonly mono: MonoMs
  /** By the coordinator's own clock; null when it was never heard. */
  readonly wall: WallMs | null
  /** False where `mono` is when this machine, or at first this agent, began to listen: it was heard before that, if ever. */
  readonly exact: boolean
}

export type Alarm = {
  readonly id: string
  /** As it was when the alarm was raised. */
  readonly cause: AlarmCause
  readonly lastHeard: Heard
  /** How often people were told. */
  readonly told: number
}

export type AlarmPhase =
  | { readonly is: 'hearing' }
  /** For long enough to be written down. */
  | { readonly is: 'silent' }
  /** People are being told, or could not be yet; `back` when the coordinator was heard meanwhile. */
  | {
      readonly is: 'raising'
      readonly alarm: Alarm
      readonly tries: number
      readonly notBefore: MonoMs
      readonly back: { readonly goneMs: DurationMs | null } | null
    }
  | { readonly is: 'told'; readonly alarm: Alarm; readonly at: MonoMs }
  /** It is back, and who was told of its silence does not know yet. */
  | {
      readonly is: 'ending'
      readonly alarm: Alarm
      readonly goneMs: DurationMs | null
      readonly tries: number
      readonly notBefore: MonoMs
    }

export type AlarmState = {
  readonly heard: Heard
  /** Since when this machine has been awake and this agent at work. */
  readonly listeningSince: MonoMs
  readonly phase: AlarmPhase
}

/** Before anything was heard: silence counts from now on. */
export const listeningFrom = (now: MonoMs): AlarmState => ({
  heard: { mono: now, wall: null, exact: false },
  listeningSince: now,
  phase: { is: 'hearing' },
})

/**
 * How long the coordinator was silent: by our own clock, or, over a boot of ours, by what it said of the time before and after; null when
 * neither is known.
 */
export const goneFor = (last: Heard, back: Heard): DurationMs | null => {
  if (last.exact) return elapsed(last.mono, back.mono)
  if (last.wall === null || back.wall === null || back.wall < last.wall) return null
  return milliseconds(back.wall - last.wall)
}
