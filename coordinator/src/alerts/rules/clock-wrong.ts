import { minutes, seconds } from '@infra-home/shared/clock.ts'
import { type Levels, levelOf } from '../levels.ts'
import { levelSchema, paramsSchema } from '../params-schema.ts'
import { alertKey, type Rule, type RuleParams } from '../rule.ts'
import { COORDINATOR } from '../site-rule.ts'

/** A machine whose wall clock is not ours. What it tells is put right by its monotonic clock; certificates and logs are not. */
export const clockWrong: Rule<RuleParams & Levels> = {
  code: 'clock-wrong',
  severity: 'warning',
  advice: 'A Pi has no clock of its own: does it reach a time server? `timedatectl timesync-status` tells.',
  defaults: { fireAfter: seconds(90), clearAfter: minutes(1), fire: 10_000, clear: 2000 },
  paramsSchema: paramsSchema(levelSchema('milliseconds beside ours', 0, 86_400_000)),
  subjects: (node) => (node.clock === null ? [] : [node.name]),
  dependsOn: () => [alertKey('own-clock-wrong', COORDINATOR, COORDINATOR)],
  judge({ node, params }) {
    const offset = node.clock?.offsetMs ?? 0
    const level = levelOf(Math.abs(offset), params)
    return {
      level,
      cause: level === 'bad' ? (offset > 0 ? 'ahead' : 'behind') : 'fine',
      text: `the clock of ${node.name} is ${Math.round(Math.abs(offset) / 100) / 10} s ${offset > 0 ? 'ahead' : 'behind'}`,
      evidence: node.lastBy ? [node.lastBy] : [],
      nextAt: null,
    }
  },
}
