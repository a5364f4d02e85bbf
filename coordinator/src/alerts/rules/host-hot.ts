import { minutes } from '@infra-home/shared/clock.ts'
import { type Levels, levelOf } from '../levels.ts'
import { levelSchema, paramsSchema } from '../params-schema.ts'
import type { Rule, RuleParams } from '../rule.ts'

/** A processor near the heat at which it slows itself down: a Raspberry Pi does so at 80 °C (config.txt, temp_limit 85). */
export const hostHot: Rule<RuleParams & Levels> = {
  code: 'host-hot',
  severity: 'warning',
  advice: 'Has it air? Is its fan running? Does it stand in the sun? GET /api/v1/nodes/NODE shows its load.',
  defaults: { fireAfter: minutes(1), clearAfter: minutes(2), fire: 80, clear: 72 },
  paramsSchema: paramsSchema(levelSchema('°C', -60, 200)),
  subjects: (node) => ('host/host' in node.numbers ? [node.name] : []),
  judge({ node, params }) {
    const numbers = node.numbers['host/host']
    const celsius = numbers?.values.temperatureC
    const level = levelOf(celsius, params)
    return {
      level,
      cause: level === 'bad' ? 'heat' : 'fine',
      text:
        typeof celsius === 'number'
          ? `${node.name} is at ${celsius} °C`
          : `${node.name} tells no temperature`,
      evidence: numbers ? [numbers.by] : [],
      nextAt: null,
    }
  },
}
