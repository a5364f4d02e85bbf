import type { AlarmEvent } from '@infra-home/shared/messages/alarm.ts'
import { spanText } from '@infra-home/shared/span-text.ts'

const CAUSES: Readonly<Record<AlarmEvent['cause'], string>> = {
  'no-broker': 'it could not reach the broker',
  'coordinator-offline': 'the broker said that the coordinator was gone',
  'coordinator-mute': 'the broker answered and the coordinator said nothing',
}

/** What an agent told people by itself while it did not hear us, in a line. */
export const alarmWords = ({ alarm, step, cause, rank, channel, silentMs, failures }: AlarmEvent): string => {
  const span = silentMs === null ? '' : ` after ${spanText(silentMs)}`
  const by = channel === null ? '' : ` by ${channel}`
  const others = failures.length === 0 ? '' : `; not by ${failures.join('; nor by ')}`
  const possibly = rank > 0 ? `, possibly a duplicate (rank ${rank})` : ''
  switch (step) {
    case 'raised':
      return `alarm raised${by}${span} of silence: ${CAUSES[cause]}${possibly}${others} (${alarm})`
    case 'repeated':
      return `alarm repeated${by}${span} of silence: ${CAUSES[cause]}${possibly}${others} (${alarm})`
    case 'ended':
      return `alarm ended${by}: we were heard again${span}${others} (${alarm})`
    case 'untold':
      return `alarm told to nobody: we were heard again${span}${others} (${alarm})`
  }
}
