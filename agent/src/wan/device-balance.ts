import type { Clock, MonoMs } from '@infra-home/shared/clock.ts'
import { type Packets, parsePackets } from '../parse/proc-net.ts'
import type { Sys } from '../sys/sys.ts'

/** Even who sends a file gets a packet back for every other that leaves, or some for each bundle. */
const SENT_FOR_ONE = 8

/** Whether a device sends, and next to nothing comes back: the first sign of a dead path, and of one who only sends. Pure. */
export const isOneSided = (before: Packets | undefined, now: Packets | undefined): boolean => {
  if (!before || !now) return false
  const [sent, received] = [now.sent - before.sent, now.received - before.received]
  return sent > 0 && received * SENT_FOR_ONE < sent
}

/** How the devices stand since the last look: `turned` when one of them is one-sided now and none was before. */
export type Balance = 'even' | 'turned' | 'one-sided'

/** What some devices show of the packets that pass. */
export type DeviceBalance = {
  look(): Promise<Balance>
  /** When something was last seen to have come in by a device: a look at which nothing had says that all of it was here at the one before. */
  heardAt(device: string): MonoMs
}

export const balanceOf = (
  { clock, sys }: { readonly clock: Clock; readonly sys: Pick<Sys, 'readText'> },
  devices: readonly string[],
): DeviceBalance => {
  const heard = new Map<string, MonoMs>()
  let packets: ReadonlyMap<string, Packets> = new Map()
  let last: Balance = 'even'
  return {
    async look() {
      const before = packets
      packets = parsePackets((await sys.readText('/proc/net/dev')) ?? '')
      for (const device of devices)
        if (before.get(device)?.received !== packets.get(device)?.received)
          heard.set(device, clock.now().mono)
      const isOdd = devices.some((device) => isOneSided(before.get(device), packets.get(device)))
      last = !isOdd ? 'even' : last === 'even' ? 'turned' : 'one-sided'
      return last
    },
    heardAt: (device) => heard.get(device) ?? clock.now().mono,
  }
}
