import { type Clock, every, minutes } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { World } from '../world/world.ts'
import type { Channel, Publish } from './channels/channel.ts'
import type { Contact } from './contact.ts'
import { stillOn } from './notification.ts'

const PERIOD = minutes(1)

export type KeepUpOptions = {
  readonly world: World
  readonly clock: Clock
  readonly publish: Publish
  readonly channels: readonly Channel[]
  readonly contacts: readonly Contact[]
  readonly log: Log
}

/**
 * Tells channels whose other side forgets (a broker's retained messages, Alertmanager after a restart) every minute what is on.
 * It goes past the journal: nobody is told anew. Returns what stops it.
 */
export const keepUp = ({ world, clock, publish, channels, contacts, log }: KeepUpOptions): (() => void) => {
  const sayAgain = (channel: Channel): void => {
    const { name } = channel
    channel
      .keepUp?.(stillOn({ channel: name, contacts }, world, clock.now()), publish)
      .catch((error: unknown) => {
        log('warn', 'could not say again what is on', { channel: name, error: describeError(error) })
      })
  }
  const round = (): void => {
    if (world.deposedBy === null) channels.forEach(sayAgain)
  }
  round()
  return every(clock, PERIOD, round)
}
