import { type Deviation, deviations, type ObservedNode } from '@infra-home/shared/topology/deviations.ts'
import type { Topology } from '@infra-home/shared/topology/schema.ts'
import { type NodeWorld, statesOf } from '../../world/node.ts'
import type { World } from '../../world/world.ts'
import type { Table } from '../table/table.ts'
import { mark } from '../table/words.ts'

/** What a node has reported, in the words of the plan; null for what it has not looked at yet. */
const observedOf = (node: NodeWorld): ObservedNode => {
  const all = <K extends 'link' | 'vlan'>(kind: K) =>
    Object.fromEntries(statesOf(node, kind).map(([id, { body }]) => [id, body]))
  const looked = (collector: string): boolean => node.states[`collector/${collector}`] !== undefined
  const routes = statesOf(node, 'routes')[0]?.[1].body ?? null
  return { links: looked('links') ? all('link') : null, vlans: looked('vlans') ? all('vlan') : null, routes }
}

/** Where the nodes that are here deviate from the plan. Of one that is lost only the past is known. */
export const deviationsNow = (topology: Topology | null, world: World): Deviation[] => {
  if (!topology) return []
  const here = Object.values(world.nodes).filter(
    ({ birth, presence }) => birth !== null && presence !== 'lost',
  )
  return deviations(topology, Object.fromEntries(here.map((node) => [node.name, observedOf(node)])))
}

/** `1 deviation from the plan, and 2 that follow from it`: together as many as there are. */
export const deviationCount = (found: readonly Deviation[]): string => {
  const first = found.filter(({ followsFrom }) => followsFrom === null).length
  const head = `${first} deviation${first === 1 ? '' : 's'} from the plan`
  const followers = found.length - first
  return followers === 0 ? head : `${head}, and ${followers} that follow${followers === 1 ? 's' : ''}`
}

export const deviationsTable = (found: readonly Deviation[]): Table => ({
  head: ['', 'NODE', 'INTERFACE', 'DEVIATION', 'PLANNED', 'OBSERVED', 'FOLLOWS FROM'],
  rows: found.map((d) => [
    mark(d.severity === 'error' && d.followsFrom === null),
    d.node,
    d.subject,
    d.code,
    d.expected,
    d.observed,
    d.followsFrom ?? '',
  ]),
})
