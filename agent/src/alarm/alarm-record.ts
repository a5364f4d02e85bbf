import * as Type from 'typebox'
import type { MonoMs } from '@infra-home/shared/clock.ts'
import { AlarmCause } from '@infra-home/shared/messages/alarm.ts'
import { orNull } from '@infra-home/shared/messages/envelope.ts'
import { checker } from '@infra-home/shared/problem.ts'
import { type Alarm, type AlarmPhase, type AlarmState, type Heard, listeningFrom } from './alarm-state.ts'

const Ms = Type.Number({ minimum: 0 })
const HeardRecord = Type.Object({ mono: Ms, wall: orNull(Type.Number()), exact: Type.Boolean() })
const AlarmOnDisk = Type.Object({
  id: Type.String(),
  cause: AlarmCause,
  lastHeard: HeardRecord,
  told: Type.Integer({ minimum: 0 }),
})
const Gone = orNull(Ms)

const byPhase = {
  hearing: {},
  silent: {},
  raising: {
    alarm: AlarmOnDisk,
    tries: Type.Integer({ minimum: 1 }),
    notBefore: Ms,
    back: orNull(Type.Object({ goneMs: Gone })),
  },
  told: { alarm: AlarmOnDisk, at: Ms },
  ending: { alarm: AlarmOnDisk, goneMs: Gone, tries: Type.Integer({ minimum: 0 }), notBefore: Ms },
} satisfies { readonly [P in AlarmPhase['is']]: Type.TProperties }

const OnDisk = Type.Object({
  boot: Type.String(),
  heard: HeardRecord,
  phase: Type.Union(
    Object.entries(byPhase).map(([is, rest]) => Type.Object({ is: Type.Literal(is), ...rest })),
  ),
})

/** The watch as it lies on the disk. */
export type AlarmRecord = {
  /** Whose monotonic clock its times are of. */
  readonly boot: string
  readonly heard: Heard
  readonly phase: AlarmPhase
}

export const recordOf = ({ heard, phase }: AlarmState, boot: string): AlarmRecord => ({ boot, heard, phase })

/** Whether a restart must know of the step between two phases; tries alone are not worth an SD card's while. Pure. */
export const isWorthNoting = (before: AlarmPhase, after: AlarmPhase): boolean =>
  before.is !== after.is || (before.is === 'raising' && after.is === 'raising' && before.back !== after.back)

/** Where the watch goes on after a restart, or, with another `boot`, after one of the machine. What is damaged counts for nothing. Pure. */
export const resumed = (
  record: unknown,
  { boot, now }: { readonly boot: string; readonly now: MonoMs },
): AlarmState => {
  if (checker(OnDisk)(record).length > 0) return listeningFrom(now)
  const { heard, phase, boot: bootThen } = record as AlarmRecord
  const anew: Heard = { mono: now, wall: isHeardIn(phase) ? null : heard.wall, exact: false }
  return bootThen === boot
    ? { heard: isHeardIn(phase) ? anew : heard, listeningSince: now, phase }
    : { heard: anew, listeningSince: now, phase: inThisBoot(phase, now) }
}

/** Nothing is written while the coordinator is heard: when that was last is not known. */
const isHeardIn = (phase: AlarmPhase): boolean =>
  phase.is === 'hearing' || phase.is === 'ending' || (phase.is === 'raising' && phase.back !== null)

/** Times of another boot mean nothing now, and how long the machine was off is not known. */
const inThisBoot = (phase: AlarmPhase, now: MonoMs): AlarmPhase => {
  const anew = (alarm: Alarm): Alarm => ({
    ...alarm,
    lastHeard: { ...alarm.lastHeard, mono: now, exact: false },
  })
  switch (phase.is) {
    case 'hearing':
    case 'silent':
      return { is: 'hearing' }
    case 'told':
      return { ...phase, alarm: anew(phase.alarm), at: now }
    case 'raising':
    case 'ending':
      return { ...phase, alarm: anew(phase.alarm), notBefore: now }
  }
}
