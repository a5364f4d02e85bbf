import { elapsed, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import type { AlertFact } from './alert.ts'
import type { World } from './world.ts'

/** What comes back within so long of its end goes on, rather than begins; and for each such while without it one relapse is forgiven. */
const SOON = minutes(30)

type Past = Pick<AlertFact, 'relapses' | 'acknowledged' | 'newsAt'>

const NO_PAST: Past = { relapses: 0, acknowledged: null, newsAt: null }

/**
 * What an alert that begins has from the one before it about the same thing: who acknowledged it, since when it has been news to somebody, and how
 * often it has come back. Pure.
 */
export const pastOf = ({ resolved }: Pick<World, 'resolved'>, key: string, now: MonoMs): Past => {
  const before = resolved.findLast((alert) => alert.key === key)
  if (!before) return NO_PAST
  const quiet = elapsed(before.stageSince, now)
  const relapses = Math.max(0, before.relapses + 1 - Math.floor(quiet / SOON))
  if (quiet >= SOON) return { ...NO_PAST, relapses }
  return { relapses, acknowledged: before.acknowledged, newsAt: before.told?.length ? before.newsAt : null }
}
