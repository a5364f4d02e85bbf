import * as Type from 'typebox'
import { Text } from './envelope.ts'
import { Address } from './link.ts'
import { literals } from './literals.ts'

/** One 802.1Q interface. Topic: state/vlan/<interface>. */
export const VlanState = Type.Object({
  vlanId: Type.Integer({ minimum: 0, maximum: 4095 }),
  parent: Text,
  state: literals('up', 'down'),
  addresses: Type.Array(Address, { maxItems: 64 }),
})
export type VlanState = Type.Static<typeof VlanState>
