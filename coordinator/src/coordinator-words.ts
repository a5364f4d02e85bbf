import { type Clock, rfc3339 } from '@infra-home/shared/clock.ts'
import type { CoordinatorStateMessage } from '@infra-home/shared/messages/coordinator-state.ts'
import { LANGUAGE_VERSION } from '@infra-home/shared/messages/envelope.ts'
import type { LeaseMessage } from '@infra-home/shared/messages/lease.ts'
import type { WantMessage } from '@infra-home/shared/messages/want.ts'
import type { Signable } from '@infra-home/shared/seal/signature.ts'
import type { SigningKeys } from './trust/signing-keys.ts'
import type { World } from './world/world.ts'

/** `$coord/state`: whether the coordinator is there, and in which reign. */
export const coordinatorState = (
  world: World,
  clock: Clock,
  state: 'online' | 'offline',
): Omit<CoordinatorStateMessage, 'signature'> => {
  return { ...headOf(world, clock), state }
}

/** `lease`: that the coordinator decides over a router's uplinks, in a session and a term of the router's. */
export const leaseOf = (
  world: World,
  clock: Clock,
  lease: Pick<LeaseMessage, 'node' | 'session' | 'term' | 'lastsMs'>,
): LeaseMessage => ({ ...headOf(world, clock), ...lease })

/** In which reign it is said, and when. */
const headOf = (world: World, clock: Clock) => {
  const now = clock.now()
  return {
    v: LANGUAGE_VERSION,
    site: world.site,
    epoch: world.epoch,
    epochMs: Math.max(0, Math.round(now.mono - world.listeningSince)),
    at: rfc3339(now.wall),
  } as const
}

/** `want/<kind>` for one node. */
export const wishOf = (
  world: World,
  node: string,
  { generation, body }: Pick<WantMessage, 'generation' | 'body'>,
): Omit<WantMessage, 'signature'> => ({ site: world.site, node, epoch: world.epoch, generation, body })

/** What a coordinator of this home said of its reign. */
export type ReignWord = { readonly epoch: number; readonly state: 'online' | 'offline' }

/** What `$coord/state` says, if it was signed with a key of ours; null when it is none, or somebody else's. */
export const reignIn = (payload: string, isOurs: SigningKeys['isOurs']): ReignWord | null => {
  try {
    const said = JSON.parse(payload) as
      | (Signable & { readonly epoch?: unknown; readonly state?: unknown })
      | null
    if (said === null || typeof said.signature !== 'string' || !isOurs(said)) return null
    const { epoch, state } = said
    if (typeof epoch !== 'number' || !Number.isSafeInteger(epoch)) return null
    return state === 'online' || state === 'offline' ? { epoch, state } : null
  } catch {
    return null // not JSON, so not a coordinator's word
  }
}
