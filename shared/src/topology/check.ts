import { addressRules } from './check-addresses.ts'
import { gatewayRules } from './check-gateways.ts'
import { namingRules } from './check-names.ts'
import { k3sRules } from './check-k3s.ts'
import { openbaoRules } from './check-openbao.ts'
import { probeRules } from './check-probes.ts'
import { referenceRules } from './check-references.ts'
import { subnetRules } from './check-subnets.ts'
import { uplinkRules } from './check-uplinks.ts'
import type { Topology } from './schema.ts'

export type ContradictionCode =
  | 'address-twice'
  | 'address-malformed'
  | 'address-outside-subnet'
  | 'address-in-other-vlan'
  | 'address-reserved'
  | 'gateway-outside-subnet'
  | 'gateway-is-another-host'
  | 'gateway-differs'
  | 'subnet-malformed'
  | 'subnets-overlap'
  | 'vlan-id-twice'
  | 'vlan-name-twice'
  | 'name-twice'
  | 'name-reserved'
  | 'interface-twice'
  | 'vlan-unknown'
  | 'vlan-not-carried'
  | 'uplink-host-unknown'
  | 'uplink-interface-unknown'
  | 'uplink-phone-unknown'
  | 'uplink-phone-misplaced'
  | 'uplink-tether-misplaced'
  | 'uplink-interface-twice'
  | 'uplink-host-no-router'
  | 'uplink-priority-twice'
  | 'probe-target-twice'
  | 'probe-target-not-public'
  | 'probe-target-at-home'
  | 'probe-page-malformed'
  | 'modem-driver-unknown'
  | 'modem-host-unknown'
  | 'modem-uplink-unknown'
  | 'rule-vlan-unknown'
  | 'k3s-node-ip'
  | 'k3s-flags'
  | 'k3s-server'
  | 'k3s-vip'
  | 'k3s-cluster-init-twice'
  | 'openbao-node-unknown'
  | 'openbao-node-twice'
  | 'openbao-threshold'
  | 'openbao-shares'

/** Two places of a topology that cannot both be right, as JSON pointers. */
export type Contradiction = {
  readonly code: ContradictionCode
  readonly message: string
  readonly culprits: readonly [string, string]
  /** What would be right, where the message does not say it. */
  readonly expected?: string
}

export type TopologyRule = (topology: Topology) => Contradiction[]

const RULES: readonly TopologyRule[] = [
  ...namingRules,
  ...subnetRules,
  ...addressRules,
  ...gatewayRules,
  ...referenceRules,
  ...uplinkRules,
  ...probeRules,
  ...k3sRules,
  ...openbaoRules,
]

/** Everything in `topology` that contradicts something else in it. */
export const checkTopology = (topology: Topology): Contradiction[] => RULES.flatMap((rule) => rule(topology))
