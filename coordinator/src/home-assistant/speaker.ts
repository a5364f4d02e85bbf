import { createHash } from 'node:crypto'
import type { Touched } from '../world/reduce.ts'
import type { Announced } from './announced.ts'
import { devicesOf } from './devices-of.ts'
import { type Components, componentsOf, configOf, stateOf, type Word } from './discovery-of.ts'
import type { Device } from './entity.ts'
import type { Scene } from './scene.ts'
import { discoveryTopic } from './topics.ts'

/** Of what is gone, a device remembers so many components: names of interfaces may be made up without end. */
const MOST_GONE = 64

export type Speaker = {
  /**
   * What has to be said of a part of the world that it has not heard yet, in order.
   * @param again its state too, when nothing of it changed
   */
  news(scene: Scene, subject: Touched, again?: boolean): Word[]
  /** Takes back what an earlier run announced and this one, having said everything, has not. */
  leftOver(): Word[]
  /** Nothing of what was said counts any more: whoever has heard it may have forgotten. */
  forget(): void
  /** It was not heard: it counts as not said. */
  unsaid(topic: string): void
  /** What there is to take back one day; the same object until it changes. */
  announced(): Announced
}

/**
 * Knows what Home Assistant has been told, and so what is news to it. It keeps a hash of each configuration, which is long and hardly ever
 * changes, and each state.
 * @param before what was announced by an earlier run
 */
export const createSpeaker = (prefix: string, before: Announced): Speaker => {
  const said = new Map<string, string>()
  /** Topics of configurations, by subject. */
  const shown = new Map<Touched, ReadonlySet<string>>()
  let announced = before

  const isNews = ({ topic, payload }: Word, mark = payload): boolean => {
    if (said.get(topic) === mark) return false
    said.set(topic, mark)
    return true
  }

  const topicOf = ({ id }: Device): string => discoveryTopic(prefix, id)

  const announce = (device: Device): Components => {
    const topic = topicOf(device)
    const had = announced[topic]?.components ?? {}
    const has = componentsOf(device)
    if (Object.keys(has).some((id) => had[id] !== has[id]))
      announced = {
        ...announced,
        [topic]: { state: stateOf(device).topic, components: withoutMany(had, has) },
      }
    return announced[topic]?.components ?? has
  }

  const wordsOf = (scene: Scene, device: Device, again: boolean): Word[] => {
    const config = configOf(device, { prefix, version: scene.version, had: announce(device) })
    const state = stateOf(device)
    return [
      ...(isNews(config, hashOf(config.payload)) ? [config] : []),
      ...(isNews(state) || again ? [state] : []),
    ]
  }

  const takeBack = (topic: string): Word[] => {
    const { [topic]: gone, ...rest } = announced
    announced = rest
    const topics = gone ? [topic, gone.state] : [topic]
    for (const one of topics) said.delete(one)
    return topics.map((one) => ({ topic: one, payload: '' }))
  }

  return {
    news(scene, subject, again = false) {
      const devices = devicesOf(scene, subject)
      const now = new Set(devices.map(topicOf))
      const gone = [...(shown.get(subject) ?? [])].filter((topic) => !now.has(topic))
      if (now.size > 0) shown.set(subject, now)
      else shown.delete(subject)
      return [...gone.flatMap(takeBack), ...devices.flatMap((device) => wordsOf(scene, device, again))]
    },
    leftOver() {
      const now = new Set([...shown.values()].flatMap((topics) => [...topics]))
      return Object.keys(announced)
        .filter((topic) => !now.has(topic))
        .flatMap(takeBack)
    },
    forget: () => said.clear(),
    unsaid: (topic) => void said.delete(topic),
    announced: () => announced,
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64')

/** All that there is, and the newest of what there was. */
const withoutMany = (had: Components, has: Components): Components => {
  const gone = Object.entries(had).filter(([id]) => !(id in has))
  return { ...Object.fromEntries(gone.slice(-MOST_GONE)), ...has }
}
