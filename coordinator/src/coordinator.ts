import { type Clock, seconds, sleep } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { BirthMessage } from '@infra-home/shared/messages/birth.ts'
import { type Acknowledger, createAcknowledger } from './acknowledge.ts'
import { resumeSteps } from './act/act.ts'
import type { Command } from './alerts/errand.ts'
import { createRecorder } from './audit/recorder.ts'
import { createEntryStream, type EntryStream } from './audit/stream.ts'
import type { Bus } from './broker/bus.ts'
import type { CoordinatorOptions } from './coordinator-options.ts'
import { createCounters, type Counters } from './counters.ts'
import { createDecider } from './decider.ts'
import { createEars } from './ears.ts'
import type { Readiness } from './http/context.ts'
import { remember } from './memory.ts'
import { type Faults, faultsOf, readinessOf } from './readiness.ts'
import { watchReign } from './reign.ts'
import { siteClock } from './site-clock.ts'
import { keepSnapshots } from './snapshots.ts'
import { createVoice, type Voice } from './voice.ts'
import type { Entry, EntryBodies, Request } from './world/input.ts'
import type { World } from './world/world.ts'

export type Coordinator = {
  readonly world: World
  readonly clock: Clock
  readonly stream: EntryStream
  readonly counters: Counters
  readonly bus: Bus
  /** Journals a person's request; resolves when the disk has it. */
  ask(request: Request): Promise<Entry>
  /** Looks at everything once, as after a start. */
  readonly wake: () => void
  /** Journals what the coordinator has found out about itself. */
  note(body: EntryBodies['system']): Entry
  readiness(): Readiness
  /** What is wrong with what this coordinator depends on. */
  readonly faults: () => Faults
  /** Entries that are not on the disk yet. */
  readonly journalWaiting: () => number
  /** Says something that does not last. @throws while there is no broker, or the node has no key */
  readonly publish: Voice['publish']
  /** Has a node do something once, and says what it made of it. */
  readonly command: Command
  /** Wants something lasting of a node, now and whenever it comes back. */
  readonly wish: Voice['wish']
  /** Says to one node again all that is lastingly wanted of it, under the key that it has now. */
  readonly remind: Voice['remind']
  /** Says that we are here, and all that is lastingly wanted, again. */
  readonly greet: Voice['greet']
  /** Writes the world down, so that the next start is quick. */
  snapshot(): Promise<void>
  /** Resolves when everything that happened so far is on the disk. */
  flush(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a coordinator: remembers the world, takes a new epoch, closes what a restart interrupted, and listens.
 * @throws InfraError from the store and the broker
 */
export const startCoordinator = async (options: CoordinatorOptions): Promise<Coordinator> => {
  const { store, log, site, topology, version, boot } = options
  const { world, clock: mark, replayed } = await remember(store, site, topology)
  const clock = siteClock(options.clock, options.boot, mark)
  world.epoch = await store.takeEpoch()
  log('info', 'remembered the world', { position: world.position, replayed, epoch: world.epoch })
  const stream = createEntryStream()
  const counters = createCounters()
  const parts: { acknowledger: Acknowledger | null; bus: Bus | null } = { acknowledger: null, bus: null }

  const recorder = createRecorder({
    sink: (entries) => store.append(entries),
    clock,
    onCommitted: (entries) => parts.acknowledger?.committed(entries),
    onFailure(error) {
      counters.add('journal', 'failed')
      log('error', 'the journal cannot be written; going on in memory', { error: describeError(error) })
    },
  })
  const voice = createVoice({ ...options, world, clock, bus: () => parts.bus })
  const { publish, tell } = voice

  const { isOurs } = options.signing
  /** A node is here: it hears what we want of it, and may know of a reign that we have forgotten. */
  const onBirth = ({ node, newestCommand }: BirthMessage): void => {
    voice.remind(node)
    if (newestCommand && newestCommand.site === site && isOurs(newestCommand)) reign.was(newestCommand.epoch)
  }
  const wired = { world, clock, recorder, stream, counters, publish, onBirth }
  const { mind, means, command } = createDecider({ ...options, ...wired })
  parts.acknowledger = createAcknowledger({ world, clock, publish: tell })

  const contacts = options.params.contacts.map(({ name }) => name)
  const reign = watchReign({ world, clock, mind, store, log, greet: voice.greet, contacts })
  const on = createEars({
    world,
    clock,
    mind,
    recorder,
    counters,
    acknowledger: parts.acknowledger,
    reign,
    knows: options.knows,
    macKeyOf: options.macKeyOf,
    isOurs,
    log,
  })
  const bus = options.makeBus(on, { will: voice.will, greet: voice.greet })
  parts.bus = bus

  const machineMono = options.clock.now().mono
  mind.take({ kind: 'system', body: { event: 'started', version, boot, machineMono } })
  resumeSteps(means, (draft) => mind.take(draft))
  await bus.start()
  voice.greet()
  mind.wake()

  const faults = (): Faults => faultsOf(recorder, bus)
  const snapshots = keepSnapshots({ ...options, machineClock: options.clock }, { world, clock, recorder })

  return {
    world,
    clock,
    stream,
    counters,
    bus,
    async ask(request) {
      const node = 'node' in request ? request.node : null
      const entry = mind.take({ kind: 'request', node, body: request })
      await recorder.flush()
      return entry
    },
    wake: mind.wake,
    note: (body) => mind.take({ kind: 'system', body }),
    faults,
    readiness: () => readinessOf(faults(), { world, waiting: recorder.state().waiting }),
    journalWaiting: () => recorder.state().waiting,
    snapshot: snapshots.save,
    publish,
    command,
    wish: voice.wish,
    remind: voice.remind,
    greet: voice.greet,
    flush: () => recorder.flush(),
    async stop() {
      snapshots.stop()
      mind.stop()
      parts.acknowledger?.stop()
      await inTime(clock, voice.leave())
      await bus.stop()
      mind.take({ kind: 'system', body: { event: 'stopped' } })
      mind.stop()
      await recorder.stop()
      await snapshots
        .save()
        .catch((error: unknown) => log('error', 'no last snapshot', { error: describeError(error) }))
    },
  }
}

/** A broker that is gone while we leave answers nobody: whoever stops us is not to wait for it. */
const GOODBYE = seconds(5)
const inTime = (clock: Clock, leaving: Promise<void>): Promise<void> =>
  Promise.race([leaving, sleep(clock, GOODBYE)])
