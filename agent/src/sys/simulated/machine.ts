import type { Address, LinkKind } from '@infra-home/shared/messages/link.ts'

export type SimulatedInterface = {
  readonly name: string
  readonly kind: LinkKind
  readonly mac: string
  readonly parent: string | null
  readonly vlanId: number | null
  adminUp: boolean
  carrier: boolean
  carrierChanges: number
  addresses: Address[]
  rxBytes: number
  txBytes: number
}

export type SimulatedBattery = {
  percent: number
  plugged: 'ac' | 'usb' | 'none'
  /** Whether what is plugged in gives anything. */
  charging: boolean
  temperatureC: number
}

/** A machine that exists only as data: what its kernel would show. */
export type SimulatedMachine = {
  readonly hostname: string
  readonly interfaces: SimulatedInterface[]
  gateway: { readonly address: string; readonly interface: string } | null
  wifi: { readonly interface: string; readonly ssid: string; signalDbm: number } | null
  temperatureC: number
  load1: number
  memoryTotalBytes: number
  memoryAvailableBytes: number
  diskTotalBytes: number
  diskAvailableBytes: number
  underVoltage: boolean
  /** null: it hangs on a plug alone. */
  readonly battery: SimulatedBattery | null
}

/** A carrier is there when it is the interface's own, and its parent's where it hangs on one. */
export const carries = (machine: SimulatedMachine, nic: SimulatedInterface): boolean => {
  const parent = machine.interfaces.find(({ name }) => name === nic.parent)
  return nic.carrier && (nic.parent === null || (parent !== undefined && parent.adminUp && parent.carrier))
}
