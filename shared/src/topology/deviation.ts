import { type LinkState, linkUp } from '../messages/link.ts'
import type { RoutesState } from '../messages/routes.ts'
import type { VlanState } from '../messages/vlan.ts'
import { parentOf } from './places.ts'
import type { HostInterface } from './schema.ts'

export type DeviationCode =
  | 'interface-missing'
  | 'interface-down'
  | 'vlan-missing'
  | 'vlan-wrong-id'
  | 'vlan-wrong-parent'
  | 'vlan-down'
  | 'vlan-unexpected'
  | 'address-missing'
  | 'address-unexpected'
  | 'address-wrong-prefix'
  | 'gateway-missing'
  | 'gateway-wrong'
  | 'gateway-unexpected'

/** Where a node is not as the plan says. */
export type Deviation = {
  readonly code: DeviationCode
  readonly severity: 'error' | 'warning'
  readonly node: string
  /** The interface. */
  readonly subject: string
  readonly expected: string
  readonly observed: string
  /** The interface whose own deviation explains this one, if any. */
  readonly followsFrom: string | null
  readonly message: string
}

/** What a node reports of itself; a part that it has not reported is null, and nothing is said about it. */
export type ObservedNode = {
  readonly links: Readonly<Record<string, LinkState>> | null
  readonly vlans: Readonly<Record<string, VlanState>> | null
  readonly routes: RoutesState | null
}

/** A deviation before its node and interface are filled in; an error with no other cause unless it says so. */
export type Found = Omit<Deviation, 'node' | 'subject' | 'followsFrom' | 'severity'> &
  Partial<Pick<Deviation, 'followsFrom' | 'severity'>>

export const deviation = (node: string, subject: string, found: Found): Deviation => ({
  severity: 'error',
  followsFrom: null,
  node,
  subject,
  ...found,
})

/** How an interface stands; `unknown` while nothing that would tell has been reported. */
export type Standing = 'up' | 'down' | 'missing' | 'unknown'

export const standingOf = (name: string, tagged: boolean, { links, vlans }: ObservedNode): Standing => {
  const link = links?.[name]
  const vlan = tagged ? vlans?.[name] : undefined
  if ((links && !link) || (tagged && !links && vlans && !vlan)) return 'missing'
  if ((link && !linkUp(link)) || vlan?.state === 'down') return 'down'
  return link || vlan ? 'up' : 'unknown'
}

/** The trunk of a tagged interface when it is down or missing itself, for what follows from that. */
export const brokenParent = ({ name, tagged }: HostInterface, node: ObservedNode): string | null => {
  const parent = tagged ? parentOf(name) : null
  if (parent === null) return null
  const standing = standingOf(parent, false, node)
  return standing === 'down' || standing === 'missing' ? parent : null
}
