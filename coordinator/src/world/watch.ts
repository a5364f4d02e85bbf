import { type DurationMs, milliseconds, minutes } from '@infra-home/shared/clock.ts'
import type { StateKey } from '@infra-home/shared/messages/states.ts'
import type { RuleData } from '../alerts/rule-data.ts'
import type { NodeWorld, Seen } from './node.ts'
import { addPoint, type Track } from './track.ts'

/** A value of which more than the newest is remembered: a rule wants to know how it moves. */
export type Watch = {
  /** `modem/*`, `link/wan1`. */
  readonly thing: string
  /** A metric, or a field of the state. */
  readonly what: string
  readonly window: DurationMs
}

/** How often a link came and went. */
export const LINK_CHANGES: Watch = { thing: 'link/*', what: 'carrierChanges', window: minutes(10) }
/** How a modem's reception moves. */
export const RECEPTION: Watch = { thing: 'modem/*', what: 'rsrpDbm', window: minutes(30) }

const OURS: readonly Watch[] = [LINK_CHANGES, RECEPTION]

/** What a rule of the owner's wants to be remembered; null when the newest is enough for it. */
export const watchOf = ({ of, metric, field, rate, forecast }: RuleData): Watch | null => {
  const window = rate?.perMs ?? forecast?.fromMs
  if (window === undefined) return null
  return { thing: of?.thing ?? 'host/host', what: metric ?? field ?? '', window: milliseconds(window) }
}

/** All that has to be remembered under these rules; the same rules are asked of once. Pure. */
export const watchesOf = (rules: readonly RuleData[]): readonly Watch[] => {
  const known = MADE.get(rules)
  if (known) return known
  const all = [...OURS, ...rules.map(watchOf).filter((watch) => watch !== null)]
  const watches = [...new Map(all.map((watch) => [`${watch.thing} ${trackName(watch)}`, watch])).values()]
  MADE.set(rules, watches)
  return watches
}

const MADE = new WeakMap<readonly RuleData[], readonly Watch[]>()

/** How a track is called among those of its thing. */
export const trackName = ({ what, window }: Watch): string => `${what} ${window}`

/** Whether `thing`, which may end in `/*`, means what `key` names. */
export const isOfThing = (key: string, thing: string): boolean =>
  thing.endsWith('/*') ? key.startsWith(thing.slice(0, -1)) : key === thing

/** Remembers what is watched of a thing that was just heard of. */
export const remember = (
  node: NodeWorld,
  key: StateKey,
  heard: {
    readonly values: Readonly<Record<string, unknown>>
    readonly seen: Seen
    readonly watches: readonly Watch[]
  },
): void => {
  for (const watch of heard.watches) {
    const value = heard.values[watch.what]
    if (typeof value !== 'number' || !isOfThing(key, watch.thing)) continue
    const track: Track = ((node.tracks[key] ??= {})[trackName(watch)] ??= [])
    addPoint(track, [heard.seen.mono, value], watch.window)
  }
}

/** Forgets what no rule watches any more. */
export const forgetUnwatched = (node: NodeWorld, watches: readonly Watch[]): void => {
  for (const [key, tracks] of Object.entries(node.tracks)) {
    const wanted = new Set(watches.filter(({ thing }) => isOfThing(key, thing)).map(trackName))
    for (const name of Object.keys(tracks)) if (!wanted.has(name)) delete tracks[name]
    if (Object.keys(tracks).length === 0) delete node.tracks[key as StateKey]
  }
}
