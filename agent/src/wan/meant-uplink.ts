import type { WanWish } from '@infra-home/shared/messages/wan.ts'
import type { WanMemory } from './wan-memory.ts'

/** The uplink that our default is to lead to. */
export type MeantUplink = {
  uplink(): string | null
  /** Traffic was moved. */
  moved(to: string): void
  /** What our default was seen to lead to. Taken over at the start, and where changes of others are only reported. */
  see(leads: string | null): void
}

/**
 * Goes on from what was meant before the plan changed, while that is the same in it: whoever took our default away meanwhile led nobody by our word. Where
 * that is left alone, it may have been meant no more.
 */
export const meantUplink = (
  { drift, uplinks }: Pick<WanWish, 'drift' | 'uplinks'>,
  memory: Pick<WanMemory, 'meant'>,
): MeantUplink => {
  const mean = (uplink: string | null): void => {
    const device = uplinks.find(({ id }) => id === uplink)?.interface
    memory.meant = uplink === null || device === undefined ? null : { uplink, interface: device }
  }
  const { meant } = memory
  const isSame = uplinks.some((one) => one.id === meant?.uplink && one.interface === meant.interface)
  let isFirst = drift === 'report' || !isSame
  if (isFirst) memory.meant = null
  return {
    uplink: () => memory.meant?.uplink ?? null,
    moved(to) {
      mean(to)
      isFirst = false
    },
    see(leads) {
      if (isFirst || (drift === 'report' && leads !== null)) mean(leads)
      isFirst = false
    },
  }
}
