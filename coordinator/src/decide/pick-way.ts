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

/** Ways by which it was tried in vain, and that have not worked since; what was tried longest ago is first. Pure. */
export const triedInVain = (
  { tried }: Pick<DeliveryFact, 'tried'>,
  isFailing: (channel: string) => boolean,
): readonly string[] => tried.filter(isFailing)

/** Each in its turn: what was not tried in vain comes first, in the contact's order, then what was tried longest ago. */
const inTurn = (ways: readonly Way[], inVain: readonly string[]): readonly Way[] =>
  ways.toSorted((a, b) => inVain.indexOf(a.channel) - inVain.indexOf(b.channel))

type Look = {
  readonly now: Pick<Instant, 'mono'>
  readonly isOffline: boolean
  /** Null: from the beginning. */
  readonly openAt: (way: Way) => MonoMs | null
  /** Whether what was tried by it last failed. */
  readonly isFailing: (channel: string) => boolean
}

/**
 * By which of `ways` a contact is told: the first in turn that is open, else the one that is the first to be. What needs the internet is passed over
 * while there is none, and where nothing else is left it is tried blindly. Pure.
 */
export const pickWay = (
  ways: readonly Way[],
  delivery: Pick<DeliveryFact, 'createdMono' | 'tried'>,
  { now, isOffline, openAt, isFailing }: Look,
): PickedWay => {
  const since = delivery.createdMono
  const turns = inTurn(ways, triedInVain(delivery, isFailing))
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
