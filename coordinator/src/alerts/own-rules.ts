import type { World } from '../world/world.ts'
import { dataRule } from './data-rule.ts'
import type { Rule } from './rule.ts'
import type { RuleData } from './rule-data.ts'

/** The owner's rules as the journal has them; the same data are made into rules once. Pure. */
export const ownRulesOf = ({ ownRules }: Pick<World, 'ownRules'>): readonly Rule[] => {
  if (ownRules === null) return NONE
  const known = MADE.get(ownRules.rules)
  if (known) return known
  const made = ownRules.rules.map((data) => dataRule(data) as unknown as Rule)
  MADE.set(ownRules.rules, made)
  return made
}

const NONE: readonly Rule[] = []
const MADE = new WeakMap<readonly RuleData[], readonly Rule[]>()
