import type { Instant } from '@infra-home/shared/clock.ts'
import type { World } from '../world/world.ts'
import type { Rule, RuleParams, Verdict } from './rule.ts'

/** Whose alerts they are: the coordinator's own. */
export const COORDINATOR = 'coordinator'

/** A kind of trouble of the coordinator itself: one file each. */
export type SiteRule<Params extends RuleParams = RuleParams> = Pick<
  Rule<Params>,
  'code' | 'severity' | 'advice' | 'defaults' | 'paramsSchema'
> & {
  /** Null while there is nothing to judge. */
  judge(look: { readonly world: World; readonly now: Instant; readonly params: Params }): Verdict | null
  /** Codes of alerts, on whatever node, that explain this one while they are on. */
  readonly dependsOn?: readonly string[]
}
