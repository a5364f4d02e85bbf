import { ownRulesOf } from '../../alerts/own-rules.ts'
import type { Rule, RuleParams } from '../../alerts/rule.ts'
import type { World } from '../../world/world.ts'
import type { Table } from '../table/table.ts'

/** A rule as far as it can be shown. */
export type ShownRule = Pick<Rule, 'code' | 'severity' | 'advice' | 'defaults'>

/** Every rule that is in force: ours, then the owner's. */
export const rulesNow = (ours: readonly ShownRule[], world: World): readonly ShownRule[] => [
  ...ours,
  ...ownRulesOf(world),
]

/** The same with where they come from and what they go by. */
export const ruleViews = (ours: readonly ShownRule[], world: World) => [
  ...ours.map((rule) => ruleView(rule, null)),
  ...ownRulesOf(world).map((rule, i) => ruleView(rule, world.ownRules?.rules[i] ?? null)),
]

const ruleView = ({ code, severity, advice, defaults }: ShownRule, data: object | null) => ({
  code,
  severity,
  origin: data === null ? ('ours' as const) : ('owner' as const),
  advice,
  params: defaults,
  data,
})

export type RuleView = ReturnType<typeof ruleView>

export const rulesTable = (rules: readonly RuleView[]): Table => ({
  head: ['CODE', 'SEVERITY', 'OF', 'PARAMETERS'],
  rows: rules.map(({ code, severity, origin, params }) => [code, severity, origin, paramsText(params)]),
})

const paramsText = (params: RuleParams): string =>
  Object.entries(params)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ')
