import type { WanWish } from '@infra-home/shared/messages/wan.ts'
import type { LedNetwork, RouterPlan } from '../router/plan.ts'
import { ledOf } from './router-plan-of.ts'

/** By which uplinks networks are led that may not use the one in use. */
export type NetworkLeader = {
  /** Looks which uplinks live. A plan that changed while it is carried out would be none, so that this is done once, before it is made. */
  see(): void
  /** Those that did. */
  alive(): ReadonlySet<string>
  /** Whether the kernel has them led as uplinks are by now. */
  isRight(active: string | null): boolean
  /** The kernel has this plan. Flows that were led by what has died are ended: nobody else would move them. */
  follow(plan: Pick<RouterPlan, 'led'>): Promise<void>
}

export const keepNetworksLed = (options: {
  readonly wish: Pick<WanWish, 'uplinks' | 'networks'>
  readonly isAlive: (uplink: string) => boolean
  readonly isDead: (uplink: string) => boolean
  /** Ends the flows that are pinned to an uplink. */
  readonly sweep: (uplink: string) => Promise<unknown>
}): NetworkLeader => {
  const { wish, isAlive, isDead, sweep } = options
  const aliveNow = (): ReadonlySet<string> => new Set(wish.uplinks.map(({ id }) => id).filter(isAlive))
  let alive: ReadonlySet<string> = new Set()
  let leaders: readonly string[] = []

  return {
    see() {
      alive = aliveNow()
    },
    alive: () => alive,
    isRight: (active) => leadersOf(ledOf(wish, active, aliveNow())).join(' ') === leaders.join(' '),
    async follow({ led = [] }) {
      const left = leaders
      leaders = leadersOf(led)
      for (const uplink of left) if (!leaders.includes(uplink) && isDead(uplink)) await sweep(uplink)
    },
  }
}

const leadersOf = (led: readonly LedNetwork[]): readonly string[] => [...new Set(led.map(({ by }) => by))]
