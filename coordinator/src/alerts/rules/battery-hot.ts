import { minutes } from '@infra-home/shared/clock.ts'
import { type Levels, levelOf } from '../levels.ts'
import { levelSchema, paramsSchema } from '../params-schema.ts'
import type { Rule, RuleParams } from '../rule.ts'

/** Lithium cells are charged up to 45 °C (IEC 62133-2), and swell above. */
export const batteryHot: Rule<RuleParams & Levels> = {
  code: 'battery-hot',
  severity: 'critical',
  advice:
    'Take it out of the sun and off its charger, and look whether it swells. While it is so hot it lends its network to nobody.',
  defaults: { fireAfter: minutes(1), clearAfter: minutes(5), fire: 45, clear: 40 },
  paramsSchema: paramsSchema(levelSchema('°C', -60, 200)),
  subjects: (node) => ('battery/own' in node.numbers ? [node.name] : []),
  judge({ node, params }) {
    const numbers = node.numbers['battery/own']
    const celsius = numbers?.values.temperatureC
    const level = levelOf(celsius, params)
    return {
      level,
      cause: level === 'bad' ? 'heat' : 'fine',
      text:
        typeof celsius === 'number'
          ? `the battery of ${node.name} is at ${celsius} °C`
          : `${node.name} tells no heat of its battery`,
      evidence: numbers ? [numbers.by] : [],
      nextAt: null,
    }
  },
}
