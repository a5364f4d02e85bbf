import { seconds } from '@infra-home/shared/clock.ts'
import { stateOf } from '../../world/node.ts'
import type { Rule } from '../rule.ts'

/** The router cannot have its kernel as it should be: it lacks a right, or a change failed and was undone. */
export const routerFault: Rule = {
  code: 'router-fault',
  severity: 'critical',
  advice:
    'Traffic stays where it is, whatever happens to it. GET /api/v1/wan says what is wrong; the router’s agent needs "mode": "full", CAP_NET_ADMIN, and ip, nft and conntrack.',
  defaults: { fireAfter: seconds(30), clearAfter: seconds(5) },
  paramsSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      fireAfter: { type: 'integer', minimum: 0, description: 'milliseconds of a fault before it fires' },
      clearAfter: { type: 'integer', minimum: 0, description: 'milliseconds without one before it clears' },
    },
  },
  subjects: (node) => (stateOf(node, 'wan', 'main') ? ['wan'] : []),
  judge({ node }) {
    const state = stateOf(node, 'wan', 'main')
    const fault = state?.body.fault ?? null
    // read-only is as it was configured; of drift tells an alert of its own
    const isFine = fault === null || fault.code === 'read-only' || fault.code === 'drift'
    return {
      level: isFine ? 'good' : 'bad',
      cause: isFine ? 'fine' : fault.code,
      text: isFine ? `${node.name} has its routes as they should be` : `${node.name}: ${fault.text}`,
      evidence: state ? [state.by] : [],
      nextAt: null,
    }
  },
}
