import { type CancelTimer, type Clock, every, hours, rfc3339 } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Witness } from '@infra-home/shared/messages/witness.ts'
import type { Store } from '../db/store.ts'
import { eachBorn } from '../each-born.ts'
import type { Voice } from '../voice.ts'
import type { Entry, EntryBodies } from '../world/input.ts'
import type { World } from '../world/world.ts'
import { compareWitness, type Restored } from './compare-witness.ts'
import type { EntryStream } from './stream.ts'

export type WitnessingOptions = {
  readonly world: World
  readonly clock: Clock
  readonly stream: EntryStream
  readonly store: Pick<Store, 'head' | 'hashAt' | 'entries'>
  readonly wish: Voice['wish']
  /** Puts what was found out into the journal. */
  readonly note: (body: EntryBodies['system']) => unknown
  readonly log: Log
}

export type Witnessing = {
  /** Why this journal is not to be relied on, each in a sentence. */
  reasons(): readonly string[]
  /** Resolves when everything that was heard so far is compared. */
  settled(): Promise<void>
  stop(): void
}

/** Findings of a journal that was restored again and again are found, too. */
const MOST_RESTORES = 1000

/** Lets every node keep what the journal's end is, hourly, and compares what those who return have kept. */
export const startWitnessing = (options: WitnessingOptions): Witnessing => {
  const { clock, stream, store, wish, note, log } = options
  const rewritten = new Map<string, string>()
  const told = new Set<string>()
  const restored: Restored[] = []
  let work: Promise<void> = readRestores(store, restored)

  const queue = (does: () => Promise<void>): void => {
    work = work.then(does).catch((error: unknown) =>
      log('warn', 'the journal cannot be compared with what a node has seen', {
        error: describeError(error),
      }),
    )
  }

  const tell = (node: string): void =>
    queue(async () => {
      const { pos, hash } = await store.head()
      if (pos > 0) wish(node, 'witness', { position: pos, hash, at: rfc3339(clock.now().wall) })
    })

  const compare = async (node: string, witness: Witness): Promise<void> => {
    const { position, hash } = witness
    if (told.has(`${node} ${position} ${hash}`)) return
    const { pos: head } = await store.head()
    const found = position > head ? null : await store.hashAt(position)
    const comparison = compareWitness(witness, { head, hash: found }, restored)
    if (comparison.verdict === 'agrees' || comparison.verdict === 'unknown') return
    told.add(`${node} ${position} ${hash}`)
    if (comparison.verdict === 'shorter') {
      const { from, missing } = comparison
      log('warn', 'the journal was restored from before what a node has seen', {
        node,
        position,
        from,
        missing,
      })
      restored.push({ position: from, at: rfc3339(clock.now().wall) })
      note({ event: 'journal-shorter', node, position, from, missing })
      return
    }
    log('error', 'the journal is not the one that a node has seen', { node, position, expected: hash, found })
    rewritten.set(node, `the journal was rewritten: ${node} has seen another hash at position ${position}`)
    note({ event: 'journal-rewritten', node, position, expected: hash, found: comparison.found })
  }

  const hear = (entry: Entry): void => {
    if (entry.kind !== 'message' || entry.body.said.kind !== 'have') return
    const { wish: kind, message } = entry.body.said
    const { witness } = message
    if (kind === 'witness' && witness) queue(() => compare(message.node, witness))
  }

  const born = eachBorn(options, tell)
  const stops: CancelTimer[] = [born.stop, stream.subscribe(hear), every(clock, hours(1), born.again)]
  return {
    reasons: () => [...rewritten.values()],
    settled: () => work,
    stop() {
      for (const stop of stops) stop()
    },
  }
}

/** Restores that were found out in earlier lives. */
const readRestores = async (store: Pick<Store, 'entries'>, into: Restored[]): Promise<void> => {
  const entries = await store.entries({ kinds: ['system'], limit: MOST_RESTORES, newestFirst: true })
  for (const { at, kind, body } of entries)
    if (kind === 'system' && body.event === 'journal-shorter') into.push({ position: body.from, at })
}
