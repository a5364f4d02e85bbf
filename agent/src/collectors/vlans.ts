import { seconds } from '@infra-home/shared/clock.ts'
import { parseIpAddr } from '../parse/ip-addr.ts'
import type { Collector, ObservedState } from './collector.ts'

const PACE = seconds(60)

/** Every 802.1Q interface: id, parent, state, addresses. */
export const vlans = (): Collector => ({
  name: 'vlans',
  pace: PACE,
  wakesOn: ['link', 'address'],
  async collect(sys) {
    // Only interfaces of type vlan: the kernel sorts them out, and says nothing at all where there are none.
    const found = parseIpAddr(await sys.exec('ip', ['-j', '-d', 'addr', 'show', 'type', 'vlan']))
    const states = found.flatMap(({ name, vlanId, parent, adminUp, carrier, addresses }): ObservedState[] =>
      vlanId === null
        ? []
        : [
            {
              kind: 'vlan',
              id: name,
              body: {
                vlanId,
                parent: parent ?? '',
                state: adminUp && carrier ? 'up' : 'down',
                addresses: [...addresses],
              },
            },
          ],
    )
    return { states, numbers: {}, whole: ['vlan'] }
  },
})
