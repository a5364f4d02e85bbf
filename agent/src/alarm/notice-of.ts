import { elapsed, type Instant, rfc3339 } from '@infra-home/shared/clock.ts'
import type { AlarmEvent } from '@infra-home/shared/messages/alarm.ts'
import type { AlarmAct } from './decide-alarm.ts'
import { backText, type Notice, silentText } from './notice.ts'
import { causeOf, type WayThere } from './sign-of-life.ts'
import type { Telling } from './tell.ts'

export type TellingAct = Exclude<AlarmAct, { do: 'give-up' }>

export type Surroundings = {
  readonly site: string
  readonly node: string
  readonly rank: number
  readonly way: WayThere
  readonly now: Instant
}

/** What people are told. Pure. */
export const noticeOf = (act: TellingAct, { site, node, rank, way, now }: Surroundings): Notice => {
  const { alarm, tries } = act
  const isBack = act.do === 'tell-back'
  return {
    site,
    node,
    id: alarm.id,
    event: isBack ? 'resolved' : 'fired',
    title: `${site}: the coordinator is ${isBack ? 'back' : 'silent'}`,
    text: isBack
      ? backText(node, act.goneMs)
      : silentText(node, {
          cause: causeOf(way),
          detail: way.lost,
          lastHeard: alarm.lastHeard,
          silentFor: elapsed(alarm.lastHeard.mono, now.mono),
          rank,
          told: alarm.told,
          tries,
        }),
    at: rfc3339(now.wall),
    duplicate: rank > 0,
    repeat: tries > 1 || (!isBack && alarm.told > 0),
  }
}

/** What the coordinator is told of it, now or when it is back. Pure. */
export const alarmEventOf = (
  act: AlarmAct,
  { channel, failures }: Telling,
  { rank, now }: Pick<Surroundings, 'rank' | 'now'>,
): AlarmEvent => {
  const { id, cause, told, lastHeard } = act.alarm
  const head = { alarm: id, cause, rank, channel, failures: failures.slice(0, 8) }
  switch (act.do) {
    case 'tell-silent': {
      const silentMs = lastHeard.exact ? elapsed(lastHeard.mono, now.mono) : null
      return { ...head, step: told > 0 ? 'repeated' : 'raised', silentMs: roundMs(silentMs) }
    }
    case 'tell-back':
      return { ...head, step: 'ended', silentMs: roundMs(act.goneMs) }
    case 'give-up':
      return { ...head, step: 'untold', silentMs: roundMs(act.goneMs) }
  }
}

const roundMs = (ms: number | null): number | null => (ms === null ? null : Math.max(0, Math.round(ms)))
