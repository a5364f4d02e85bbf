import { NO_WAN, type WanState } from '@infra-home/shared/wan/state.ts'
import type { Unrest } from '@infra-home/shared/wan/unrest.ts'
import { type Hands, OWN_HANDS } from './lease.ts'
import { noRepairs, type Repairs } from './repairer.ts'

/** What outlives a changed plan in one session of the agent: whoever watches and decides anew goes on from it, and keeps it up. */
export type WanMemory = {
  /** The agent's own, in the term that is. */
  hands: Hands
  /** What people wish, and what refused traffic; no more of it is known to whoever begins. */
  state: WanState
  /** How often uplinks broke of late, by their ids. */
  readonly unrest: Map<string, Unrest>
  readonly repairs: Repairs
}

export const newWanMemory = (): WanMemory => ({
  hands: OWN_HANDS,
  state: NO_WAN,
  unrest: new Map(),
  repairs: noRepairs(),
})
