import { type CancelTimer, type Clock, every, seconds } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { EntryStream } from '../audit/stream.ts'
import type { Store } from '../db/store.ts'
import { eachBorn } from '../each-born.ts'
import type { Voice } from '../voice.ts'
import type { Request } from '../world/input.ts'
import type { World } from '../world/world.ts'
import type { SignedList } from './approver-row.ts'
import type { Approvers } from './approvers.ts'

export type ApproversWish = {
  readonly approvers: Pick<Approvers, 'row' | 'wished'>
  readonly world: World
  readonly stream: EntryStream
  readonly clock: Clock
  readonly wish: Voice['wish']
  readonly ask: (request: Request) => Promise<unknown>
  readonly store: Pick<Store, 'get' | 'set'>
  readonly log: Log
}

const LOOK_EVERY = seconds(5)
/** Under which the store has the hash of the list that was journalled last. */
const TOLD = 'approvers-told'
/** Of the list before the first. */
const NOBODY = ''

/**
 * Lets every node know who may approve, now and when that changes, and journals each list under the name of who signed it, those too that were
 * made while nothing ran.
 */
export const wishApprovers = (options: ApproversWish): CancelTimer => {
  const { approvers, clock, wish, ask, store, log } = options
  const newest = (): string => approvers.row().at(-1)?.hash ?? NOBODY
  let wished = newest()
  let told: string | null = null
  const born = eachBorn(options, (node) => wish(node, 'approvers', approvers.wished()))

  const journal = async (): Promise<void> => {
    told ??= (await store.get(TOLD)) ?? NOBODY
    const [row, now] = [approvers.row(), newest()]
    if (now === told) return
    if (now === NOBODY) await ask({ request: 'approvers', list: 0, hash: null, names: [], by: 'coordinator' })
    for (const { number, hash, approvers: who, by } of newsIn(row, told))
      await ask({
        request: 'approvers',
        list: number,
        hash,
        names: who.map(({ name }) => name),
        by: by ?? 'coordinator',
      })
    await store.set(TOLD, now)
    told = now
  }
  let turn: Promise<void> = Promise.resolve()
  let failure: string | null = null
  const look = (): void => {
    if (newest() !== wished) {
      wished = newest()
      log('info', 'other people may approve now', { list: approvers.row().length })
      born.again()
    }
    turn = turn.then(journal).then(
      () => void (failure = null),
      (error: unknown) => {
        const now = describeError(error)
        if (now !== failure) log('error', 'cannot journal who may approve; it is tried again', { error: now })
        failure = now
      },
    )
  }
  const cancel = every(clock, LOOK_EVERY, look)
  return () => {
    cancel()
    born.stop()
  }
}

/** What was not journalled yet. Where somebody put another row in place, nobody signed that it counts now: it is the newest alone, and nobody's. */
const newsIn = (row: readonly SignedList[], told: string): readonly SignedList[] => {
  const last = row.findIndex(({ hash }) => hash === told)
  if (last >= 0 || told === NOBODY) return row.slice(last + 1)
  return row.slice(-1).map((list) => ({ ...list, by: null }))
}
