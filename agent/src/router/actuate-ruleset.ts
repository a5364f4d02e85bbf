import { describeError } from '@infra-home/shared/errors.ts'
import type { Sys } from '../sys/sys.ts'
import { firstDifference } from './ruleset-shape.ts'
import { type RulesetPlan, rulesetOf, TABLE } from './ruleset.ts'

export type RulesetActuated =
  /** `shown` is what the kernel says of it, without counts: what it says later is compared with that. */
  | { readonly ok: true; readonly shown: string }
  /** The kernel has what it had before, since a ruleset is taken whole or not at all; or somebody else has changed it at once. */
  | { readonly ok: false; readonly error: string }

/** Gives the kernel the ruleset of a plan, in one step, and reads it back. Never throws. */
export const actuateRuleset = async (sys: Pick<Sys, 'exec'>, plan: RulesetPlan): Promise<RulesetActuated> => {
  try {
    const asked = rulesetOf(plan)
    await sys.exec('nft', [asked])
    const shown = await shownRuleset(sys)
    if (shown === null) return { ok: false, error: 'the kernel took it and does not show it' }
    const missing = firstDifference(asked, shown)
    return missing === null
      ? { ok: true, shown }
      : { ok: false, error: `the kernel took it and does not show it as it was asked: ${missing}` }
  } catch (error) {
    return { ok: false, error: describeError(error) }
  }
}

/** Our table as the kernel shows it, without counts; null when there is none, or nft is not to be had. */
export const shownRuleset = (sys: Pick<Sys, 'exec'>): Promise<string | null> =>
  sys.exec('nft', ['-s', 'list', 'table', 'inet', TABLE]).catch(() => null)
