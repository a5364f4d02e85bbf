import type { Instant } from '@infra-home/shared/clock.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import type { WanPlan } from '../decide/wan-plan.ts'
import type { World } from '../world/world.ts'

/** What devices are made of. */
export type Scene = {
  readonly world: World
  readonly topology: Topology | null
  /** The way out; null where the plan has none. */
  readonly wan: WanPlan | null
  /** The coordinator's. */
  readonly version: string
  readonly now: Instant
}

/** Names have no underscore, so ids that are put together of them are nobody else's. */
export const homeId = ({ world }: Pick<Scene, 'world'>): string => `infra-home_${world.site}`
export const nodeId = (scene: Pick<Scene, 'world'>, node: string): string => `${homeId(scene)}_node_${node}`
