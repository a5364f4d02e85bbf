import { type Clock, elapsed, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import type { WanWish } from '@infra-home/shared/messages/wan.ts'
import { isAlive, leadsNowhere, type PathVerdict } from '@infra-home/shared/wan/path.ts'
import type { Unrest } from '@infra-home/shared/wan/unrest.ts'
import type { Probes } from './probes.ts'
import type { RouterHands } from './router-hands.ts'
import { type UplinkWatch, watchUplink } from './uplink-watch.ts'

/** A line that stutters all day has the others asked so often, and when it is given up. */
const OTHERS_EVERY = seconds(60)

/** Watches every uplink of a wish; when one is in doubt, the others are asked whether they would do. */
export const watchAll = (
  watches: Map<string, UplinkWatch>,
  options: {
    readonly wish: Pick<WanWish, 'uplinks'>
    readonly clock: Clock
    readonly probes: Probes
    /** How often one broke of late, by who watched it before; null for never. */
    readonly unrest: (uplink: string) => Unrest | null
    readonly hands: Pick<RouterHands, 'active' | 'isBound' | 'ports'>
    /** Has a modem read at once: it may say why, before it is asked in its turn. */
    readonly hurryModem: (id: string) => void
    /** Some path is something else than it was. */
    readonly tell: () => void
  },
): void => {
  const { wish, clock, probes, unrest, hands, hurryModem, tell } = options
  const checkOthers = (than: string): void => {
    for (const [id, watch] of watches) if (id !== than) watch.check()
  }
  let doubtedAt: MonoMs | null = null
  const doubted = (one: string): void => {
    const { mono } = clock.now()
    if (doubtedAt !== null && elapsed(doubtedAt, mono) < OTHERS_EVERY) return
    doubtedAt = mono
    checkOthers(one)
  }
  for (const uplink of wish.uplinks) {
    const isActive = (): boolean => hands.active() === uplink.id
    let was = 1
    const watch = watchUplink({
      uplink,
      clock,
      probes,
      unrest: unrest(uplink.id),
      isActive,
      isBound: () => hands.isBound(uplink.id),
      ports: () => hands.ports(uplink.id),
      onChange() {
        const is = badness(watch.path())
        if (is > was && isActive()) checkOthers(uplink.id)
        was = is
        tell()
      },
      onDoubt() {
        if (uplink.modem !== null) hurryModem(uplink.modem)
        if (isActive()) doubted(uplink.id)
      },
    })
    watches.set(uplink.id, watch)
  }
}

/** How far a path is from living: 0 alive, 1 nothing is known of it, 2 it leads nowhere. */
const badness = (path: Pick<PathVerdict, 'state' | 'cause'>): number =>
  isAlive(path) ? 0 : leadsNowhere(path) ? 2 : 1
