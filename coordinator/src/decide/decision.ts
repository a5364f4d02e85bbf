import type { AlertTransition } from '../alerts/machine.ts'
import type { Severity } from '../alerts/rule.ts'
import type { SwitchReason } from '@infra-home/shared/wan/state.ts'
import type { TetherOrder } from '@infra-home/shared/messages/tether.ts'
import type { NodePresence } from '../world/node.ts'
import type { TetherStage } from '../world/tether.ts'
import type { TetherReason } from './tether-move.ts'

/** A thing to do, as data; ../act has exactly one executor for each kind. */
export type Step =
  | {
      readonly kind: 'ask-rebirth'
      readonly node: string
      readonly boot: string
      readonly generation: number
      readonly missing: readonly (readonly [number, number])[]
    }
  | {
      readonly kind: 'notify'
      readonly channel: string
      /** The deliveries that this one message settles. */
      readonly deliveries: readonly string[]
      /** Those of them that no other channel is left for, should this one refuse. */
      readonly lastWayOf: readonly string[]
    }
  | {
      readonly kind: 'switch-uplink'
      readonly node: string
      readonly boot: string
      readonly generation: number
      readonly uplink: string
      readonly reason: SwitchReason
      /** Of the router's agent, and the term of the lease under which it is ordered. */
      readonly session: number
      readonly term: number
    }
  | {
      readonly kind: 'order-tether'
      readonly node: string
      readonly boot: string
      readonly generation: number
      readonly order: TetherOrder
    }

export type StepKind = Step['kind']

type Made<Policy extends string, Reason extends string, Rest> = {
  readonly policy: Policy
  /** Why, in a word that programs may rely on. */
  readonly reason: Reason
  /** The entries that it rests on. */
  readonly evidence: readonly string[]
  /** The decision that it goes on from, if any. */
  readonly follows: string | null
  readonly steps: readonly Step[]
} & Rest

export type PresenceDecision = Made<
  'presence',
  'spoke' | 'heard' | 'silent' | 'last-will' | 'went-to-sleep',
  { readonly node: string; readonly from: NodePresence; readonly to: NodePresence }
>

export type RebirthDecision = Made<'rebirth', 'no-birth' | 'gap', { readonly node: string }>

export type AlertDecision = Made<
  'alerts',
  /** `surfaced`: it is told to whom it was not told when it fired: something else explained it, a silence kept it, or they are new. `escalated`, `repeated`: nobody has acknowledged it. */
  AlertTransition | 'surfaced' | 'escalated' | 'repeated',
  {
    readonly node: string
    readonly key: string
    readonly code: string
    readonly severity: Severity
    readonly subject: string
    readonly cause: string
    readonly text: string
    /** Who is told, and why the others are not. */
    readonly contacts: readonly string[]
    readonly silencedBy: string | null
    /** The key of the alert that explains it, while that is on. */
    readonly explainedBy: string | null
  }
>

export type DeliveryDecision = Made<
  'deliveries',
  /** `other-way`: the contact's first channel did not get through, or cannot now. */
  'due' | 'retry' | 'coalesced' | 'other-way',
  { readonly contact: string; readonly channel: string }
>

export type WanDecisionMade = Made<
  'wan',
  SwitchReason,
  { readonly node: string; readonly from: string | null; readonly to: string }
>

export type TetherDecision = Made<
  'tether',
  TetherReason,
  { readonly node: string; readonly uplink: string; readonly stage: TetherStage }
>

/** What a policy decided, and why: a closed union that reaches the journal, the log, the API and the tests. */
export type Decision =
  | PresenceDecision
  | RebirthDecision
  | AlertDecision
  | DeliveryDecision
  | WanDecisionMade
  | TetherDecision
