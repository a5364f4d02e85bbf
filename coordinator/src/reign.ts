import { type Clock, elapsed, seconds } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { ReignWord } from './coordinator-words.ts'
import type { Store } from './db/store.ts'
import type { Mind } from './mind.ts'
import type { World } from './world/world.ts'

/** So soon after its start a coordinator that sees a higher epoch is one restored from a backup, and goes on above it. */
const STARTING = seconds(60)

export type Reign = {
  /** What `$coord/state` says: the broker's memory of ours, or another coordinator. */
  heard(word: ReignWord | null): void
  /** A reign that a node once obeyed: proof that it was, and not that it is. */
  was(epoch: number): void
}

export type ReignOptions = {
  readonly world: World
  readonly clock: Clock
  readonly mind: Pick<Mind, 'take'>
  readonly store: Pick<Store, 'takeEpoch'>
  /** Who is told that another coordinator rules. */
  readonly contacts: readonly string[]
  readonly log: Log
  readonly greet: () => void
}

/** Keeps this coordinator above every epoch that ended, and below none that rules: then it commands nobody any more. */
export const watchReign = (on: ReignOptions): Reign => {
  const { world, clock, mind, log } = on
  let rising = false

  const rise = (above: number): void => {
    if (rising) return
    rising = true
    riseAbove(on, above)
      .catch((error: unknown) => log('error', 'cannot take a higher epoch', { error: describeError(error) }))
      .finally(() => {
        rising = false
      })
  }
  const isAbove = (epoch: number): boolean => epoch > world.epoch && world.deposedBy === null

  return {
    heard(word) {
      if (word === null || !isAbove(word.epoch)) return
      const starting = elapsed(world.listeningSince, clock.now().mono) < STARTING
      if (starting || word.state === 'offline') return rise(word.epoch)
      log('error', 'another coordinator rules; this one commands nobody any more', {
        epoch: word.epoch,
        own: world.epoch,
      })
      mind.take({ kind: 'system', body: { event: 'deposed', by: word.epoch } })
      tell(on, word.epoch)
    },
    was(epoch) {
      if (isAbove(epoch)) rise(epoch)
    },
  }
}

const riseAbove = async ({ store, log, mind, greet }: ReignOptions, epoch: number): Promise<void> => {
  const own = await store.takeEpoch(epoch)
  log('warn', 'a higher epoch was seen that no longer rules; going on above it', { seen: epoch, own })
  mind.take({ kind: 'system', body: { event: 'resumed-above', epoch: own } })
  greet()
}

const tell = ({ mind, world, contacts }: ReignOptions, by: number): void =>
  void mind.take({
    kind: 'request',
    body: {
      request: 'tell',
      about: 'deposed',
      severity: 'critical',
      contacts,
      title: 'Another coordinator rules this home',
      text: `epoch ${by} is above ours (${world.epoch}): this coordinator only watches, it neither alerts nor commands any more: stop one of the two, and restart the one that is to stay`,
      by: 'coordinator',
    },
  })
