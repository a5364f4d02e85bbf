import { type Clock, rfc3339 } from '@infra-home/shared/clock.ts'
import type { CoordinatorStateMessage } from '@infra-home/shared/messages/coordinator-state.ts'
import { LANGUAGE_VERSION } from '@infra-home/shared/messages/envelope.ts'
import type { WantMessage } from '@infra-home/shared/messages/want.ts'
import type { World } from './world/world.ts'

/** `$coord/state`: whether the coordinator is there, and in which reign. */
export const coordinatorState = (world: World, clock: Clock, state: 'online' | 'offline'): string => {
  const now = clock.now()
  const message: CoordinatorStateMessage = {
    v: LANGUAGE_VERSION,
    site: world.site,
    state,
    epoch: world.epoch,
    epochMs: Math.max(0, Math.round(now.mono - world.listeningSince)),
    at: rfc3339(now.wall),
  }
  return JSON.stringify(message)
}

/** `want/<kind>` for one node. */
export const wishOf = (
  world: World,
  node: string,
  { generation, body }: Pick<WantMessage, 'generation' | 'body'>,
): string => {
  const message: WantMessage = {
    site: world.site,
    node,
    epoch: world.epoch,
    generation,
    body,
    signature: null,
  }
  return JSON.stringify(message)
}

/** The epoch that a `$coord/state` message speaks of; null when it is none. */
export const epochIn = (payload: string): number | null => {
  try {
    const epoch = (JSON.parse(payload) as { epoch?: unknown } | null)?.epoch
    return typeof epoch === 'number' && Number.isSafeInteger(epoch) ? epoch : null
  } catch {
    return null // not JSON, so not a coordinator's word
  }
}
