import { type CancelTimer, type Clock, every, seconds } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { EntryStream } from '../audit/stream.ts'
import { eachBorn } from '../each-born.ts'
import type { Voice } from '../voice.ts'
import type { World } from '../world/world.ts'
import type { Approvers } from './approvers.ts'

export type ApproversWish = {
  readonly approvers: Approvers
  readonly world: World
  readonly stream: EntryStream
  readonly clock: Clock
  readonly wish: Voice['wish']
  readonly log: Log
}

const LOOK_EVERY = seconds(5)

/** Lets every node know who may approve, now and when that changes. */
export const wishApprovers = ({ approvers, world, stream, clock, wish, log }: ApproversWish): CancelTimer => {
  let known = approvers.list()
  const tell = (node: string): void =>
    wish(node, 'approvers', { approvers: known.map(({ name, key }) => ({ name, key })) })
  const born = eachBorn({ world, stream }, tell)
  const look = (): void => {
    try {
      const now = approvers.list()
      if (now === known) return
      known = now
      born.again()
      log('info', 'other people may approve now', { keys: now.length })
    } catch (error) {
      log('error', 'the list of approvers cannot be read; it stays as it was', {
        error: describeError(error),
      })
    }
  }
  const cancel = every(clock, LOOK_EVERY, look)
  return () => {
    cancel()
    born.stop()
  }
}
