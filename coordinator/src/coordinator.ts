import { type Clock, every, hours, rfc3339 } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { WishBody } from '@infra-home/shared/messages/want.ts'
import { coordinatorStateTopic, formatTopic } from '@infra-home/shared/topics.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { type Acknowledger, createAcknowledger } from './acknowledge.ts'
import { type Means, perform, resumeSteps } from './act/act.ts'
import type { Channel } from './alerts/channels/channel.ts'
import { createRecorder, type Recorder } from './audit/recorder.ts'
import { createEntryStream, type EntryStream } from './audit/stream.ts'
import type { Bus, BusOptions } from './broker/bus.ts'
import { cadenceWish, coordinatorState, epochIn } from './coordinator-words.ts'
import { createCounters, type Counters } from './counters.ts'
import type { Store } from './db/store.ts'
import type { Params } from './decide/policy.ts'
import type { Readiness } from './http/context.ts'
import { createIngest } from './ingest/ingest.ts'
import { HARMLESS } from './ingest/rejected.ts'
import { remember } from './memory.ts'
import { type Reign, watchReign } from './reign.ts'
import { createMind, type Mind } from './mind.ts'
import { siteClock } from './site-clock.ts'
import type { Entry, Request } from './world/input.ts'
import { SNAPSHOT_VERSION, type Snapshot } from './world/snapshot.ts'
import type { World } from './world/world.ts'

export type CoordinatorOptions = {
  readonly site: string
  readonly topology: Topology | null
  readonly version: string
  /** This machine's boot id and clock. */
  readonly boot: string
  readonly clock: Clock
  readonly store: Store
  readonly makeBus: (
    on: BusOptions,
    words: { readonly will: () => string; readonly greet: () => void },
  ) => Bus
  /** True for a node that may speak at all. */
  readonly knows: (node: string) => boolean
  readonly channels: readonly Channel[]
  readonly params: Params
  readonly cadence: WishBody['cadence'] | null
  readonly newId: (wall: number) => string
  readonly log: Log
}

export type Coordinator = {
  readonly world: World
  readonly clock: Clock
  readonly stream: EntryStream
  readonly counters: Counters
  readonly bus: Bus
  /** Journals a person's request; resolves when the disk has it. */
  ask(request: Request): Promise<Entry>
  readiness(): Readiness
  /** Writes the world down, so that the next start is quick. */
  snapshot(): Promise<void>
  /** Resolves when everything that happened so far is on the disk. */
  flush(): Promise<void>
  stop(): Promise<void>
}

const SNAPSHOT_EVERY = hours(1)

/**
 * Starts a coordinator: remembers the world, takes a new epoch, closes what a restart interrupted, and listens.
 * @throws InfraError from the store and the broker
 */
export const startCoordinator = async (options: CoordinatorOptions): Promise<Coordinator> => {
  const { store, log, site, topology } = options
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
  const publish = (topic: string, payload: string, retain = false): Promise<void> =>
    parts.bus?.publish(topic, payload, { qos: 1, retain }) ?? Promise.reject(new Error('no broker yet'))
  const tell = (topic: string, payload: string, retain = false): void => {
    publish(topic, payload, retain).catch((error: unknown) =>
      log('warn', 'could not publish', { topic, error: describeError(error) }),
    )
  }

  const wish = (node: string): void =>
    tell(
      formatTopic({ node, kind: 'want', wish: 'cadence' }),
      cadenceWish(world, node, options.cadence),
      true,
    )

  const means: Means = { world, clock, publish, channels: new Map(options.channels.map((c) => [c.name, c])) }
  const mind = createMind({
    world,
    params: options.params,
    clock,
    newId: options.newId,
    record(entry) {
      recorder.record(entry)
      stream.publish(entry)
      if (entry.kind === 'message' && entry.body.said.kind === '$birth') wish(entry.body.said.message.node)
    },
    act: (step, id, decidedBy) => void perform({ step, id, decidedBy }, means, (draft) => mind.take(draft)),
  })
  parts.acknowledger = createAcknowledger({ world, clock, publish: tell })

  const greet = (): void => {
    tell(coordinatorStateTopic, coordinatorState(world, clock, 'online'), true)
    for (const node of Object.keys(world.nodes))
      tell(
        formatTopic({ node, kind: 'want', wish: 'cadence' }),
        cadenceWish(world, node, options.cadence),
        true,
      )
  }
  const reign = watchReign({ world, clock, mind, store, log, greet })
  const on = listeners({
    world,
    clock,
    mind,
    recorder,
    counters,
    acknowledger: parts.acknowledger,
    reign,
    options,
  })
  const bus = options.makeBus(on, { will: () => coordinatorState(world, clock, 'offline'), greet })
  parts.bus = bus

  const { version, boot } = options
  const machineMono = options.clock.now().mono
  mind.take({ kind: 'system', body: { event: 'started', version, boot, machineMono } })
  resumeSteps(world, (draft) => mind.take(draft))
  await bus.start()
  greet()
  mind.wake()

  const snapshot = (): Promise<void> => saveSnapshot(options, { world, clock, recorder })
  const cancelSnapshots = every(clock, SNAPSHOT_EVERY, () => {
    snapshot().catch((error: unknown) =>
      log('error', 'could not write a snapshot', { error: describeError(error) }),
    )
  })

  return {
    world,
    clock,
    stream,
    counters,
    bus,
    async ask(request) {
      const entry = mind.take({ kind: 'request', body: request })
      await recorder.flush()
      return entry
    },
    readiness: () => readinessOf(recorder, bus, world),
    snapshot,
    flush: () => recorder.flush(),
    async stop() {
      cancelSnapshots()
      mind.stop()
      parts.acknowledger?.stop()
      await publish(coordinatorStateTopic, coordinatorState(world, clock, 'offline'), true).catch(() => {})
      await bus.stop()
      mind.take({ kind: 'system', body: { event: 'stopped' } })
      mind.stop()
      await recorder.stop()
      await snapshot().catch((error: unknown) =>
        log('error', 'no last snapshot', { error: describeError(error) }),
      )
    },
  }
}

type Ears = {
  readonly world: World
  readonly clock: Clock
  readonly mind: Mind
  readonly recorder: Recorder
  readonly counters: Counters
  readonly acknowledger: Acknowledger
  readonly reign: Reign
  readonly options: CoordinatorOptions
}

/** What the broker's voices lead to. */
const listeners = ({
  world,
  clock,
  mind,
  recorder,
  counters,
  acknowledger,
  reign,
  options,
}: Ears): BusOptions => {
  const ingest = createIngest({
    world,
    now: () => clock.now(),
    knows: options.knows,
    accept(draft) {
      if (draft.kind === 'numbers' && recorder.full()) return counters.add('ingest', 'journal-full')
      mind.take(draft)
      counters.add('ingest', 'accepted')
    },
    repeated: (said) => acknowledger.repeated(said.node, said.session),
    reject({ reason, detail, topic, node }) {
      counters.add('ingest', reason)
      if (!HARMLESS.has(reason)) options.log('warn', 'refused a message', { reason, topic, node, detail })
    },
  })
  return {
    onArrival: ingest,
    onRefused(reason, detail) {
      counters.add('refused', reason)
      options.log('warn', 'the broker refused', { reason, detail })
    },
    onCoordinatorState: (payload) => reign.seen(epochIn(payload)),
  }
}

const readinessOf = (recorder: Recorder, bus: Bus, world: World): Readiness => {
  const { failingSince, error, waiting } = recorder.state()
  const reasons = [
    failingSince !== null &&
      `the journal cannot be written since ${new Date(failingSince).toISOString()} (${error}); ${waiting} entries wait in memory`,
    !bus.connected() && 'the broker is not connected',
    world.deposedBy !== null && `another coordinator rules (epoch ${world.deposedBy})`,
  ].filter((reason) => reason !== false)
  return { ready: reasons.length === 0, reasons }
}

/** Writes the world down as it is at the end of the journal on the disk. */
const saveSnapshot = async (
  options: CoordinatorOptions,
  { world, clock, recorder }: { world: World; clock: Clock; recorder: Recorder },
): Promise<void> => {
  await recorder.flush()
  const head = recorder.head()
  if (head?.pos !== world.position) return // something came in between; the journal's tail has it, and the next hour
  const now = clock.now()
  const mark = { mono: now.mono, machineMono: options.clock.now().mono, boot: options.boot }
  const content: Snapshot = { version: SNAPSHOT_VERSION, world, clock: mark }
  await options.store.saveSnapshot({ pos: head.pos, at: rfc3339(now.wall), state: JSON.stringify(content) })
}
