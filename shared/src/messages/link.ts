import * as Type from 'typebox'
import { orNull, Text } from './envelope.ts'
import { literals } from './literals.ts'

export const Address = Type.Object({
  address: Type.String({ maxLength: 64 }),
  prefix: Type.Integer({ minimum: 0, maximum: 128 }),
  family: literals('ipv4', 'ipv6'),
  scope: literals('global', 'link', 'host', 'site'),
})
export type Address = Type.Static<typeof Address>

export const LinkKind = literals(
  'ethernet',
  'wifi',
  'vlan',
  'bridge',
  'veth',
  'loopback',
  'tunnel',
  'cellular',
  'other',
)
export type LinkKind = Type.Static<typeof LinkKind>

/** One network interface as the kernel shows it. Topic: state/link/<interface>. */
export const LinkState = Type.Object({
  kind: LinkKind,
  adminUp: Type.Boolean(),
  carrier: orNull(Type.Boolean()),
  operState: Text,
  carrierChanges: orNull(Type.Integer({ minimum: 0 })),
  speedMbps: orNull(Type.Number({ minimum: 0 })),
  duplex: orNull(literals('full', 'half')),
  mtu: orNull(Type.Integer({ minimum: 0 })),
  mac: orNull(Text),
  parent: orNull(Text),
  addresses: Type.Array(Address, { maxItems: 64 }),
})
export type LinkState = Type.Static<typeof LinkState>

/** A link that carries traffic: switched on, and not without carrier. Unknown carrier counts by operstate. */
export const linkUp = (link: Pick<LinkState, 'adminUp' | 'carrier' | 'operState'>): boolean =>
  link.adminUp && (link.carrier ?? (link.operState === 'up' || link.operState === 'unknown'))
