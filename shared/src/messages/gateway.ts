import * as Type from 'typebox'
import { orNull, Text } from './envelope.ts'
import { literals } from './literals.ts'

/**
 * The neighbour entry of a gateway that a default route names. Topic: state/gateway/<address>.
 * `known`: the kernel has its link address and no reason to doubt it; `failed`: it asked and nobody answered;
 * `absent`: it has not asked yet. A known neighbour proves nothing about the internet behind it.
 */
export const GatewayState = Type.Object({
  interface: Text,
  neighbour: literals('known', 'failed', 'absent'),
  mac: orNull(Text),
})
export type GatewayState = Type.Static<typeof GatewayState>
