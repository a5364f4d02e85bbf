import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { paramsOf } from '@infra-home/coordinator/params.ts'
import { createCounters } from '@infra-home/coordinator/counters.ts'
import { rfc3339 } from '@infra-home/shared/clock.ts'
import { createEntryStream } from '@infra-home/coordinator/audit/stream.ts'
import type { HttpContext, HttpOptions, Readiness, Scope } from '@infra-home/coordinator/http/context.ts'
import { createHttp, type HttpServer } from '@infra-home/coordinator/http/server.ts'
import { openKeyOffice } from '@infra-home/coordinator/trust/key-office.ts'
import { openSigningKeys } from '@infra-home/coordinator/trust/signing-keys.ts'
import { openTokens } from '@infra-home/coordinator/trust/tokens.ts'
import type { Entry } from '@infra-home/coordinator/world/input.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { testDesk } from './test-desk.ts'
import { PARAMS, smallHouse, type SmallHouse } from './small-house.ts'
import { watchAnswers } from './watched-answers.ts'

export type HttpHouse = {
  readonly house: SmallHouse
  readonly http: HttpServer
  readonly context: HttpContext
  /** Every token that was used. */
  readonly used: Set<string>
  readonly logged: string[]
  /** Nodes and kinds of wishes that were told. */
  readonly wished: string[]
  readiness: Readiness
}

/** Every owner of a token and what it reaches. */
const OWNERS: Record<string, readonly Scope[]> = {
  all: ['read', 'operate', 'approve', 'admin'],
  reader: ['read'],
  operator: ['read', 'operate'],
}

/** The token of an owner; of one that nobody knows when there is no such owner. */
export const tokenOf = (owner: string): string =>
  `ih_${createHash('sha256').update(`the token of ${owner}`).digest('base64url')}`
const BY_TOKEN = new Map(Object.entries(OWNERS).map(([owner, scopes]) => [tokenOf(owner), { owner, scopes }]))

export const bearer = (owner: string): { authorization: string } => ({
  authorization: `Bearer ${tokenOf(owner)}`,
})

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
  const [used, logged, wished] = [new Set<string>(), [] as string[], [] as string[]]
  const folder = mkdtempSync(join(tmpdir(), 'infra-home-http-'))
  const tokens = openTokens(folder, { now: () => house.clock.now() })
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
    contacts: PARAMS.contacts,
    wan: paramsOf({}, topology ?? null).wan,
    now: () => house.clock.now(),
    store: { ...journalStore(house.journal), ...store },
    stream,
    counters: createCounters(),
    log: (level, sentence, fields) => void logged.push(JSON.stringify([level, sentence, fields])),
    ask: ask ?? (async (request) => house.mind.take({ kind: 'request', body: request })),
    readiness: () => state.readiness,
    broker: { connected: () => true },
    journalWaiting: () => 0,
    rssBytes: () => 100_000_000,
    testChannel: async (channel) => ({
      ok: true,
      answer: `${channel} says HTTP 200`,
      exchange: '> POST /\n< HTTP 200',
      tookMs: 12,
    }),
    authenticate(token) {
      if (token.startsWith('ih_')) used.add(token)
      return BY_TOKEN.get(token) ?? tokens.authenticate(token)
    },
    tokens,
    keyOffice: openKeyOffice(openSigningKeys(folder, { site: 'home', at: '2026-11-01T00:00:00Z' }), {
      world: house.world,
      wish: (node, kind) => void wished.push(`${node} ${kind}`),
      greet: () => void wished.push('greeting'),
      ask: (request) => context.ask(request),
      now: () => rfc3339(house.clock.now().wall),
    }),
    desk: testDesk(folder, house.clock, (request) => context.ask(request)),
    warnings: () => [],
  }
  const http = await createHttp(context, {
    host: '127.0.0.1',
    port: 0,
    allowedHosts: ['rpi4-1'],
    readNetworks: [],
    ...options,
  })
  await watchAnswers(http, { tokens: () => [...used] })
  return Object.assign(state, { house, http, context, used, logged, wished })
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
