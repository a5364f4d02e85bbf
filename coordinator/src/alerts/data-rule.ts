import { later, milliseconds, minutes, type MonoMs } from '@infra-home/shared/clock.ts'
import type { StateKey } from '@infra-home/shared/messages/states.ts'
import { isCounter, METRICS } from '@infra-home/shared/units.ts'
import { spanText } from '@infra-home/shared/span-text.ts'
import type { NodeWorld, Seen } from '../world/node.ts'
import type { Point } from '../world/track.ts'
import { isOfThing, trackName, watchOf } from '../world/watch.ts'
import { increase, slope } from './change.ts'
import { type Levels, levelOf } from './levels.ts'
import type { Level } from './machine.ts'
import { levelSchema, paramsSchema } from './params-schema.ts'
import type { Rule, RuleParams, Verdict } from './rule.ts'
import type { RuleData } from './rule-data.ts'

/** How old a reading may grow before it is none. */
const STALE_AFTER = minutes(5)

export type DataRuleParams = RuleParams & Partial<Levels>

/** Makes a rule of what is written of it: the one evaluator of all rules that are data. Pure. */
export const dataRule = (data: RuleData): Rule<DataRuleParams> => {
  const { fire, clear } = data
  return {
    code: data.code,
    severity: data.severity,
    advice: data.advice,
    defaults: {
      fireAfter: milliseconds(data.fireAfterMs ?? 0),
      clearAfter: milliseconds(data.clearAfterMs ?? 0),
      ...(fire === undefined || clear === undefined ? {} : { fire, clear }),
    },
    paramsSchema: paramsSchema(fire === undefined ? {} : levelSchema('its level', -1e15, 1e15)),
    dependsOnCodes: data.dependsOn ?? [],
    subjects: subjectsOf(data),
    judge({ node, subject, now, params }) {
      const reading = readingOf(node, keyOf(data, subject), data)
      const staleAt = staleAtOf(data, reading)
      const evidence = reading.by === null ? [] : [reading.by]
      const about = { node: node.name, subject, evidence }
      if (reading.value === null) return absent(data, about, false)
      if (staleAt !== null && now.mono >= staleAt) return absent(data, about, true)
      const found = findingOf(data, reading, { params, now: now.mono })
      return {
        level: found.level,
        cause: found.level === 'bad' ? data.code : 'fine',
        text: textOf(data, about, found.shown),
        evidence,
        nextAt: earlier(staleAt, found.nextAt),
      }
    },
  }
}

const thingOf = ({ of }: RuleData): string => of?.thing ?? 'host/host'

/** What a rule can speak of on a node: a single thing is there even when it is not, where its absence is what fires. */
const subjectsOf = (data: RuleData): Rule['subjects'] => {
  const thing = thingOf(data)
  const only = data.of?.node ?? null
  const isSingle = !thing.endsWith('/*')
  const id = thing.slice(thing.indexOf('/') + 1)
  const by = data.metric === undefined ? 'states' : 'numbers'
  return (node) => {
    if (only !== null && only !== node.name) return []
    if (!isSingle) return idsOf(node[by], thing)
    const isMeant = thing in node[by] || (data.absent === 'fires' && node.birth !== null)
    return isMeant ? [thing === 'host/host' ? node.name : id] : []
  }
}

const idsOf = (facts: Readonly<Record<string, unknown>>, thing: string): string[] => {
  const ids: string[] = []
  for (const key in facts) if (isOfThing(key, thing)) ids.push(key.slice(thing.length - 1))
  return ids
}

const keyOf = (data: RuleData, subject: string): StateKey => {
  const thing = thingOf(data)
  return (thing.endsWith('/*') ? `${thing.slice(0, -1)}${subject}` : thing) as StateKey
}

type Reading = {
  readonly value: unknown
  readonly seen: Seen | null
  readonly by: string | null
  /** How it came to be, where that is remembered. */
  readonly track: readonly Point[]
}

const readingOf = (node: NodeWorld, key: StateKey, data: RuleData): Reading => {
  const { metric, field } = data
  const fact = metric === undefined ? node.states[key] : node.numbers[key]
  const watch = watchOf(data)
  const track = (watch && node.tracks[key]?.[trackName(watch)]) ?? []
  if (!fact) return { value: null, seen: null, by: null, track }
  const values: Readonly<Record<string, unknown>> = 'body' in fact ? fact.body : fact.values
  return { value: values[metric ?? field ?? ''] ?? null, seen: fact.seen, by: fact.by, track }
}

/** A state is said when it changes: it does not grow old, a number does. */
const staleAtOf = ({ metric, absentAfterMs }: RuleData, { seen }: Reading): MonoMs | null =>
  metric === undefined || seen === null ? null : later(seen.mono, milliseconds(absentAfterMs ?? STALE_AFTER))

type About = { readonly node: string; readonly subject: string; readonly evidence: readonly string[] }

const absent = (data: RuleData, { node, subject, evidence }: About, isOld: boolean): Verdict => {
  const fires = data.absent === 'fires'
  return {
    level: fires ? 'bad' : 'unknown',
    cause: 'absent',
    text: `${nameOf(data)} of ${subject} on ${node} is not known`,
    evidence,
    nextAt: null,
    fireAfter: isOld ? milliseconds(0) : milliseconds(data.absentAfterMs ?? STALE_AFTER),
  }
}

type Finding = {
  readonly level: Level
  /** The value in words. */
  readonly shown: string
  readonly nextAt: MonoMs | null
}

type Measure = { readonly params: DataRuleParams; readonly now: MonoMs }

const findingOf = (data: RuleData, reading: Reading, on: Measure): Finding => {
  const { value, track } = reading
  if (data.fireOn) {
    const level = data.fireOn.some((one) => one === value) ? 'bad' : 'good'
    return { level, shown: String(value), nextAt: null }
  }
  if (typeof value !== 'number') return { level: 'unknown', shown: String(value), nextAt: null }
  if (data.rate) return rateFinding(data, track, on)
  if (data.forecast) {
    const { fromMs, inMs } = data.forecast
    const moves = slope(track, milliseconds(fromMs))
    const then = moves === null ? null : value + moves * inMs
    const shown = `${amount(data, then)} in ${spanText(inMs)} at this rate`
    return { level: levelIn(on.params, then), shown, nextAt: null }
  }
  return { level: levelIn(on.params, value), shown: amount(data, value), nextAt: null }
}

const rateFinding = (data: RuleData, track: Reading['track'], { params, now }: Measure): Finding => {
  const window = milliseconds(data.rate?.perMs ?? 0)
  const shownAs = (value: number | null): string => `${amount(data, value)} in ${spanText(window)}`
  if (!isCounter(data.metric ?? data.field ?? '')) {
    const moves = slope(track, window)
    const moved = moves === null ? null : moves * window
    return { level: levelIn(params, moved), shown: shownAs(moved), nextAt: null }
  }
  const { value = null, isPartial = true, nextAt = null } = increase(track, window, now) ?? {}
  const level = levelIn(params, value)
  const isSure = !isPartial || (level === 'bad' && (params.fire ?? 0) > (params.clear ?? 0)) // there can only be more
  return { level: isSure ? level : 'unknown', shown: shownAs(value), nextAt }
}

const levelIn = ({ fire, clear }: DataRuleParams, value: number | null): Level =>
  fire === undefined || clear === undefined ? 'unknown' : levelOf(value, { fire, clear })

const amount = ({ metric }: RuleData, value: number | null): string => {
  if (value === null) return 'unknown'
  const unit = metric === undefined ? '' : METRICS[metric].unit
  const rounded = Math.round(value * 1000) / 1000
  return unit === '' ? `${rounded}` : `${rounded} ${unit}`
}

const nameOf = ({ metric, field }: RuleData): string =>
  metric === undefined ? (field ?? '') : METRICS[metric].label

const textOf = (data: RuleData, { node, subject }: About, value: string): string => {
  if (data.text === undefined) return `${nameOf(data)} of ${subject} on ${node} is ${value}`
  const stands: Readonly<Record<string, string>> = { node, subject, value }
  return data.text.replaceAll(/\{(node|subject|value)\}/g, (whole, name: string) => stands[name] ?? whole)
}

const earlier = (a: MonoMs | null, b: MonoMs | null): MonoMs | null =>
  a === null || (b !== null && b < a) ? b : a
