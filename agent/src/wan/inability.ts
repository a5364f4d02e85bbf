import type { WanRouterState } from '@infra-home/shared/messages/wan.ts'
import type { WanOptions } from './open-wan.ts'

/** Why an agent changes nothing of a router; null when it may. Pure. */
export const inabilityOf = ({
  mode,
  rights,
}: Pick<WanOptions, 'mode' | 'rights'>): WanRouterState['fault'] => {
  if (mode === 'read-only')
    return { code: 'read-only', text: 'this agent is configured to change nothing: "mode": "full" lets it' }
  return rights.includes('network-admin')
    ? null
    : { code: 'lacks-right', text: 'this agent may not change the network: it lacks CAP_NET_ADMIN' }
}
