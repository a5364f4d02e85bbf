import {
  type CancelTimer,
  type DurationMs,
  elapsed,
  every,
  fromRfc3339,
  hours,
  milliseconds,
  minutes,
} from '@infra-home/shared/clock.ts'
import type { Sys } from '../sys/sys.ts'
import { alarmMouth, type MouthOptions } from './alarm-mouth.ts'
import { openAlarmNotebook } from './alarm-notebook.ts'
import { type AlarmAct, type AlarmHappening, type AlarmParams, decideAlarm } from './decide-alarm.ts'
import type { LoadedAlarm } from './load-alarm.ts'
import { causeOf, isAlive, type SignOfLife, type WayThere } from './sign-of-life.ts'

const LONGEST_BEAT = 30_000
const BEATS_IN_SILENCE = 10
/** Beats that are so much apart were kept from coming: this machine was asleep. */
const ASLEEP_AFTER_BEATS = 3

export type AlarmOptions = MouthOptions & {
  readonly sys: Pick<Sys, 'clock' | 'disk' | 'boot' | 'http'>
  readonly newId: (wall: number) => string
}

/** Watches over the coordinator, and tells people by channels of this agent's own when it is silent. */
export type AlarmWatch = {
  heard(sign: SignOfLife): void
  connected(): void
  lost(reason: string): void
  stop: CancelTimer
}

export const openAlarm = async (options: AlarmOptions): Promise<AlarmWatch> => {
  const { settings, sys, newId, log } = options
  const { clock } = sys
  const params = paramsOf(settings)
  const notebook = await openAlarmNotebook(sys, log)
  const mouth = alarmMouth(options)
  let way: WayThere = { lost: 'it was not reached yet', said: null }
  let newest: SignOfLife | null = null
  let busy = false
  let stopped = false

  const happened = (event: AlarmHappening): void => {
    const { state, act } = decideAlarm(notebook.state(), event, { params, now: clock.now().mono })
    notebook.turn(state)
    if (act) void perform(act)
  }
  const look = (): void => {
    if (!busy && !stopped) happened({ is: 'look', id: newId(clock.now().wall), cause: causeOf(way) })
  }
  const perform = async (act: AlarmAct): Promise<void> => {
    if (act.do === 'give-up') return mouth.gaveUp(act)
    busy = true
    await notebook.saved() // after a power cut it is known that people may have been told
    const isTold = await mouth.say(act, way)
    busy = false
    happened({ is: isTold ? 'told' : 'failed' })
    look()
  }
  const stopBeating = beating(options, params.after, {
    woke: () => happened({ is: 'woke' }),
    look,
  })

  return {
    heard(sign) {
      way = { ...way, said: sign.state }
      if (!isAlive(sign, newest)) return
      newest = sign
      happened({ is: 'heard', by: { mono: clock.now().mono, wall: fromRfc3339(sign.at), exact: true } })
      if (notebook.state().phase.is !== 'hearing') look()
    },
    connected() {
      way = { lost: null, said: null }
    },
    lost(reason) {
      way = { lost: reason, said: null }
    },
    stop() {
      stopped = true
      stopBeating()
    },
  }
}

const paramsOf = ({ rank, afterMs, staggerMs, repeatMs }: LoadedAlarm): AlarmParams => ({
  rank,
  after: afterMs === undefined ? minutes(10) : milliseconds(afterMs),
  stagger: staggerMs === undefined ? minutes(5) : milliseconds(staggerMs),
  repeat: repeatMs === undefined ? hours(6) : milliseconds(repeatMs),
})

/** Looks again and again, and says when this machine was asleep between two looks. */
const beating = (
  { sys: { clock } }: AlarmOptions,
  after: DurationMs,
  on: { readonly woke: () => void; readonly look: () => void },
): CancelTimer => {
  const beat = milliseconds(Math.min(LONGEST_BEAT, after / BEATS_IN_SILENCE))
  let last = clock.now().mono
  return every(clock, beat, () => {
    const { mono } = clock.now()
    if (elapsed(last, mono) > beat * ASLEEP_AFTER_BEATS) on.woke()
    last = mono
    on.look()
  })
}
