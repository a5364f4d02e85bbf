import type { DurationMs, Instant, MonoMs } from '@infra-home/shared/clock.ts'
import type { Contact, Repeats } from '../alerts/contact.ts'
import type { Rule, RulePlan } from '../alerts/rule.ts'
import type { SiteRule } from '../alerts/site-rule.ts'
import type { NodeWorld } from '../world/node.ts'
import type { World } from '../world/world.ts'
import type { Decision } from './decision.ts'

/** What the owner may set about deciding, resolved with defaults. */
export type Params = {
  readonly rules: readonly Rule[]
  readonly siteRules: readonly SiteRule[]
  readonly contacts: readonly Contact[]
  readonly repeats: Repeats
  /** How long what is not critical waits for company before it is told. */
  readonly groupFor: DurationMs
} & RulePlan

export type Verdict = {
  readonly decisions: readonly Decision[]
  /** When to look again even if nothing is heard; null: never. */
  readonly nextAt: MonoMs | null
}

export const NOTHING: Verdict = { decisions: [], nextAt: null }

/** Decides about one node, or about the site. Pure: what is, what time it is, and the parameters; nothing else. */
export type Policy =
  | {
      readonly name: Decision['policy']
      readonly scope: 'node'
      /** It is asked about a node that is forgotten and has alerts, too: as one that was never heard. */
      readonly evenForgotten?: true
      decide(look: { world: World; node: NodeWorld; now: Instant; params: Params }): Verdict
    }
  | {
      readonly name: Decision['policy']
      readonly scope: 'site'
      /** It goes on when another coordinator rules: it commands nobody. */
      readonly evenDeposed?: true
      decide(look: { world: World; now: Instant; params: Params }): Verdict
    }

export const earliest = (...times: readonly (MonoMs | null)[]): MonoMs | null =>
  times.reduce<MonoMs | null>(
    (first, at) => (at !== null && (first === null || at < first) ? at : first),
    null,
  )
