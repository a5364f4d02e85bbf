import { seconds } from '@infra-home/shared/clock.ts'
import { isAlive, leadsNowhere } from '@infra-home/shared/wan/path.ts'
import { statesOf } from '../../world/node.ts'
import { isGone } from '../../world/presence.ts'
import { paramsSchema } from '../params-schema.ts'
import type { Rule } from '../rule.ts'

/** No way out of the house is left: who is told of it by the internet is told later. Of a router that is gone tells `node-lost`. */
export const wanDown: Rule = {
  code: 'wan-down',
  severity: 'critical',
  advice:
    'GET /api/v1/wan says what is wrong with each uplink. What could not be told meanwhile is told when one is back.',
  defaults: { fireAfter: seconds(10), clearAfter: seconds(20) },
  paramsSchema: paramsSchema(),
  subjects: (node) => (statesOf(node, 'path').length > 0 ? ['wan'] : []),
  judge({ node }) {
    const paths = statesOf(node, 'path')
    const isDown = paths.every(([, { body }]) => leadsNowhere(body))
    const isUp = paths.some(([, { body }]) => isAlive(body))
    const isKnown = !isGone(node)
    const causes = paths.map(([id, { body }]) => `${id}: ${body.cause ?? body.state}`).join(', ')
    return {
      // between: what was about to fire is not fired by the last word of a router that is gone
      level: !isKnown ? 'between' : isDown ? 'bad' : isUp ? 'good' : 'unknown',
      cause: isDown ? 'no-path' : 'fine',
      text: isDown ? `no uplink leads to the internet (${causes})` : 'the internet is reached again',
      evidence: paths.map(([, { by }]) => by),
      nextAt: null,
    }
  },
}
