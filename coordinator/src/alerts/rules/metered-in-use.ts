import { minutes } from '@infra-home/shared/clock.ts'
import { stateOf } from '../../world/node.ts'
import { paramsSchema } from '../params-schema.ts'
import { alertKey, type Rule } from '../rule.ts'

/** Traffic goes by an uplink that costs by the byte while one that does not is meant to carry it. */
export const meteredInUse: Rule = {
  code: 'metered-in-use',
  severity: 'info',
  advice:
    'GET /api/v1/wan says why; GET /api/v1/wan/usage what it costs. POST /api/v1/wan/switch sends traffic elsewhere.',
  defaults: { fireAfter: minutes(10), clearAfter: minutes(1) },
  paramsSchema: paramsSchema(),
  subjects: (node) => (stateOf(node, 'wan', 'main') ? ['wan'] : []),
  dependsOn: ({ node, plan }) => [
    ...(plan.wan?.uplinks ?? []).map(({ id }) => alertKey('uplink-down', node.name, id)),
    alertKey('wan-down', node.name, 'wan'),
  ],
  judge({ node, plan }) {
    const router = stateOf(node, 'wan', 'main')
    const uplinks = plan.wan?.uplinks ?? []
    const active = uplinks.find(({ id }) => id === router?.body.active)
    const meant = uplinks.find(({ metered, priority }) => !metered && priority < (active?.priority ?? 0))
    const isBad = active?.metered === true && meant !== undefined
    return {
      level: router === null || !active ? 'unknown' : isBad ? 'bad' : 'good',
      cause: isBad ? 'metered' : 'fine',
      text: isBad
        ? `traffic goes by ${active.id}, which is metered, and not by ${meant.id}`
        : `traffic goes by ${active?.id ?? 'no uplink of ours'}`,
      evidence: router ? [router.by] : [],
      nextAt: null,
    }
  },
}
