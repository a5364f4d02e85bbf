import type { MonoMs } from '@infra-home/shared/clock.ts'
import type { Way } from '../alerts/contact.ts'
import type { DeliveryFact } from '../world/delivery.ts'
import { earliest } from './policy.ts'

export type PickedWay = {
  readonly channel: string
  /** Another one is left to carry it, should this one refuse. */
  readonly hasOther: boolean
  /** The one before did not get through, and not every one has been tried since: no reason to wait. */
  readonly isFallback: boolean
  /** Every way needs the internet, and there is none. */
  readonly isCutOff: boolean
  /** Every other way has had its messages of this hour: from when on one has not; null when one has not now. */
  readonly freeAt: MonoMs | null
}

/**
 * By which channel a contact is told: the best that nothing speaks against, and after each attempt that came to nothing the next. What needs
 * the internet is passed over while there is none, and what has had its messages of this hour until it may have more. Pure.
 */
export const pickWay = (
  ways: readonly Way[],
  { attempts, refusedBy }: Pick<DeliveryFact, 'attempts' | 'refusedBy'>,
  { isOffline, freeAt }: { readonly isOffline: boolean; readonly freeAt: (way: Way) => MonoMs | null },
): PickedWay => {
  const left = ways.filter(({ channel }) => !refusedBy.includes(channel))
  const open = left.length > 0 ? left : ways
  const reachable = open.filter(({ over }) => !isOffline || over !== 'internet')
  const free = reachable.filter((way) => freeAt(way) === null)
  const candidates = [free, reachable].find(({ length }) => length > 0) ?? open
  const turn = attempts % candidates.length
  return {
    channel: candidates[turn]?.channel ?? '',
    hasOther: open.length > 1,
    isFallback: turn !== 0,
    isCutOff: reachable.length === 0,
    freeAt: free.length > 0 ? null : earliest(...reachable.map(freeAt)),
  }
}
