import type { WanHolder } from '@infra-home/shared/messages/wan.ts'
import type { LastHold } from './last-hold.ts'
import type { TetherFact } from './tether.ts'
import { NO_WAN, type WanState } from '@infra-home/shared/wan/state.ts'

/** One move of traffic: decided here, or by the router's agent while nobody had the lease. */
export type WanRecord = {
  /** The entry that says it. */
  readonly id: string
  /** When it was decided, RFC 3339. */
  readonly at: string
  /** When it was learnt of here, RFC 3339: later, where the router's agent decided and could not say so then. */
  readonly toldAt: string
  readonly by: WanHolder
  readonly from: string | null
  readonly to: string
  readonly reason: string
  /** Null while nothing was heard of it. */
  readonly ok: boolean | null
  readonly error: string | null
  readonly swept: number | null
  /** From the order's arrival to its being read back. */
  readonly tookMs: number | null
}

/** What is known of the way out of the house. */
export type WanWorld = {
  /** Whose uplinks they are; null where the plan has none. */
  router: string | null
  state: WanState
  /** The last to be decided is last, whoever decided it, and whenever that was told. */
  history: WanRecord[]
  lastHold: LastHold | null
  /** Moves that were done, by reason. */
  switches: Record<string, number>
  /** Of phones that lend their network, by uplink; those that were never asked to are not in it. */
  tethers: Record<string, TetherFact>
}

export const newWan = (router: string | null): WanWorld => ({
  router,
  state: NO_WAN,
  history: [],
  lastHold: null,
  switches: {},
  tethers: {},
})
