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
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Publisher } from '../publisher.ts'
import { readJson, writeJson } from '../small-file.ts'
import type { Sys } from '../sys/sys.ts'
import { isWorthNoting, recordOf, resumed } from './alarm-record.ts'
import { type ChannelMeans, channelOf } from './channels-of.ts'
import { type AlarmAct, type AlarmHappening, type AlarmParams, decideAlarm } from './decide-alarm.ts'
import type { LoadedAlarm } from './load-alarm.ts'
import { alarmEventOf, noticeOf } from './notice-of.ts'
import { causeOf, isAlive, type SignOfLife, type WayThere } from './sign-of-life.ts'
import { tell, type Telling } from './tell.ts'

export const ALARM_FILE = 'alarm.json'

const LONGEST_BEAT = 30_000
const BEATS_IN_SILENCE = 10
/** Beats that are so much apart were kept from coming: this machine was asleep. */
const ASLEEP_AFTER_BEATS = 3

export type AlarmOptions = Pick<ChannelMeans, 'modems'> & {
  readonly settings: LoadedAlarm
  readonly site: string
  readonly node: string
  readonly sys: Pick<Sys, 'clock' | 'disk' | 'boot' | 'http'>
  readonly publisher: Pick<Publisher, 'event'>
  readonly newId: (wall: number) => string
  readonly log: Log
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
  const { clock, disk, boot } = sys
  const params = paramsOf(settings)
  let state = resumed(await readJson<unknown>(disk, ALARM_FILE, null), { boot, now: clock.now().mono })
  let way: WayThere = { lost: 'it was not reached yet', said: null }
  let newest: SignOfLife | null = null
  let busy = false
  let stopped = false
  let saving: Promise<void> = Promise.resolve()

  /** A full disk keeps nobody from being told. */
  const save = (): Promise<void> =>
    writeJson(disk, ALARM_FILE, recordOf(state, boot)).catch((error: unknown) =>
      log('warn', 'could not note how the coordinator fares', { error: describeError(error) }),
    )
  const happened = (event: AlarmHappening): void => {
    const was = state.phase
    const { state: next, act } = decideAlarm(state, event, { params, now: clock.now().mono })
    state = next
    if (isWorthNoting(was, next.phase)) saving = saving.then(save)
    if (act) void perform(act)
  }
  const look = (): void => {
    if (!busy && !stopped) happened({ is: 'look', id: newId(clock.now().wall), cause: causeOf(way) })
  }
  const mouth = createMouth(options, params.rank)
  const perform = async (act: AlarmAct): Promise<void> => {
    if (act.do === 'give-up') return mouth.gaveUp(act)
    busy = true
    await saving // after a power cut it is known that people may have been told
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
      if (state.phase.is !== 'hearing') look()
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

type Mouth = {
  /** Resolves with whether anybody took it. */
  say(act: Exclude<AlarmAct, { do: 'give-up' }>, way: WayThere): Promise<boolean>
  gaveUp(act: AlarmAct): void
}

/** Tells people, and the coordinator of it as soon as it hears us. */
const createMouth = (options: AlarmOptions, rank: number): Mouth => {
  const { settings, site, node, sys, modems, publisher, log } = options
  const channels = settings.channels.map((channel) => channelOf(channel, { http: sys.http, modems }))
  let last: Telling = { channel: null, failures: [] }
  const report = (act: AlarmAct): void =>
    publisher.event('alarm', alarmEventOf(act, last, { rank, now: sys.clock.now() }))
  return {
    async say(act, way) {
      last = await tell(channels, noticeOf(act, { site, node, rank, way, now: sys.clock.now() }), sys.clock)
      const { channel, failures } = last
      const fields = { what: act.do, alarm: act.alarm.id, channel, failures: failures.join('; ') }
      if (channel === null) log('error', 'could tell nobody how the coordinator fares', fields)
      else log('warn', 'told people how the coordinator fares', fields)
      if (channel !== null) report(act)
      return channel !== null
    },
    gaveUp: report,
  }
}
