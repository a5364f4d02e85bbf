import type { World } from '../world/world.ts'
import { ownRulesOf } from './own-rules.ts'
import { RULES } from './rules.gen.ts'
import { SITE_RULES } from './site-rules.gen.ts'

/** What its rule says to do about an alert; null of a rule that is no more. Pure. */
export const adviceOf = (code: string, world: Pick<World, 'ownRules'>): string | null => {
  const ofUs = [...RULES, ...SITE_RULES].find((rule) => rule.code === code)
  return (ofUs ?? ownRulesOf(world).find((rule) => rule.code === code))?.advice ?? null
}
