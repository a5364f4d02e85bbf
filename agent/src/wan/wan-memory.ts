import { NO_WAN, type WanState } from '@infra-home/shared/wan/state.ts'
import { type Hands, OWN_HANDS } from './lease.ts'
import { noRepairs, type Repairs } from './repairer.ts'

/** What outlives a changed plan in one session of the agent: whoever watches and decides anew goes on from it, and keeps it up. */
export type WanMemory = {
  /** The agent's own, in the term that is. */
  hands: Hands
  /** What people wish, what refused traffic, and how often paths broke; no more of it is known to whoever begins. */
  state: WanState
  /** The uplink that our default is to lead to, and by what; null while none was chosen or found. */
  meant: { readonly uplink: string; readonly interface: string } | null
  /** Where defaults of ours were: who has such a place now took it from us. */
  ours: ReadonlySet<string>
  readonly repairs: Repairs
}

export const newWanMemory = (): WanMemory => ({
  hands: OWN_HANDS,
  state: NO_WAN,
  meant: null,
  ours: new Set(),
  repairs: noRepairs(),
})
