import type { Route, Rule } from '@infra-home/shared/messages/routes.ts'
import type { Family } from './families.ts'

/** An address that an uplink was given, and what it leads to. */
export type UplinkNetwork = {
  readonly family: Family
  readonly address: string
  /** `192.168.8.0/24`: what is reached without the gateway. */
  readonly subnet: string
  /** The next hop; null where the device is all that it takes. */
  readonly gateway: string | null
}

export type RoutedUplink = {
  readonly id: string
  /** 1 to 40, and the same for as long as the uplink exists: tables, rules and marks are numbered by it. */
  readonly index: number
  readonly interface: string
  readonly networks: readonly UplinkNetwork[]
}

export type RoutedLan = { readonly interface: string; readonly family: Family; readonly subnet: string }

/** A network of the house whose way into the world is another than the one in use. */
export type LedNetwork = {
  /** Behind which it lies. */
  readonly interface: string
  /** The uplink that leads it. */
  readonly by: string
  /** In these alone; in all that the uplink has, unless told. */
  readonly families?: readonly Family[]
}

export type RouterPlan = {
  readonly uplinks: readonly RoutedUplink[]
  readonly lans: readonly RoutedLan[]
  /** Where what is not pinned elsewhere goes; null for nowhere of ours. */
  readonly active: string | null
  /** None unless told. */
  readonly led?: readonly LedNetwork[]
  /** Both, unless this kernel speaks no IPv6. */
  readonly families?: readonly Family[]
  /** In which nobody is led into the world, whatever defaults others made: they would lead by an uplink that is not in use, or nowhere. */
  readonly closed?: readonly Family[]
}

/** What the kernel has, or is to have, as `ip` shows it. */
export type Routing = { readonly rules: readonly Rule[]; readonly routes: readonly Route[] }
