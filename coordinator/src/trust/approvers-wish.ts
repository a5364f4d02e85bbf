import { type CancelTimer, type Clock, every, seconds } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { EntryStream } from '../audit/stream.ts'
import { eachBorn } from '../each-born.ts'
import type { Voice } from '../voice.ts'
import type { Request } from '../world/input.ts'
import type { World } from '../world/world.ts'
import type { Approvers } from './approvers.ts'

export type ApproversWish = {
  readonly approvers: Approvers
  readonly world: World
  readonly stream: EntryStream
  readonly clock: Clock
  readonly wish: Voice['wish']
  readonly ask: (request: Request) => Promise<unknown>
  readonly log: Log
}

const LOOK_EVERY = seconds(5)

/**
 * Lets every node know who may approve, now and when that changes, which is journalled under the name of who signed it.
 * @throws InfraError config-invalid when the lists are not signed as they have to be
 */
export const wishApprovers = (options: ApproversWish): CancelTimer => {
  const { approvers, clock, wish, ask, log } = options
  let known = approvers.current()
  const born = eachBorn(options, (node) => wish(node, 'approvers', { lists: approvers.lists() }))
  const look = async (): Promise<void> => {
    const now = approvers.current()
    if (now?.hash === known?.hash) return
    known = now
    born.again()
    const names = now?.approvers.map(({ name }) => name) ?? []
    log('info', 'other people may approve now', { list: now?.number ?? 0, names: names.join(' ') })
    const hash = now?.hash ?? null
    await ask({ request: 'approvers', list: now?.number ?? 0, hash, names, by: now?.by ?? 'coordinator' })
  }
  let said: string | null = null
  const failed = (error: unknown): void => {
    const now = describeError(error)
    if (now !== said) log('error', 'the list of approvers stays as it was', { error: now })
    said = now
  }
  const cancel = every(clock, LOOK_EVERY, () => {
    look().then(() => (said = null), failed)
  })
  return () => {
    cancel()
    born.stop()
  }
}
