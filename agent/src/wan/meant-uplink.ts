import type { WanWish } from '@infra-home/shared/messages/wan.ts'

/** The uplink that our default is to lead to. */
export type MeantUplink = {
  uplink(): string | null
  /** Traffic was moved. */
  moved(to: string): void
  /** What our default was seen to lead to. Taken over at the start, and where changes of others are only reported. */
  see(leads: string | null): void
}

export const meantUplink = ({ drift }: Pick<WanWish, 'drift'>): MeantUplink => {
  let meant: string | null = null
  let isFirst = true
  return {
    uplink: () => meant,
    moved(to) {
      meant = to
      isFirst = false
    },
    see(leads) {
      if (isFirst || (drift === 'report' && leads !== null)) meant = leads
      isFirst = false
    },
  }
}
