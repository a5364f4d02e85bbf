import type { WanPlan } from '../decide/wan-plan.ts'
import type { NodeWorld } from '../world/node.ts'

export type Capped = WanPlan['uplinks'][number] & { readonly capBytes: number }

/** The uplinks of this node whose plan has an end. */
export const cappedOf = ({ name }: NodeWorld, wan: WanPlan | null): readonly Capped[] =>
  wan?.node === name ? wan.uplinks.filter((uplink): uplink is Capped => uplink.capBytes !== null) : []
