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

/** Each in its turn: what was never tried comes first, in the contact's order, then what was tried longest ago. */
const inTurn = (ways: readonly Way[], { tried }: Pick<DeliveryFact, 'tried'>): readonly Way[] =>
  ways.toSorted((a, b) => tried.indexOf(a.channel) - tried.indexOf(b.channel))

type Look = {
  readonly now: Pick<Instant, 'mono'>
  readonly isOffline: boolean
  /** Null: from the beginning. */
  readonly openAt: (way: Way) => MonoMs | null
}

/**
 * By which of `ways` a contact is told: the first in turn that is open, else the one that is the first to be. What needs the internet is passed over
 * while there is none, and where nothing else is left it is tried blindly. Pure.
 */
export const pickWay = (
  ways: readonly Way[],
  delivery: Pick<DeliveryFact, 'createdMono' | 'tried'>,
  { now, isOffline, openAt }: Look,
): PickedWay => {
  const since = delivery.createdMono
  const turns = inTurn(ways, delivery)
  const reachable = turns.filter(({ over }) => !isOffline || over !== 'internet')
  const blindAt = (at: MonoMs | null): MonoMs => later(at !== null && at > since ? at : since, BLIND_TRY)
  const picks =
    reachable.length > 0
      ? reachable.map((way) => ({ channel: way.channel, openAt: openAt(way) ?? since }))
      : turns.map((way) => ({ channel: way.channel, openAt: blindAt(openAt(way)) }))
  const [first = { channel: '', openAt: since }] = picks
  return (
    picks.find((pick) => pick.openAt <= now.mono) ??
    picks.reduce((best, pick) => (pick.openAt < best.openAt ? pick : best), first)
  )
}
