import type { Severity } from '../alerts/rule.ts'
import type { RuleData } from '../alerts/rule-data.ts'
import type { NodeMessage } from '@infra-home/shared/messages/decode.ts'
import type { Hold, Override } from '@infra-home/shared/wan/state.ts'
import type { TmMessage } from '@infra-home/shared/messages/tm.ts'
import type { Decision, StepKind } from '../decide/decision.ts'
import type { Role } from '../trust/identities.ts'
import type { RefusalReason } from '../trust/refusals.ts'
import type { Seen } from './node.ts'
import type { SelfPart } from './self.ts'
import type { Silence } from './silence.ts'

/** What a person asked for through the API. */
export type Request =
  | { readonly request: 'acknowledge'; readonly alertKey: string; readonly by: string }
  | { readonly request: 'silence'; readonly silence: Silence }
  | { readonly request: 'unsilence'; readonly id: string; readonly by: string }
  /** Traffic stays where it is until the hold ends. */
  | { readonly request: 'hold-wan'; readonly hold: Hold; readonly by: string }
  | { readonly request: 'release-wan'; readonly by: string }
  /** Traffic goes where somebody wants it until the wish ends. */
  | { readonly request: 'switch-wan'; readonly override: Override; readonly by: string }
  | { readonly request: 'end-switch-wan'; readonly by: string }
  | { readonly request: 'forget-node'; readonly node: string; readonly by: string }
  /** A test message went through a channel, past the outbox: who asked is on record. */
  | { readonly request: 'test-channel'; readonly channel: string; readonly by: string }
  /** These are the owner's rules from now on; they stand here, so that what was decided by them can be decided again. */
  | { readonly request: 'set-rules'; readonly rules: readonly RuleData[]; readonly by: string }
  /** Somebody may enrol a device, once. */
  | {
      readonly request: 'open-enrolment'
      readonly enrolment: string
      readonly node: string
      readonly role: Role
      readonly expiresAt: string
      readonly by: string
    }
  | {
      readonly request: 'withdraw-enrolment'
      readonly enrolment: string
      readonly node: string
      readonly by: string
    }
  /** A device got its first certificate; `by` is its own name, the enrolment says who let it. */
  | {
      readonly request: 'enrol'
      readonly node: string
      readonly role: Role
      readonly serial: string
      readonly notAfter: string
      readonly enrolment: string
      readonly by: string
    }
  | {
      readonly request: 'renew'
      readonly node: string
      readonly serial: string
      readonly notAfter: string
      /** The one before had expired. */
      readonly expired: boolean
      readonly by: string
    }
  /** Somebody wanted a certificate and got none; `by` is the name it went by, else where it came from. */
  | {
      readonly request: 'refuse-identity'
      readonly during: 'enrolment' | 'renewal'
      readonly reason: RefusalReason
      readonly node: string | null
      readonly source: string
      readonly by: string
    }
  | { readonly request: 'revoke-node'; readonly node: string; readonly by: string }
  /** Other people may approve; `by` is who signed that, `coordinator` for a first list, which nobody can sign. */
  | {
      readonly request: 'approvers'
      readonly list: number
      readonly hash: string | null
      readonly names: readonly string[]
      readonly by: string
    }
  /** The folder of keys was empty at the start and was written back from the database. */
  | { readonly request: 'restore-trust'; readonly files: readonly string[]; readonly by: string }
  | {
      readonly request: 'create-token'
      readonly token: string
      readonly name: string
      readonly scopes: readonly string[]
      readonly expiresAt: string | null
      readonly by: string
    }
  | {
      readonly request: 'prepare-signing-key' | 'retire-signing-key'
      readonly key: string
      readonly by: string
    }
  | { readonly request: 'revoke-token'; readonly token: string; readonly name: string; readonly by: string }
  /** Wrong API tokens came from `source`, so many since this was last said; `by` is the source. */
  | {
      readonly request: 'refuse-tokens'
      readonly source: string
      readonly attempts: number
      readonly by: string
    }
  /** Tells people something that is no alert. */
  | {
      readonly request: 'tell'
      readonly about: 'digest' | 'deposed'
      /** Info when it is not said. */
      readonly severity?: Severity
      readonly contacts: readonly string[]
      readonly title: string
      readonly text: string
      readonly by: string
    }

export type StepOutcome =
  | { readonly ok: true; readonly answer: string | null }
  | {
      readonly ok: false
      readonly error: string
      readonly retryable: boolean
      /** Our own end came between: that says nothing of the other side. */
      readonly interrupted?: true
      /** The other side wants to be left alone for so long. */
      readonly retryAfterMs?: number
      /** It is certain that nothing went out. */
      readonly unsent?: true
    }

/** Everything that may be appended to the journal, by kind of entry. */
export type EntryBodies = {
  message: {
    readonly seen: Seen
    readonly said: Exclude<NodeMessage, { kind: 'tm' | 'backlog' }>
    /** A broker had kept it: nobody knows whether its node is still there. */
    readonly retained?: true
  }
  numbers: { readonly seen: Seen; readonly message: TmMessage }
  tick: { readonly subjects: readonly string[] }
  request: Request
  decision: Decision
  'step-started': { readonly id: string; readonly kind: StepKind }
  'step-finished': { readonly id: string; readonly outcome: StepOutcome; readonly tookMs: number }
  system:
    | {
        readonly event: 'started'
        readonly version: string
        readonly boot: string
        readonly machineMono: number
      }
    | { readonly event: 'stopped' }
    /** One of the things that the coordinator depends on broke, or works again. */
    | {
        readonly event: 'self'
        readonly part: SelfPart
        readonly ok: boolean
        readonly detail: string | null
      }
    /** The newest backup is another than before; null: there is none. */
    | { readonly event: 'newest-backup'; readonly at: string | null }
    /** A higher epoch was seen soon after the start, as after a restore from a backup: this reign goes on above it. */
    | { readonly event: 'resumed-above'; readonly epoch: number }
    | { readonly event: 'deposed'; readonly by: number }
    | { readonly event: 'clock-step'; readonly byMs: number }
    /** A node has kept another hash of a position that is here: somebody wrote another past. */
    | {
        readonly event: 'journal-rewritten'
        readonly node: string
        readonly position: number
        readonly expected: string
        readonly found: string
      }
    /** A node has seen more of the journal than there is, or was: behind `from` it is not the same any more. */
    | {
        readonly event: 'journal-shorter'
        readonly node: string
        readonly position: number
        readonly from: number
        readonly missing: number
      }
}

export type EntryKind = keyof EntryBodies

/** One line of the journal, typed by its kind. */
export type Entry = {
  [K in EntryKind]: {
    /** Consecutive from 1. */
    readonly pos: number
    readonly id: string
    readonly site: string
    /** When it was taken in, wall clock. */
    readonly at: string
    /** The same by the coordinator's continuous clock, milliseconds. */
    readonly mono: number
    readonly epoch: number
    readonly kind: K
    readonly node: string | null
    /** The entry that brought it about. */
    readonly cause: string | null
    readonly body: EntryBodies[K]
  }
}[EntryKind]

/** Entries that come from outside; the others follow from them. */
export const isInput = (entry: { readonly kind: EntryKind }): boolean => entry.kind !== 'decision'
