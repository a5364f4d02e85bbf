import type { Topology } from '@infra-home/shared/topology/schema.ts'

/** A network that a machine is meant to be in. */
export type PlannedVlan = {
  /** As the topology calls it, in small letters: `infra`. */
  readonly name: string
  readonly id: number
  readonly device: string
  readonly isTagged: boolean
  /** Without prefix length. */
  readonly addresses: readonly string[]
}

/** By machine. */
export type PlannedVlans = Readonly<Record<string, readonly PlannedVlan[]>>

/** Every machine's networks of the plan. Pure. */
export const plannedVlansOf = (topology: Topology | null): PlannedVlans =>
  Object.fromEntries(
    (topology?.hosts ?? []).map(({ name, interfaces }) => [
      name,
      interfaces.flatMap((device) => {
        const vlan = topology?.vlans.find(({ id }) => id === device.vlan)
        if (!vlan) return []
        const addresses = device.addresses.map((address) => address.replace(/\/.*/, ''))
        return [
          {
            name: vlan.name.toLowerCase(),
            id: vlan.id,
            device: device.name,
            isTagged: device.tagged,
            addresses,
          },
        ]
      }),
    ]),
  )
