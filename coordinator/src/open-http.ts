import type { Channel } from './alerts/channels/channel.ts'
import type { RuleBook } from './alerts/rule-book.ts'
import { testChannel } from './alerts/test-channel.ts'
import type { Witnessing } from './audit/witnessing.ts'
import type { Coordinator } from './coordinator.ts'
import type { Params } from './decide/policy.ts'
import type { Store } from './db/store.ts'
import type { HttpContext } from './http/context.ts'
import { createHttp, type HttpServer } from './http/server.ts'
import type { Backups } from './jobs/backups.ts'
import { warningsOf } from './open-desk.ts'
import type { Trust } from './open-trust.ts'
import type { RunOptions } from './run.ts'
import type { Authenticate } from './trust/admin-token.ts'
import type { Desk } from './trust/desk.ts'
import type { KeyOffice } from './trust/key-office.ts'
import type { Tokens } from './trust/tokens.ts'
import { HTTP_PORT, THIS_MACHINE } from './usual-places.ts'

export type HttpParts = {
  readonly store: Store
  readonly coordinator: Coordinator
  readonly channels: readonly Channel[]
  readonly backups: Backups
  /** Of the administrator's own token. */
  readonly authenticate: Authenticate
  readonly tokens: Tokens
  readonly desk: Desk
  readonly keyOffice: KeyOffice
  readonly witnessing: Witnessing
  readonly trust: Trust
  readonly params: Params
  readonly ruleBook: RuleBook
  /** Files that others may change, and whether each can be read. */
  readonly books: readonly { fault(): string | null }[]
}

/** The API over the parts of a running coordinator, as the configuration wants it; it does not listen yet. */
export const openHttp = (options: RunOptions, parts: HttpParts): Promise<HttpServer> => {
  const { http, insecureHttp = false } = options.loaded.config
  return createHttp(contextOf(options, parts), {
    host: http?.host ?? THIS_MACHINE,
    port: http?.port ?? HTTP_PORT,
    allowedHosts: http?.allowedHosts ?? [],
    readNetworks: http?.readNetworks ?? [],
    doors: { certificates: parts.trust.certificates, insecure: insecureHttp },
  })
}

const contextOf = (
  { loaded, version, log }: RunOptions,
  {
    params,
    ruleBook,
    store,
    coordinator,
    channels,
    backups,
    tokens,
    desk,
    keyOffice,
    witnessing,
    books,
    ...parts
  }: HttpParts,
): HttpContext => ({
  site: loaded.site,
  version,
  topology: loaded.topology,
  rules: [...params.rules, ...params.siteRules],
  ruleBook,
  channels: channels.map(({ name }) => name),
  contacts: params.contacts,
  wan: params.wan,
  world: coordinator.world,
  now: () => coordinator.clock.now(),
  store,
  stream: coordinator.stream,
  counters: coordinator.counters,
  backups,
  keyOffice,
  log,
  ask: (request) => coordinator.ask(request),
  readiness() {
    const faults = books.flatMap((book) => book.fault() ?? [])
    const reasons = [...coordinator.readiness().reasons, ...witnessing.reasons(), ...faults]
    return { ready: reasons.length === 0, reasons }
  },
  broker: coordinator.bus,
  journalWaiting: coordinator.journalWaiting,
  rssBytes: () => process.memoryUsage.rss(),
  testChannel: (name, by) => testChannel(coordinator, channels, { name, by }),
  authenticate: (text) => parts.authenticate(text) ?? tokens.authenticate(text),
  tokens,
  desk,
  warnings: () => [...warningsOf(loaded.config), ...[ruleBook.fault()].filter((fault) => fault !== null)],
})
