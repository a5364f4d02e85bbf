import type { DurationMs, Instant, MonoMs } from '@infra-home/shared/clock.ts'
import type { WanPlan } from '../decide/wan-plan.ts'
import type { NodeWorld } from '../world/node.ts'
import type { World } from '../world/world.ts'
import type { Level } from './machine.ts'
import type { PlannedVlans } from './planned-vlans.ts'

export type Severity = 'info' | 'warning' | 'critical'

/** From the mildest on. */
export const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 }

export const isSeverity = (text: string): text is Severity => Object.hasOwn(RANK, text)

/** What a rule says of one subject now, and why. */
export type Verdict = {
  readonly level: Level
  /** A stable word for what is wrong (`no-sim`, `radio-lost`), `fine` when nothing is. */
  readonly cause: string
  /** One sentence for people, with values and units. */
  readonly text: string
  /** Ids of the entries that the verdict rests on. */
  readonly evidence: readonly string[]
  /** When it may change without anything new being heard (something grows stale). */
  readonly nextAt: MonoMs | null
  /** How long this has to last before it fires, where that is not what the rule says. */
  readonly fireAfter?: DurationMs
  /** How bad it is, where that is not what the rule says; the same at every level, and kept while an alert is on. */
  readonly severity?: Severity
}

export type RuleParams = { readonly fireAfter: DurationMs; readonly clearAfter: DurationMs }

/** A kind of trouble: one file each. Rules look at one node at a time, so that a change costs what changed. */
export type Rule<Params extends RuleParams = RuleParams> = {
  readonly code: string
  readonly severity: Severity
  /** What to do about it, for people. */
  readonly advice: string
  readonly defaults: Params
  /** JSON Schema of the parameters that the configuration may set. */
  readonly paramsSchema: object
  /** What the rule can speak of on this node: modem ids, link names, or the node itself. */
  subjects(node: NodeWorld, plan: RulePlan): readonly string[]
  judge(look: About & { readonly world: World; readonly now: Instant; readonly params: Params }): Verdict
  /** Keys of alerts that explain this one: while one of them is on, nobody is told of it. */
  dependsOn?(about: About): readonly string[]
  /** Codes of alerts that do so, whatever they speak of on the same node; of the whole line, on whichever. */
  readonly dependsOnCodes?: readonly string[]
}

type About = { readonly node: NodeWorld; readonly subject: string; readonly plan: RulePlan }

/** What the owner's plan says that rules go by. */
export type RulePlan = {
  /** Null where the plan has no uplink. */
  readonly wan: WanPlan | null
  readonly vlans: PlannedVlans
}

export const alertKey = (code: string, node: string, subject: string): string => `${code}:${node}:${subject}`
