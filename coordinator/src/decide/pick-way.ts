import type { Contact } from '../alerts/contact.ts'
import type { DeliveryFact } from '../world/delivery.ts'

export type PickedWay = {
  readonly channel: string
  /** Another one is left to carry it, should this one refuse. */
  readonly hasOther: boolean
  /** The one before did not get through, and not every one has been tried since: no reason to wait. */
  readonly isFallback: boolean
  /** Every way needs the internet, and there is none. */
  readonly isCutOff: boolean
}

/**
 * By which channel a contact is told: the best that nothing speaks against, and after each attempt that came to nothing the next. What needs
 * the internet is passed over while there is none. Pure.
 */
export const pickWay = (
  { ways }: Contact,
  { attempts, refusedBy }: Pick<DeliveryFact, 'attempts' | 'refusedBy'>,
  isOffline: boolean,
): PickedWay => {
  const left = ways.filter(({ channel }) => !refusedBy.includes(channel))
  const open = left.length > 0 ? left : ways
  const reachable = open.filter(({ over }) => !isOffline || over !== 'internet')
  const candidates = reachable.length > 0 ? reachable : open
  const turn = attempts % candidates.length
  return {
    channel: candidates[turn]?.channel ?? '',
    hasOther: open.length > 1,
    isFallback: turn !== 0,
    isCutOff: reachable.length === 0,
  }
}
