import { describeError, isInfraError } from '@infra-home/shared/errors.ts'
import type { Sys } from '../sys/sys.ts'
import { firstDifference } from './ruleset-shape.ts'
import { type RulesetPlan, rulesetOf, TABLE } from './ruleset.ts'

export type RulesetActuated =
  /** `shown` is what the kernel says of it, without counts: what it says later is compared with that. */
  | { readonly ok: true; readonly shown: string }
  /** The kernel has what it had before, since a ruleset is taken whole or not at all; or it took it, and `shown` is not what was asked for. */
  | { readonly ok: false; readonly error: string; readonly shown: string | null }

/** Gives the kernel the ruleset of a plan, in one step, and reads it back. Never throws. */
export const actuateRuleset = async (sys: Pick<Sys, 'exec'>, plan: RulesetPlan): Promise<RulesetActuated> => {
  try {
    const asked = rulesetOf(plan)
    await sys.exec('nft', [asked])
    const shown = await shownRuleset(sys)
    if (shown === null) return { ok: false, error: 'the kernel took it and does not show it', shown }
    const missing = firstDifference(asked, shown)
    return missing === null
      ? { ok: true, shown }
      : { ok: false, error: `the kernel took it and does not show it as it was asked: ${missing}`, shown }
  } catch (error) {
    return { ok: false, error: describeError(error), shown: null }
  }
}

/** Our table as the kernel shows it, without counts; null when there is none. @throws InfraError exec-timeout of a machine too busy to say */
export const shownRuleset = (sys: Pick<Sys, 'exec'>): Promise<string | null> =>
  sys.exec('nft', ['-s', 'list', 'table', 'inet', TABLE]).catch((error: unknown) => {
    if (isInfraError(error, 'exec-timeout')) throw error
    return null
  })
