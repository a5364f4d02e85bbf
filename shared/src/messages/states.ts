import type * as Type from 'typebox'
import { BackupState } from './backup.ts'
import { BatteryState } from './battery.ts'
import { CertificateState } from './certificate.ts'
import { CollectorState } from './collector.ts'
import { type Envelope, enveloped, orNull } from './envelope.ts'
import { GatewayState } from './gateway.ts'
import { HostState } from './host.ts'
import { InventoryState } from './inventory.ts'
import { LinkState } from './link.ts'
import { ModemState } from './modem.ts'
import { UplinkPathState } from './path.ts'
import { RoutesState } from './routes.ts'
import { TetherState } from './tether.ts'
import { UplinkUsageState } from './usage.ts'
import { VlanState } from './vlan.ts'
import { WanRouterState } from './wan.ts'
import { WifiState } from './wifi.ts'

/** Every kind of retained state and the schema of its body. */
export const STATES = {
  link: LinkState,
  vlan: VlanState,
  routes: RoutesState,
  gateway: GatewayState,
  wifi: WifiState,
  host: HostState,
  inventory: InventoryState,
  collector: CollectorState,
  modem: ModemState,
  backup: BackupState,
  certificate: CertificateState,
  path: UplinkPathState,
  wan: WanRouterState,
  usage: UplinkUsageState,
  battery: BatteryState,
  tether: TetherState,
} as const

export type StateKind = keyof typeof STATES
export type StateBody = { [K in StateKind]: Type.Static<(typeof STATES)[K]> }

/** `kind/id`: how a state, and the numbers that belong to it, are called inside one node. */
export type StateKey = `${StateKind}/${string}`

export const isStateKind = (kind: string): kind is StateKind => Object.hasOwn(STATES, kind)
export const stateKey = (kind: StateKind, id: string): StateKey => `${kind}/${id}`
export const splitStateKey = (key: StateKey): [kind: StateKind, id: string] => {
  const slash = key.indexOf('/')
  return [key.slice(0, slash) as StateKind, key.slice(slash + 1)]
}

/** A state message: the newest body, or null when the thing is gone. Topic: state/<kind>/<id>, retained, QoS 1. */
export const stateMessage = <K extends StateKind>(kind: K) => enveloped({ body: orNull(STATES[kind]) })
export type StateMessage<K extends StateKind = StateKind> = Envelope & { readonly body: StateBody[K] | null }
