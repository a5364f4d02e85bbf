import { REPAIR_STEPS } from '@infra-home/shared/wan/repair.ts'
import { plannedVlansOf } from './alerts/planned-vlans.ts'
import { RULES } from './alerts/rules.gen.ts'
import type { CoordinatorConfig } from './config-schema.ts'
import { wanPlanOf } from './decide/wan-plan.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import type { Params } from './decide/policy.ts'

/** What the policies go by: every rule with the owner's parameters laid over its own, and who is told of what. */
export const paramsOf = (
  { rules = {}, channels = [], wan = {} }: Pick<CoordinatorConfig, 'rules' | 'channels' | 'wan'>,
  topology: Topology | null = null,
): Params => ({
  rules: RULES.map((rule) => ({ ...rule, defaults: { ...rule.defaults, ...rules[rule.code] } })),
  channels: channels.map(({ name, minSeverity }) => ({ name, minSeverity: minSeverity ?? 'warning' })),
  vlans: plannedVlansOf(topology),
  wan: wanPlanOf(topology, {
    timeZone: wan.timeZone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
    badHours: wan.badHours ?? [],
    drift: wan.drift ?? 'repair',
    repairs: wan.repairs ?? [...REPAIR_STEPS],
  }),
})
