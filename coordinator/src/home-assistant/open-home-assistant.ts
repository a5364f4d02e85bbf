import { type CancelTimer, type Clock, every, later, type MonoMs, seconds } from '@infra-home/shared/clock.ts'
import { describeError } from '@infra-home/shared/errors.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { EntryStream } from '../audit/stream.ts'
import type { Voice } from '../voice.ts'
import type { Entry } from '../world/input.ts'
import type { NodeWorld } from '../world/node.ts'
import { SITE, type Touched } from '../world/reduce.ts'
import { type AnnouncedStore, keepAnnounced, readAnnounced } from './announced.ts'
import { REFRESH_SECONDS, type Word } from './discovery-of.ts'
import type { Scene } from './scene.ts'
import { createSpeaker, type Speaker } from './speaker.ts'
import { statusTopic } from './topics.ts'

/** What changes within so long is said at once. */
const GATHER = seconds(1)
/** Radio values grow stale without anybody saying so. */
const LOOK_EVERY = seconds(30)
const REFRESH = seconds(REFRESH_SECONDS)

/** Feeds a Home Assistant that hears the same broker. */
export type HomeAssistant = {
  /** Where it says that it has started. */
  readonly statusTopic: string
  /** What it said there. */
  heard(payload: string): void
  /** The broker may have forgotten what was said. */
  reconnected(): void
  /** Says what there is, and from then on what changes. */
  feed(house: House): Promise<CancelTimer>
}

type House = Omit<Scene, 'now'> & {
  readonly clock: Clock
  readonly stream: EntryStream
  readonly publish: Voice['publish']
  readonly store: AnnouncedStore
  readonly log: Log
}

/** @param prefix Home Assistant's discovery prefix */
export const openHomeAssistant = (prefix: string): HomeAssistant => {
  let sayAll = (): void => {}
  return {
    statusTopic: statusTopic(prefix),
    heard(payload) {
      if (payload === 'online') sayAll()
    },
    reconnected: () => sayAll(),
    async feed(house) {
      const feeder = createFeeder(house, createSpeaker(prefix, await readAnnounced(house.store)))
      sayAll = feeder.sayAll
      sayAll()
      return () => {
        sayAll = () => {}
        feeder.stop()
      }
    },
  }
}

/** Where nobody feeds it any more: what it was told earlier is taken back. */
export const withdrawFromHomeAssistant = async ({
  store,
  publish,
  log,
}: Pick<House, 'store' | 'publish' | 'log'>): Promise<void> => {
  const topics = Object.entries(await readAnnounced(store)).flatMap(([config, { state }]) => [config, state])
  if (topics.length === 0) return
  try {
    for (const topic of topics) await publish(topic, '', true)
    await keepAnnounced(store, {})
  } catch (error) {
    log('warn', 'could not take back what Home Assistant was told', { error: describeError(error) }) // the next start does
  }
}

/** Says what is news, gathered, to whoever hears the broker. */
const createFeeder = (house: House, speaker: Speaker) => {
  const { world, clock, stream, publish, store, log } = house
  const changed = new Set<Touched>()
  /** When each part is said again though nothing of it changed. */
  const refreshAt = new Map<Touched, MonoMs>()
  let kept = speaker.announced()
  let fromTheStart = false
  let cancel: CancelTimer | null = null

  const say = ({ topic, payload }: Word): void => {
    publish(topic, payload, true).catch(() => speaker.unsaid(topic)) // all is said again when the broker is back
  }

  const tell = (scene: Scene, subject: Touched): void => {
    const { mono } = scene.now
    const isDue = (refreshAt.get(subject) ?? mono) <= mono
    if (isDue) refreshAt.set(subject, later(mono, REFRESH))
    for (const word of speaker.news(scene, subject, isDue)) say(word)
    if (subject !== SITE && !world.nodes[subject]) refreshAt.delete(subject)
  }

  const keep = (): void => {
    if (kept === speaker.announced()) return
    kept = speaker.announced()
    keepAnnounced(store, kept).catch((error: unknown) =>
      log('warn', 'could not keep what Home Assistant was told', { error: describeError(error) }),
    )
  }

  const flush = (): void => {
    cancel = null
    if (world.deposedBy !== null) return // the one who rules speaks
    if (fromTheStart) speaker.forget()
    const scene = { ...house, now: clock.now() }
    for (const subject of changed) tell(scene, subject)
    if (fromTheStart) for (const word of speaker.leftOver()) say(word)
    changed.clear()
    fromTheStart = false
    keep()
  }

  const mark = (...subjects: readonly Touched[]): void => {
    for (const subject of subjects) changed.add(subject)
    cancel ??= clock.after(GATHER, flush)
  }

  const hear = ({ kind, node }: Pick<Entry, 'kind' | 'node'>): void => {
    if (node !== null) mark(node)
    if (node === null || node === world.wan.router || kind === 'decision') mark(SITE)
  }

  const look = (): void => {
    const { mono } = clock.now()
    for (const [subject, at] of refreshAt) if (at <= mono || growsStale(world.nodes[subject])) mark(subject)
  }

  const stopHearing = stream.subscribe(hear)
  const stopLooking = every(clock, LOOK_EVERY, look)
  return {
    sayAll() {
      fromTheStart = true
      mark(SITE, ...Object.keys(world.nodes))
    },
    stop() {
      cancel?.()
      stopHearing()
      stopLooking()
    },
  }
}

/** A modem's radio values are not believed for long, whoever still speaks of them. */
const growsStale = (node: NodeWorld | undefined): boolean =>
  node !== undefined && Object.keys(node.numbers).some((key) => key.startsWith('modem/'))
