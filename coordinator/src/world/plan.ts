import { routerOf } from '@infra-home/shared/topology/router-of.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { newNode } from './node.ts'
import { isHost, plannedNodes, type World } from './world.ts'

/** Takes today's plan into a world that was remembered: its nodes are there, heard of or not; others are unplanned. */
export const adoptPlan = (world: World, topology: Topology | null): void => {
  const planned = new Set(plannedNodes(topology))
  for (const name of planned) world.nodes[name] ??= newNode(name, true)
  for (const node of Object.values(world.nodes)) {
    node.planned = planned.has(node.name)
    node.alwaysOn = isHost(topology, node.name)
  }
  world.wan.router = routerOf(topology)
  const uplinks = new Set(topology?.uplinks.map(({ id }) => id))
  const tracks = Object.entries(world.wan.state.uplinks).filter(([id]) => uplinks.has(id))
  world.wan.state = { ...world.wan.state, uplinks: Object.fromEntries(tracks) }
}
