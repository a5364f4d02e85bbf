import type { Clock, MonoMs } from '@infra-home/shared/clock.ts'
import { type Packets, parsePackets } from '../parse/proc-net.ts'
import type { Sys } from '../sys/sys.ts'

/** Even who sends a file gets a packet back for every other that leaves, or some for each bundle. */
const SENT_FOR_ONE = 8

/** What a device has shown of the packets that pass it. */
export type DeviceSeen = {
  readonly packets: Packets
  /** It sent since the look before, and next to nothing came: the first sign of a dead path, and of one who only sends. */
  readonly isOneSided: boolean
  /** The look at which something was last seen to have come. A later one at which nothing had says that all of it was here by then. */
  readonly heardAt: MonoMs
  /** Packets that it has sent since. */
  readonly sentSince: number
}

/** The device after another look. A counter that went back is one that began anew. Pure. */
export const seeDevice = (before: DeviceSeen | undefined, packets: Packets, now: MonoMs): DeviceSeen => {
  const sent = packets.sent - (before?.packets.sent ?? packets.sent)
  const received = packets.received - (before?.packets.received ?? packets.received)
  if (!before || sent < 0 || received < 0) return { packets, isOneSided: false, heardAt: now, sentSince: 0 }
  return {
    packets,
    isOneSided: sent > 0 && received * SENT_FOR_ONE < sent,
    heardAt: received > 0 ? now : before.heardAt,
    sentSince: received > 0 ? 0 : before.sentSince + sent,
  }
}

/** Some devices, by name. */
export type DevicesSeen = ReadonlyMap<string, DeviceSeen>

/** Whether one of them counts another packet than it did, or has come. Pure. */
export const haveMoved = (before: DevicesSeen, now: DevicesSeen): boolean =>
  [...now].some(([device, { packets }]) => {
    const then = before.get(device)?.packets
    return packets.sent !== then?.sent || packets.received !== then.received
  })

/** Looks at some devices' counters, at each call; what the kernel does not show is not in the map. */
export const watchDevices = (
  { clock, sys }: { readonly clock: Clock; readonly sys: Pick<Sys, 'readText'> },
  devices: readonly string[],
): (() => Promise<DevicesSeen>) => {
  let seen: DevicesSeen = new Map()
  return async () => {
    const packets = parsePackets((await sys.readText('/proc/net/dev')) ?? '', devices)
    const now = clock.now().mono
    seen = new Map(
      devices.flatMap((device) => {
        const found = packets.get(device)
        return found ? [[device, seeDevice(seen.get(device), found, now)] as const] : []
      }),
    )
    return seen
  }
}
