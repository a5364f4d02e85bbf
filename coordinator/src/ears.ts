import type { Clock } from '@infra-home/shared/clock.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Acknowledger } from './acknowledge.ts'
import type { Recorder } from './audit/recorder.ts'
import type { BusOptions } from './broker/bus.ts'
import { reignIn } from './coordinator-words.ts'
import type { Counters } from './counters.ts'
import { createIngest } from './ingest/ingest.ts'
import { HARMLESS } from './ingest/rejected.ts'
import type { Mind } from './mind.ts'
import type { Reign } from './reign.ts'
import type { MacKey } from '@infra-home/shared/seal/mac.ts'
import type { SigningKeys } from './trust/signing-keys.ts'
import type { World } from './world/world.ts'

/** What the ears lead to. */
export type EarsOptions = {
  readonly world: World
  readonly clock: Clock
  readonly mind: Mind
  readonly recorder: Recorder
  readonly counters: Counters
  readonly acknowledger: Acknowledger
  readonly reign: Reign
  /** True for a node that may speak at all. */
  readonly knows: (node: string) => boolean
  readonly macKeyOf: (node: string) => MacKey | null
  readonly isOurs: SigningKeys['isOurs']
  readonly log: Log
}

/** Listens to the broker: what arrives becomes an entry, a count, or a word of another coordinator. */
export const createEars = ({
  world,
  clock,
  mind,
  recorder,
  counters,
  acknowledger,
  reign,
  knows,
  macKeyOf,
  isOurs,
  log,
}: EarsOptions): BusOptions => {
  const ingest = createIngest({
    world,
    now: () => clock.now(),
    knows,
    macKeyOf,
    accept(draft) {
      if (draft.kind === 'numbers' && recorder.full()) return counters.add('ingest', 'journal-full')
      mind.take(draft)
      counters.add('ingest', 'accepted')
    },
    repeated: (said) => acknowledger.repeated(said.node, said.session),
    reject({ reason, detail, topic, node }) {
      counters.add('ingest', reason)
      if (!HARMLESS.has(reason)) log('warn', 'refused a message', { reason, topic, node, detail })
    },
  })
  return {
    onArrival: ingest,
    onRefused(reason, detail) {
      counters.add('refused', reason)
      log('warn', 'the broker refused', { reason, detail })
    },
    onCoordinatorState: (payload) => reign.heard(reignIn(payload, isOurs)),
  }
}
