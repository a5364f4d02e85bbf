import { type Instant, later, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import type { Way } from '../alerts/contact.ts'
import type { DeliveryFact } from '../world/delivery.ts'

export type PickedWay = {
  readonly channel: string
  /** From when on it may be taken. */
  readonly openAt: MonoMs
}

/** What needs the internet is tried now and then without it: we may be wrong about there being none. */
const BLIND_TRY = minutes(5)

/** The ways by which something may go: all but those that refused it, or all again where none is left. Pure. */
export const waysLeft = (
  ways: readonly Way[],
  { refusedBy }: Pick<DeliveryFact, 'refusedBy'>,
): readonly Way[] => {
  const left = ways.filter(({ channel }) => !refusedBy.includes(channel))
  return left.length > 0 ? left : ways
}

type Look = {
  readonly now: Pick<Instant, 'mono'>
  readonly isOffline: boolean
  /** Null: from the beginning. */
  readonly openAt: (way: Way) => MonoMs | null
}

/**
 * By which of `ways` a contact is told: the best that is open, else the one that is the first to be. What needs the internet is passed over while
 * there is none, and where nothing else is left it is tried blindly. Pure.
 * @param since when it was owed
 */
export const pickWay = (ways: readonly Way[], since: MonoMs, { now, isOffline, openAt }: Look): PickedWay => {
  const reachable = ways.filter(({ over }) => !isOffline || over !== 'internet')
  const blindAt = (at: MonoMs | null): MonoMs => later(at !== null && at > since ? at : since, BLIND_TRY)
  const picks =
    reachable.length > 0
      ? reachable.map((way) => ({ channel: way.channel, openAt: openAt(way) ?? since }))
      : ways.map((way) => ({ channel: way.channel, openAt: blindAt(openAt(way)) }))
  const [first = { channel: '', openAt: since }] = picks
  return (
    picks.find((pick) => pick.openAt <= now.mono) ??
    picks.reduce((best, pick) => (pick.openAt < best.openAt ? pick : best), first)
  )
}
