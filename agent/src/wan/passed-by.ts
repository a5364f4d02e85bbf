import type { MonoMs } from '@infra-home/shared/clock.ts'
import type { Counter } from '../parse/nft-counters.ts'
import { namesAnswered, namesAsked, opened, OTHERS, received, ROUTER, sent, used } from '../router/ruleset.ts'
import type { DevicesSeen } from './device-balance.ts'
import type { Passed } from './questions.ts'

/** What passed between two looks at our counters. */
export type PassedBy = {
  /** Packets of users, by uplink. */
  readonly packets: ReadonlyMap<string, Passed>
  /** Bytes both ways, by uplink and network. */
  readonly bytes: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** Our counters by name. */
export type Counters = ReadonlyMap<string, Counter>

/** Reads two looks at the counters of some uplinks and networks: a ruleset that was made anew between them counts from zero. */
export const passedBetween = (
  uplinks: readonly { readonly id: string; readonly interface: string }[],
  networks: readonly string[],
): ((
  before: Counters,
  now: Counters,
  seen: { readonly devices: DevicesSeen; readonly at: MonoMs },
) => PassedBy) => {
  const names = uplinks.map(({ id, interface: device }) => ({
    id,
    device,
    sent: sent(id),
    received: received(id),
    namesAsked: namesAsked(id),
    namesAnswered: namesAnswered(id),
    opened: opened(id),
    used: [...networks, OTHERS, ROUTER].map((network) => [network, used(id, network)] as const),
  }))
  return (before, now, { devices, at }) => {
    const more = (name: string, what: keyof Counter): number => {
      const [count, old] = [now.get(name)?.[what] ?? 0, before.get(name)?.[what] ?? 0]
      return count >= old ? count - old : count
    }
    const packetsOf = (named: (typeof names)[number]): Passed => ({
      heardAt: devices.get(named.device)?.heardAt ?? at,
      sentSince: devices.get(named.device)?.sentSince ?? 0,
      sent: more(named.sent, 'packets'),
      received: more(named.received, 'packets'),
      receivedBytes: more(named.received, 'bytes'),
      namesAsked: more(named.namesAsked, 'packets'),
      namesAnswered: more(named.namesAnswered, 'packets'),
      opened: more(named.opened, 'packets'),
    })
    return {
      packets: new Map(names.map((named) => [named.id, packetsOf(named)])),
      bytes: new Map(
        names.map((named) => [
          named.id,
          new Map(named.used.map(([network, name]) => [network, more(name, 'bytes')])),
        ]),
      ),
    }
  }
}
