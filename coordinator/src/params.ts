import { REPAIR_STEPS } from '@infra-home/shared/wan/repair.ts'
import { milliseconds } from '@infra-home/shared/clock.ts'
import { contactsOf, repeatsOf } from './alerts/contacts-of.ts'
import { plannedVlansOf } from './alerts/planned-vlans.ts'
import type { RuleParams } from './alerts/rule.ts'
import { RULES } from './alerts/rules.gen.ts'
import { SITE_RULES } from './alerts/site-rules.gen.ts'
import type { CoordinatorConfig } from './config-schema.ts'
import { wanPlanOf } from './decide/wan-plan.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import type { Params } from './decide/policy.ts'

/** What the policies go by: every rule with the owner's parameters laid over its own, and who is told of what. */
export const paramsOf = (
  config: Pick<CoordinatorConfig, 'rules' | 'channels' | 'contacts' | 'alerting' | 'wan'>,
  topology: Topology | null = null,
): Params => {
  const { rules = {}, wan = {}, alerting = {} } = config
  const timeZone = wan.timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone
  return {
    rules: RULES.map((rule) => laidOver(rule, rules)),
    siteRules: SITE_RULES.map((rule) => laidOver(rule, rules)),
    contacts: contactsOf(config, timeZone),
    repeats: repeatsOf(config),
    groupFor: milliseconds(alerting.groupMs ?? 10_000),
    vlans: plannedVlansOf(topology),
    wan: wanPlanOf(topology, {
      timeZone,
      badHours: wan.badHours ?? [],
      drift: wan.drift ?? 'repair',
      repairs: wan.repairs ?? [...REPAIR_STEPS],
    }),
  }
}

/** A rule with the owner's parameters over its own. */
const laidOver = <R extends { readonly code: string; readonly defaults: RuleParams }>(
  rule: R,
  rules: NonNullable<CoordinatorConfig['rules']>,
): R => ({ ...rule, defaults: { ...rule.defaults, ...rules[rule.code] } })
