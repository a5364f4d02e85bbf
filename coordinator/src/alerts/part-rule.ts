import type { SelfPart } from '../world/self.ts'
import { paramsSchema } from './params-schema.ts'
import type { RuleParams } from './rule.ts'
import type { SiteRule } from './site-rule.ts'

/** A rule about something that the coordinator looks after itself. */
export const partRule = ({
  part,
  fine,
  ...rule
}: Pick<SiteRule, 'code' | 'severity' | 'advice' | 'dependsOn'> & {
  readonly part: SelfPart
  /** What people are told when it is over. */
  readonly fine: string
  readonly defaults: RuleParams
}): SiteRule => ({
  ...rule,
  paramsSchema: paramsSchema(),
  judge({ world }) {
    const fact = world.self.parts[part]
    if (!fact) return null
    return {
      level: fact.ok ? 'good' : 'bad',
      cause: fact.ok ? 'fine' : part,
      text: fact.ok ? fine : (fact.detail ?? `trouble with the ${part}`),
      evidence: [fact.by],
      nextAt: null,
    }
  },
})
