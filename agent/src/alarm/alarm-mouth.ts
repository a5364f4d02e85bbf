import type { Log } from '@infra-home/shared/log.ts'
import type { Publisher } from '../publisher.ts'
import type { Sys } from '../sys/sys.ts'
import { type ChannelMeans, channelOf } from './channels-of.ts'
import type { AlarmAct } from './decide-alarm.ts'
import type { LoadedAlarm } from './load-alarm.ts'
import { alarmEventOf, noticeOf } from './notice-of.ts'
import type { WayThere } from './sign-of-life.ts'
import { tell, type Telling } from './tell.ts'

export type MouthOptions = Pick<ChannelMeans, 'modems'> & {
  readonly settings: LoadedAlarm
  readonly site: string
  readonly node: string
  readonly sys: Pick<Sys, 'clock' | 'http'>
  readonly publisher: Pick<Publisher, 'event'>
  readonly log: Log
}

export type Mouth = {
  /** Resolves with whether anybody took it. */
  say(act: Exclude<AlarmAct, { do: 'give-up' }>, way: WayThere): Promise<boolean>
  gaveUp(act: AlarmAct): void
}

/** Tells people, and the coordinator of it as soon as it hears us. */
export const alarmMouth = ({ settings, site, node, sys, modems, publisher, log }: MouthOptions): Mouth => {
  const { rank } = settings
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
