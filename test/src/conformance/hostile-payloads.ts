import type { Clock } from '@infra-home/shared/clock.ts'
import { type MacKey, withMac } from '@infra-home/shared/seal/mac.ts'
import { LINK, MODEM, voice } from '../helpers/said.ts'
import type { Random } from './mangle.ts'

/** What arrives from a broker, as bad as it may be. */
export type HostileArrival = {
  readonly topic: string
  readonly payload: Buffer
  readonly retained: boolean
  readonly client: string | null
}

export type HostileOptions = {
  readonly random: Random
  readonly clock: Clock
  readonly macKeyOf: (node: string) => MacKey
}

/** Who speaks: two that are enrolled and broken into, one that nobody knows, and one called as every object's own. */
const SPEAKERS = ['rpi4-1', 'phone-1', 'stranger', 'constructor'] as const
/** A node that is none of them: in its name they speak, and must not be believed. */
export const HONEST = 'rpi4-2'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Tree = { [key: string]: Json }

/** Makes one hostile arrival after the other: messages as a node sends them, changed where it hurts. */
export const hostilePayloads = ({ random, clock, macKeyOf }: HostileOptions): (() => HostileArrival) => {
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T
  const chance = (one: number): boolean => random(one) === 0

  const message = (node: string): [topic: string, tree: Tree] => {
    const big = chance(40)
    const session = 1 + random(big ? 1_000_000_000 : 2)
    const seq = 1 + random(pick([100, 1_000_000, 8_000_000]))
    const id = chance(3) ? `x${random(8_000_000)}` : pick(NAMES)
    const node_ = voice(node, clock, { session })
    const makers: (() => readonly [string, object])[] = [
      () => node_.birth([{ session, from: seq }], ['modem/mifi']),
      () => node_.presence(pick(['ready', 'lost', 'sleeping', 'asleep']), 1 + random(9)),
      () => node_.state('link', id, LINK, seq),
      () => node_.state('modem', chance(20) ? id : pick(NAMES), MODEM, seq),
      () => node_.state(pick(NAMES), id, null, seq),
      () => node_.state('link', id, null, seq),
      () => node_.tm({ [`link/${id}`]: { rxBytes: random(1_000_000) }, 'host/host': { load1: 0.5 } }, seq),
      () => node_.gap(seq, seq + random(50), seq),
      () => [
        `ih/1/${node}/have/witness`,
        { ...node_.envelope(null), epoch: 1, generation: seq, witness: null },
      ],
      () => [
        `ih/1/${node}/res/c${seq}`,
        { ...node_.envelope(null), command: id, outcome: 'done', reason: null },
      ],
      () => backlog(node, session, seq),
    ]
    const [topic, tree] = pick(makers)()
    return [topic, structuredClone(tree) as Tree]
  }

  const backlog = (node: string, session: number, seq: number): readonly [string, object] => {
    const inner = voice(chance(20) ? HONEST : node, clock, { session })
    const entries = Array.from({ length: 1 + random(8) }, (_, i) => {
      const [topic, entry] = inner.tm({ 'host/host': { load1: i } }, seq + i)
      return { topic: chance(10) ? pick(TOPICS) : topic, message: chance(10) ? (evil() as object) : entry }
    })
    return [`ih/1/${node}/backlog`, { ...voice(node, clock, { session }).envelope(null), entries }]
  }

  const evil = (): Json => {
    if (chance(25)) return nested(2 + random(2000))
    if (chance(200)) return 'x'.repeat(random(400_000))
    if (chance(25)) return Object.fromEntries(NAMES.map((name) => [name, random(9)]))
    return structuredClone(pick(VALUES))
  }

  /** Changes a few places of a tree, wherever they are. */
  const change = (tree: Tree): void => {
    for (let left = random(4); left > 0; left--) {
      const place = somewhere(tree)
      const keys = Object.keys(place)
      const key = pick(keys.length > 0 ? keys : ['x'])
      const how = random(8)
      if (Array.isArray(place)) place.push(evil())
      else if (how < 2) delete place[key]
      else if (how < 4)
        Object.defineProperty(place, pick(NAMES), {
          value: evil(),
          enumerable: true,
          configurable: true,
          writable: true,
        })
      else if (typeof place[key] === 'number' && chance(2))
        place[key] = pick([`${place[key]}`, -1, 0.5, 2 ** 53, 1e300])
      else place[key] = evil()
    }
  }

  const somewhere = (tree: Tree): Tree => {
    const inner = Object.values(tree).filter((value) => value !== null && typeof value === 'object') as Tree[]
    return inner.length > 0 && chance(2) ? somewhere(pick(inner)) : tree
  }

  /** What no tree can say: words that are no JSON, keys that come twice, cut ends. */
  const spoil = (text: string): string => {
    if (chance(3)) return text.slice(0, random(text.length))
    if (chance(3)) return text.replace(/:(\d+|"[^"]*")/, () => `:${pick(WORDS)}`)
    if (chance(2)) return text.replace('{', () => `{${pick(DOUBLES)},`)
    return `${pick(['\uFEFF', '[', '{}', '//', '\u0000'])}${text}`
  }

  const topicOf = (topic: string): string => {
    if (!chance(15)) return topic
    if (chance(2)) return pick(TOPICS)
    const levels = topic.split('/')
    levels[random(levels.length)] = pick([...NAMES, '%00', '%zz', '..', '', '#', '+', 'x'.repeat(300)])
    return levels.join('/')
  }

  return () => {
    const node = chance(30) ? pick(SPEAKERS) : pick(SPEAKERS.slice(0, 2))
    const [plainTopic, tree] = message(node)
    if (chance(2)) change(tree)
    const topic = chance(50) ? plainTopic.replace(node, HONEST) : topicOf(plainTopic)
    let text = JSON.stringify(tree)
    if (chance(6)) text = spoil(text)
    // most have the right key: what has not is not looked at any further
    if (text.endsWith('}') && !chance(20)) text = withMac(macKeyOf(node), topic, text)
    const payload = Buffer.from(text)
    if (chance(40) && payload.length > 0) payload[random(payload.length)] = random(256)
    const client = chance(10) ? pick([node, HONEST, 'nobody']) : null
    return { topic, payload: payload.length > 0 ? payload : Buffer.from(' '), retained: chance(8), client }
  }
}

const nested = (depth: number): Json => {
  let tree: Json = null
  for (let i = 0; i < depth; i++) tree = i % 2 ? [tree] : { a: tree }
  return tree
}

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  'eth0',
  'mifi',
  'link',
  'x/y',
] as const

const VALUES: readonly Json[] = [
  null,
  true,
  '',
  '0',
  '7',
  'NaN',
  -1,
  0,
  1e308,
  2 ** 53,
  -0,
  0.1,
  [],
  {},
  [[]],
  { length: 2 ** 32 },
  '\u0000',
  '\uD800',
  '\u202Egnp.exe',
  'é\u{1F4A1}'.repeat(200),
  '../../etc/passwd',
  '%00',
  '2026-13-45T99:99:99Z',
  '9999-12-31T23:59:59Z',
  '-271821-04-20T00:00:00Z',
]

const WORDS = [
  'NaN',
  'Infinity',
  '-0',
  '1e999',
  '-1e999',
  '0x1F',
  '01',
  'undefined',
  '{}',
  '"',
  'null',
  '9'.repeat(400),
]
const DOUBLES = [
  '"seq":"1"',
  '"seq":null',
  '"node":"rpi4-2"',
  '"v":1,"v":1',
  '"__proto__":{"v":1}',
  '"mono":1e400',
]
const TOPICS = [
  '',
  '/',
  'ih/1',
  'ih/1/$coord/state',
  'ih/2/rpi4-1/tm',
  'ih/1/rpi4-1/cmd/rebirth',
  'ih/1/rpi4-1/want/keys',
  'ih/1/+/tm',
  'ih/1/#',
  'ih/1/rpi4-1/state/link/',
  'ih/1/rpi4-1/state/link/%E0%A4%A',
  'ih/1/rpi4-1/state/__proto__/x',
  'ih/1/constructor/tm',
  'ih/1/__proto__/tm',
  'ih/1/rpi4-1/backlog',
  '$SYS/broker',
  'a'.repeat(70_000),
]
