import type { MonoMs } from '@infra-home/shared/clock.ts'
import type { AlertFact } from './alert.ts'
import { isGone } from './presence.ts'
import type { World } from './world.ts'

/** The alert that says that no way out of the house is left. */
export const LINE = 'wan-down'

/** Whether it says so now; on its way out it no longer does. */
export const isBroken = ({ stage }: Pick<AlertFact, 'stage'>): boolean =>
  stage === 'pending' || stage === 'firing'

/** Whether nothing leads to the internet, as far as is known: a router that is gone said so of another time. Pure. */
export const isOffline = ({ alerts, nodes }: Pick<World, 'alerts' | 'nodes'>): boolean =>
  Object.values(alerts).some((alert) => {
    const router = nodes[alert.node]
    return alert.code === LINE && isBroken(alert) && !(router && isGone(router))
  })

/** Whether nothing led there at some time since `since`, as far as is remembered; the end counts until it was believed. Pure. */
export const wasOffline = (
  { alerts, nodes, resolved }: Pick<World, 'alerts' | 'nodes' | 'resolved'>,
  since: MonoMs,
): boolean =>
  isOffline({ alerts, nodes }) ||
  [...Object.values(alerts), ...resolved].some(
    ({ code, stage, stageSince }) => code === LINE && stage !== 'pending' && stageSince >= since,
  )
