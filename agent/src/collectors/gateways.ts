import { parseArp, parseNetRoute } from '../parse/proc-net.ts'
import type { Collector, ObservedState } from './collector.ts'

/** The IPv4 neighbours that default routes of the main table name: whether the kernel knows their link address. */
export const gateways = (): Collector => ({
  name: 'gateways',
  pace: 'sample',
  wakesOn: ['route'],
  async collect(sys) {
    const [routes, arp] = await Promise.all([sys.readText('/proc/net/route'), sys.readText('/proc/net/arp')])
    const neighbours = parseArp(arp ?? '')
    const states = parseNetRoute(routes ?? '').map((route): ObservedState => {
      const entry = neighbours.find((n) => n.address === route.gateway && n.interface === route.interface)
      const neighbour = entry === undefined ? 'absent' : entry.complete ? 'known' : 'failed'
      const mac = entry?.complete ? entry.mac : null
      return { kind: 'gateway', id: route.gateway, body: { interface: route.interface, neighbour, mac } }
    })
    return { states, numbers: {}, whole: ['gateway'] }
  },
})
