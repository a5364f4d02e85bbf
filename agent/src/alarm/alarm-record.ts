import * as Type from 'typebox'
import type { MonoMs } from '@infra-home/shared/clock.ts'
import { AlarmCause } from '@infra-home/shared/messages/alarm.ts'
import { orNull } from '@infra-home/shared/messages/envelope.ts'
import { checker } from '@infra-home/shared/problem.ts'
import { type AlarmPhase, type AlarmState, type Heard, listeningFrom } from './alarm-state.ts'

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

/** Where the watch goes on after a restart, or, with another `boot`, after one of the machine. What is damaged counts for nothing. Pure. */
export const resumed = (
  record: unknown,
  { boot, now }: { readonly boot: string; readonly now: MonoMs },
): AlarmState => {
  if (checker(OnDisk)(record).length > 0) return listeningFrom(now)
  const { heard, phase, boot: bootThen } = record as AlarmRecord
  if (bootThen !== boot) return afterBoot(heard, phase, now)
  if (phase.is === 'hearing') return listeningFrom(now) // nothing is written while it is heard: when that was last is not known
  return { heard, listeningSince: now, phase }
}

/** Times of another boot mean nothing now; how long the machine was off is not known either. */
const afterBoot = (heard: Heard, phase: AlarmPhase, now: MonoMs): AlarmState => {
  const base = { heard: { ...heard, mono: now, exact: false }, listeningSince: now }
  switch (phase.is) {
    case 'hearing':
      return listeningFrom(now)
    case 'silent':
      return { ...base, phase: { is: 'hearing' } }
    case 'told':
      return { ...base, phase: { ...phase, alarm: aged(phase.alarm), at: now } }
    case 'raising':
    case 'ending':
      return { ...base, phase: { ...phase, alarm: aged(phase.alarm), notBefore: now } }
  }
}

const aged = <A extends { readonly lastHeard: Heard }>(alarm: A): A => ({
  ...alarm,
  lastHeard: { ...alarm.lastHeard, exact: false },
})
