import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createIngest } from '@infra-home/coordinator/ingest/ingest.ts'
import { createMind } from '@infra-home/coordinator/mind.ts'
import { emptyWorld, type World } from '@infra-home/coordinator/world/world.ts'
import { ulidFactory } from '@infra-home/shared/ulid.ts'
import { fakeClock } from '../helpers/fake-clock.ts'
import { LINK, voice } from '../helpers/said.ts'
import { PARAMS } from '../helpers/small-house.ts'
import { testTrust } from '../helpers/test-trust.ts'
import { HONEST, type HostileArrival, hostilePayloads } from './hostile-payloads.ts'
import { randomFrom } from './mangle.ts'

export type HostileReport = {
  readonly count: number
  readonly accepted: number
  /** Reason → count. */
  readonly rejected: Readonly<Record<string, number>>
  /** Payloads that were neither, with what was thrown for those that threw. */
  readonly lost: readonly string[]
  /** How many messages of the honest node were not taken in. */
  readonly unheard: number
  readonly world: World
  /** Bytes in use after a collection: half way, and at the end. */
  readonly heap: readonly [halfWay: number, end: number]
  readonly seconds: number
}

const HONEST_EVERY = 100
const MOST_LOST = 20

/** Sends `count` hostile payloads through the ingest of a coordinator whose decisions are made and whose journal is not kept. */
export const runHostile = async (seed: number, count: number): Promise<HostileReport> => {
  const clock = fakeClock()
  const world = { ...emptyWorld('home', null), epoch: 1 }
  const trust = testTrust('home')
  let chance = 0
  const mind = createMind({
    world,
    params: PARAMS,
    clock,
    newId: ulidFactory(() => [1, ++chance]),
    record() {},
    act() {},
  })
  const rejected: Record<string, number> = {}
  let accepted = 0
  const outcomes = (): number => accepted + Object.values(rejected).reduce((sum, n) => sum + n, 0)
  const ingest = createIngest({
    world,
    now: () => clock.now(),
    knows: (node) => node !== 'stranger',
    macKeyOf: trust.macKeyOf,
    accept(draft) {
      mind.take(draft)
      accepted++
    },
    repeated() {},
    reject: ({ reason }) => (rejected[reason] = (rejected[reason] ?? 0) + 1),
  })

  const honest = voice(HONEST, clock)
  const hearHonest = ([topic, message]: readonly [string, object]): boolean => {
    const before = accepted
    ingest({ topic, payload: Buffer.from(trust.sealed(topic, message)), retained: false, client: HONEST })
    return accepted === before + 1
  }
  hearHonest(honest.birth())

  const next = hostilePayloads({ random: randomFrom(seed), clock, macKeyOf: trust.macKeyOf })
  const lost: string[] = []
  let unheard = 0
  let halfWay = 0
  const begun = performance.now()
  for (let i = 0; i < count; i++) {
    const arrival = next()
    if (lost.length > MOST_LOST) break
    const before = outcomes()
    try {
      ingest(arrival)
      if (outcomes() === before) lost.push(lossOf(i, arrival, 'nothing became of it'))
    } catch (error) {
      lost.push(lossOf(i, arrival, String((error as Error).stack)))
    }
    if (i % HONEST_EVERY === 0) {
      if (!hearHonest(honest.state('link', 'eth0', LINK))) unheard++
      await clock.advance(10 as Parameters<typeof clock.advance>[0])
    }
    if (i === Math.floor(count / 2)) halfWay = heapNow()
  }
  const seconds = (performance.now() - begun) / 1000
  const heap = [halfWay, heapNow()] as const
  return { count, accepted, rejected, lost, unheard, world, heap, seconds }
}

const lossOf = (i: number, { topic, payload }: HostileArrival, why: string): string =>
  `${i}: ${topic.slice(0, 80)} ${payload.toString().slice(0, 200)}: ${why}`

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const heapNow = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}
