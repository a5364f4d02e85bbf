import { type Clock, seconds, sleep } from '@infra-home/shared/clock.ts'
import type { BirthMessage } from '@infra-home/shared/messages/birth.ts'
import { type Means, perform } from './act/act.ts'
import { createCommander } from './act/commander.ts'
import type { Command } from './alerts/errand.ts'
import type { Recorder } from './audit/recorder.ts'
import type { EntryStream } from './audit/stream.ts'
import type { CoordinatorOptions } from './coordinator-options.ts'
import { countDelivery } from './count-delivery.ts'
import type { Counters } from './counters.ts'
import { createMind, type Mind } from './mind.ts'
import type { Voice } from './voice.ts'
import type { World } from './world/world.ts'

export type DeciderOptions = Pick<CoordinatorOptions, 'channels' | 'newId' | 'params' | 'signing'> & {
  readonly world: World
  readonly clock: Clock
  readonly recorder: Pick<Recorder, 'record' | 'flush'>
  readonly stream: EntryStream
  readonly counters: Counters
  readonly publish: Voice['publish']
  /** A node has been born. */
  readonly onBirth: (birth: BirthMessage) => void
}

/** The mind, with what it acts by: what it takes in is recorded and streamed, what it decides is done. */
export type Decider = { readonly mind: Mind; readonly means: Means; readonly command: Command }

/** People are told without the disk when it takes longer. */
const LONGEST_COMMIT = seconds(2)

export const createDecider = (options: DeciderOptions): Decider => {
  const { world, clock, recorder, stream, counters, publish } = options
  const { sign } = options.signing
  const kept = (): Promise<void> => recorder.flush().catch(() => {}) // then it goes on in memory, and says so
  const { command, heard } = createCommander({ world, clock, publish, sign, kept })
  const channels = new Map(options.channels.map((channel) => [channel.name, channel]))
  const written = (): Promise<void> => Promise.race([kept(), sleep(clock, LONGEST_COMMIT)])
  const means: Means = { world, clock, publish, sign, command, channels, written }
  const mind = createMind({
    world,
    params: options.params,
    clock,
    newId: options.newId,
    record(entry) {
      recorder.record(entry)
      stream.publish(entry)
      countDelivery(entry, world, counters)
      const said = entry.kind === 'message' ? entry.body.said : null
      if (said?.kind === '$birth') options.onBirth(said.message)
      if (said?.kind === 'res') heard(said.message)
    },
    act: (step, id, decidedBy) => void perform({ step, id, decidedBy }, means, (draft) => mind.take(draft)),
  })
  return { mind, means, command }
}
