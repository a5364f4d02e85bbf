import { createCounters } from '@infra-home/coordinator/counters.ts'
import { createEntryStream } from '@infra-home/coordinator/audit/stream.ts'
import type { HttpContext, HttpOptions, Readiness, Scope } from '@infra-home/coordinator/http/context.ts'
import { createHttp, type HttpServer } from '@infra-home/coordinator/http/server.ts'
import type { Entry } from '@infra-home/coordinator/world/input.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { PARAMS, smallHouse, type SmallHouse } from './small-house.ts'

export type HttpHouse = {
  readonly house: SmallHouse
  readonly http: HttpServer
  readonly context: HttpContext
  readiness: Readiness
}

/** Every token and what it reaches. */
const TOKENS: Record<string, readonly Scope[]> = {
  all: ['read', 'operate', 'approve', 'admin'],
  reader: ['read'],
  operator: ['read', 'operate'],
}

export const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` })

/** The API over a small house whose journal lies in memory. */
export const httpHouse = async ({
  topology,
  ask,
  store,
  ...options
}: Partial<HttpOptions> & {
  readonly topology?: Topology
  readonly ask?: HttpContext['ask']
  readonly store?: Partial<HttpContext['store']>
} = {}): Promise<HttpHouse> => {
  const house = smallHouse()
  const stream = createEntryStream(50)
  const state = { readiness: { ready: true, reasons: [] } as Readiness }
  const push = house.journal.push.bind(house.journal)
  house.journal.push = (...entries) => {
    for (const entry of entries) stream.publish(entry)
    return push(...entries)
  }
  const context: HttpContext = {
    site: 'home',
    version: '0.0.0',
    world: house.world,
    topology: topology ?? null,
    rules: PARAMS.rules,
    channels: ['phone'],
    now: () => house.clock.now(),
    store: { ...journalStore(house.journal), ...store },
    stream,
    counters: createCounters(),
    log: () => {},
    ask: ask ?? (async (request) => house.mind.take({ kind: 'request', body: request })),
    readiness: () => state.readiness,
    testChannel: async (channel) => ({ ok: true, answer: `${channel} says HTTP 200` }),
    authenticate: (token) => (TOKENS[token] ? { owner: token, scopes: TOKENS[token] } : null),
  }
  const http = await createHttp(context, {
    host: '127.0.0.1',
    port: 0,
    allowedHosts: ['rpi4-1'],
    readNetworks: [],
    ...options,
  })
  return Object.assign(state, { house, http, context })
}

/** What the API asks of a store, over a list. */
const journalStore = (journal: readonly Entry[]): HttpContext['store'] => ({
  entry: async (id) => journal.find((entry) => entry.id === id) ?? null,
  async entries({ after = 0, before = Infinity, kinds, node, limit, newestFirst }) {
    const found = journal.filter(
      (entry) =>
        entry.pos > after &&
        entry.pos < before &&
        (kinds ? kinds.includes(entry.kind) : entry.kind !== 'numbers') &&
        (node === undefined || entry.node === node),
    )
    return (newestFirst ? found.toReversed() : found).slice(0, limit)
  },
  effectsOf: async (id, limit) =>
    journal.filter((entry) => entry.cause === id && entry.kind !== 'numbers').slice(0, limit),
  series: async ({ from, key }) =>
    journal.some((entry) => entry.kind === 'numbers' && entry.body.message.numbers[key])
      ? [
          { at: from, min: -99, max: -90, mean: -95.25, last: -91 },
          { at: from + 60_000, min: null, max: null, mean: null, last: null },
        ]
      : [],
  head: async () => ({ pos: journal.length, hash: '', epoch: 1 }),
})
