import type { MonoMs } from '../clock.ts'
import { isAlive, type PathVerdict } from './path.ts'
import { brokeAgain, type Unrest } from './unrest.ts'

/** How long a path has been what it is, and how often it broke of late. */
export type Standing = {
  /** In this state. One of which nothing was known, and that turns out to be dead, has been no good since nothing was known of it. */
  readonly since: MonoMs
  /** Whole or degraded; null while it is neither. */
  readonly livesSince: MonoMs | null
  readonly unrest: Unrest | null
}

type Word = Pick<PathVerdict, 'state' | 'cause'>

/** Of a path of which nothing is known yet. Pure. */
export const unheard = (now: MonoMs): Word & Standing => ({
  state: 'unknown',
  cause: null,
  since: now,
  livesSince: null,
  unrest: null,
})

/** How a path stands after what is said of it now. Pure. */
export const standingAfter = (before: Word & Standing, said: Word, now: MonoMs): Standing => {
  const [wasAsleep, sleeps] = [before.cause === 'asleep', said.cause === 'asleep']
  const isSame =
    wasAsleep === sleeps &&
    (said.state === before.state || (before.state === 'unknown' && said.state === 'down'))
  const hasBroken = isAlive(before) && !isAlive(said) && !sleeps // one that is put away has not
  return {
    since: isSame ? before.since : now,
    livesSince: isAlive(said) ? (before.livesSince ?? now) : null,
    unrest: hasBroken ? brokeAgain(before.unrest, now) : before.unrest,
  }
}

/** Whether it has broken since. Pure. */
export const brokeSince = (before: Unrest | null, now: Unrest | null): boolean =>
  now !== null && (before === null || now.at > before.at)
