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

/** Goes on from what was meant before the plan changed, while that is in it: whoever took our default away meanwhile led nobody by our word. */
export const meantUplink = (
  { drift, uplinks }: Pick<WanWish, 'drift' | 'uplinks'>,
  memory: Pick<WanMemory, 'meant'>,
): MeantUplink => {
  let isFirst = !uplinks.some(({ id }) => id === memory.meant)
  if (isFirst) memory.meant = null
  return {
    uplink: () => memory.meant,
    moved(to) {
      memory.meant = to
      isFirst = false
    },
    see(leads) {
      if (isFirst || (drift === 'report' && leads !== null)) memory.meant = leads
      isFirst = false
    },
  }
}
