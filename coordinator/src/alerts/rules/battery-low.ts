import { minutes } from '@infra-home/shared/clock.ts'
import { stateOf } from '../../world/node.ts'
import { type Levels, levelOf } from '../levels.ts'
import { levelSchema, paramsSchema } from '../params-schema.ts'
import { alertKey, type Rule, type RuleParams } from '../rule.ts'

/** A phone that will be gone soon: little is left, and nothing comes in. */
export const batteryLow: Rule<RuleParams & Levels> = {
  code: 'battery-low',
  severity: 'warning',
  advice: 'Plug it in. While it is so low it lends its network to nobody.',
  defaults: { fireAfter: minutes(2), clearAfter: minutes(2), fire: 20, clear: 30 },
  paramsSchema: paramsSchema(levelSchema('percent of its charge', 0, 100)),
  subjects: (node) => ('battery/own' in node.numbers ? [node.name] : []),
  judge({ node, params }) {
    const numbers = node.numbers['battery/own']
    const percent = numbers?.values.batteryPercent
    const isCharging = stateOf(node, 'battery', 'own')?.body.charging === true
    const level = isCharging ? 'good' : levelOf(percent, params)
    const charge = typeof percent === 'number' ? `${percent} % of its charge` : 'an unknown charge'
    return {
      level,
      cause: level === 'bad' ? 'discharged' : 'fine',
      text: `${node.name} has ${charge} left${isCharging ? ' and is being charged' : ''}`,
      evidence: numbers ? [numbers.by] : [],
      nextAt: null,
    }
  },
  dependsOn: ({ node }) => [alertKey('battery-not-charging', node.name, node.name)],
}
