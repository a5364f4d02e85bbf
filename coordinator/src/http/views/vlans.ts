import type { Instant } from '@infra-home/shared/clock.ts'
import { type NodeWorld, statesOf } from '../../world/node.ts'
import { nodesOf, type World } from '../../world/world.ts'
import type { Table } from '../table/table.ts'
import { age, mark } from '../table/words.ts'
import { aged } from './ages.ts'
import { addressesOf } from './links.ts'

/** Every VLAN interface that is known. */
export const allVlans = (world: World, now: Instant) => nodesOf(world).flatMap((node) => vlanViews(node, now))

/** Every VLAN interface of one node. */
export const vlanViews = (node: NodeWorld, now: Instant) =>
  statesOf(node, 'vlan').map(([vlan, fact]) => ({
    node: node.name,
    vlan,
    ...fact.body,
    ...aged(node, fact.seen, now),
  }))

export const vlansTable = (vlans: readonly ReturnType<typeof vlanViews>[number][]): Table => ({
  head: ['', 'NODE', 'VLAN', 'INTERFACE', 'PARENT', 'STATE', 'ADDRESSES', 'SINCE'],
  rows: vlans.map((vlan) => [
    mark(vlan.state === 'down'),
    vlan.node,
    String(vlan.vlanId),
    vlan.vlan,
    vlan.parent,
    vlan.state,
    addressesOf(vlan),
    age(vlan.ageMs),
  ]),
})
