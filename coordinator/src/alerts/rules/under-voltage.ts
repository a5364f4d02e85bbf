import { minutes, seconds } from '@infra-home/shared/clock.ts'
import { stateOf } from '../../world/node.ts'
import { paramsSchema } from '../params-schema.ts'
import type { Rule } from '../rule.ts'

/** A supply below 4.63 V, by the Raspberry Pi's own detector: it slows down, and writes to its card may get lost. */
export const underVoltage: Rule = {
  code: 'under-voltage',
  severity: 'warning',
  advice: 'A better power supply or a shorter cable; what else draws from it at USB?',
  defaults: { fireAfter: seconds(5), clearAfter: minutes(10) },
  paramsSchema: paramsSchema(),
  subjects: (node) =>
    typeof stateOf(node, 'host', 'host')?.body.underVoltage === 'boolean' ? [node.name] : [],
  judge({ node }) {
    const state = stateOf(node, 'host', 'host')
    const isLow = state?.body.underVoltage === true
    return {
      level: isLow ? 'bad' : 'good',
      cause: isLow ? 'supply' : 'fine',
      text: isLow ? `${node.name} gets too little voltage` : `${node.name} gets enough voltage`,
      evidence: state ? [state.by] : [],
      nextAt: null,
    }
  },
}
