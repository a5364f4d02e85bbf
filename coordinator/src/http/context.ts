import type { Instant } from '@infra-home/shared/clock.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import type { EntryStream } from '../audit/stream.ts'
import type { Bus } from '../broker/bus.ts'
import type { Counters } from '../counters.ts'
import type { WanPlan } from '../decide/wan-plan.ts'
import type { Store } from '../db/store.ts'
import type { Contact } from '../alerts/contact.ts'
import type { RuleBook } from '../alerts/rule-book.ts'
import type { ChannelTest } from '../alerts/test-channel.ts'
import type { Backups } from '../jobs/backups.ts'
import type { Desk } from '../trust/desk.ts'
import type { KeyOffice } from '../trust/key-office.ts'
import type { Tokens } from '../trust/tokens.ts'
import type { Log } from '@infra-home/shared/log.ts'
import type { Entry, Request } from '../world/input.ts'
import type { World } from '../world/world.ts'
import type { DoorOptions } from './doors.ts'
import type { ShownRule } from './views/rules.ts'

export type Scope = 'read' | 'operate' | 'approve' | 'admin'

/** Who a token stands for, and what it reaches. */
export type Bearer = { readonly owner: string; readonly scopes: readonly Scope[] }

export type Readiness = { readonly ready: boolean; readonly reasons: readonly string[] }

/** All that the HTTP room may see and ask of the rest; it writes nothing but through `ask`. */
export type HttpContext = {
  readonly site: string
  readonly version: string
  readonly world: World
  readonly topology: Topology | null
  /** Ours; the owner's stand in the world. */
  readonly rules: readonly ShownRule[]
  /** Where the owner's stand in a file; absent where there is none. */
  readonly ruleBook?: Pick<RuleBook, 'file' | 'reload'>
  readonly channels: readonly string[]
  readonly contacts: readonly Contact[]
  /** The way out, as the plan has it; null where it has none. */
  readonly wan: WanPlan | null
  readonly now: () => Instant
  readonly store: Pick<Store, 'entry' | 'entries' | 'effectsOf' | 'series' | 'head'>
  readonly stream: EntryStream
  readonly counters: Counters
  /** Absent where none are made. */
  readonly backups?: Pick<Backups, 'plan' | 'take' | 'kept' | 'failure' | 'at'>
  readonly log: Log
  /** Puts a person's request into the journal and the world; resolves when it is on the disk. */
  readonly ask: (request: Request) => Promise<Entry>
  readonly readiness: () => Readiness
  readonly broker: Pick<Bus, 'connected'>
  /** Entries that are not on the disk yet. */
  readonly journalWaiting: () => number
  /** Resident memory of this process. */
  readonly rssBytes: () => number
  /** Sends a test message through one channel and says what both sides said. */
  readonly testChannel: (channel: string, by: string) => Promise<ChannelTest>
  /** The owner and scopes of a bearer token, or null. */
  readonly authenticate: (token: string) => Bearer | null
  readonly tokens: Tokens
  readonly keyOffice: KeyOffice
  /** Where devices come and go. */
  readonly desk: Desk
  /** What is not as it should be without being broken, in sentences. */
  readonly warnings: () => readonly string[]
}

export type HttpOptions = {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Names and addresses under which requests are answered, beyond the loopback ones and `host`. */
  readonly allowedHosts: readonly string[]
  /** Networks from which reads need no token, as CIDR; loopback is always one. */
  readonly readNetworks: readonly string[]
  /** TLS; without it everything is plain. */
  readonly doors?: DoorOptions
}
