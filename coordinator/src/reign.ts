import { type Clock, elapsed, seconds } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Store } from './db/store.ts'
import type { Mind } from './mind.ts'
import type { World } from './world/world.ts'

/** So soon after its start a coordinator that sees a higher epoch is one restored from a backup, and goes on above it. */
const STARTING = seconds(60)

export type Reign = {
  /** An epoch that $coord/state speaks of: the broker's memory of ours, or another coordinator. */
  seen(epoch: number | null): void
}

/** Keeps this coordinator above every epoch that ended, and below none that rules: then it decides nothing more. */
export const watchReign = (on: {
  readonly world: World
  readonly clock: Clock
  readonly mind: Mind
  readonly store: Pick<Store, 'takeEpoch'>
  readonly log: Log
  readonly greet: () => void
}): Reign => {
  const { world, clock, mind, store, log, greet } = on
  let rising = false

  const riseAbove = async (epoch: number): Promise<void> => {
    const own = await store.takeEpoch(epoch)
    log('warn', 'a higher epoch was seen at the start; going on above it', { seen: epoch, own })
    mind.take({ kind: 'system', body: { event: 'resumed-above', epoch: own } })
    greet()
  }

  return {
    seen(epoch) {
      if (epoch === null || epoch <= world.epoch || world.deposedBy !== null || rising) return
      if (elapsed(world.listeningSince, clock.now().mono) < STARTING) {
        rising = true
        riseAbove(epoch)
          .catch((error: unknown) =>
            log('error', 'cannot take a higher epoch', { error: describeError(error) }),
          )
          .finally(() => {
            rising = false
          })
        return
      }
      log('error', 'another coordinator rules; this one decides nothing more', { epoch, own: world.epoch })
      mind.take({ kind: 'system', body: { event: 'deposed', by: epoch } })
    },
  }
}
