import { bytesText } from '@infra-home/shared/bytes-text.ts'
import { seconds } from '@infra-home/shared/clock.ts'
import { usedOf } from '../../decide/wan-now.ts'
import { type Levels, levelOf } from '../levels.ts'
import { levelSchema, paramsSchema } from '../params-schema.ts'
import type { Rule, RuleParams } from '../rule.ts'
import { cappedOf } from '../quota.ts'

/** A data plan is nearly used up: what goes beyond it costs, or crawls. */
export const quotaUsed: Rule<RuleParams & Levels> = {
  code: 'quota-used',
  severity: 'critical',
  advice:
    'GET /api/v1/wan/usage shows who used it. A network can be kept off metered uplinks in topology.json (vlans[].metered).',
  defaults: { fireAfter: seconds(0), clearAfter: seconds(0), fire: 95, clear: 90 },
  paramsSchema: paramsSchema(levelSchema('percent of the plan', 0, 1000)),
  subjects: (node, plan) => cappedOf(node, plan.wan).map(({ id }) => id),
  judge({ world, node, subject, plan, params }) {
    const uplink = cappedOf(node, plan.wan).find(({ id }) => id === subject)
    const used = uplink ? usedOf(world, uplink, node.name) : null
    const percent = used && uplink ? (100 * used.bytes) / uplink.capBytes : null
    const level = levelOf(percent, params)
    return {
      level,
      cause: level === 'bad' ? (percent !== null && percent >= 100 ? 'spent' : 'nearly-spent') : 'fine',
      text:
        used && uplink && percent !== null
          ? `${subject} has used ${bytesText(used.bytes)} of ${bytesText(uplink.capBytes)} (${Math.floor(percent)} %)`
          : `nobody tells what ${subject} has used`,
      evidence: used?.evidence ?? [],
      nextAt: null,
    }
  },
}
