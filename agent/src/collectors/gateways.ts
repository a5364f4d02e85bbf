import { InfraError } from '@infra-home/shared/errors.ts'
import { type ArpEntry, type DefaultGateway, parseArp, parseNetRoute } from '../parse/proc-net.ts'
import type { Collector, ObservedState } from './collector.ts'

/** The IPv4 neighbours that default routes of the main table name: whether the kernel knows their link address. */
export const gateways = (): Collector => ({
  name: 'gateways',
  pace: 'sample',
  wakesOn: ['route'],
  async collect(sys) {
    const [routes, arp] = await Promise.all([sys.readText('/proc/net/route'), sys.readText('/proc/net/arp')])
    if (routes === null || arp === null)
      throw new InfraError('parse-failed', '/proc/net/route and /proc/net/arp cannot be read')
    const neighbours = parseArp(arp)
    const states = oneEach(parseNetRoute(routes)).map((route) => toState(route, neighbours))
    return { states, numbers: {}, whole: ['gateway'] }
  },
})

/** Cable and Wi-Fi often lead to one gateway: it is spoken of where packets go, which is the lower metric. */
const oneEach = (routes: readonly DefaultGateway[]): DefaultGateway[] => {
  const best = new Map<string, DefaultGateway>()
  for (const route of routes) {
    const known = best.get(route.gateway)
    if (!known || route.metric < known.metric) best.set(route.gateway, route)
  }
  return [...best.values()]
}

const toState = (
  { gateway, interface: name }: DefaultGateway,
  neighbours: readonly ArpEntry[],
): ObservedState => {
  const entry = neighbours.find((n) => n.address === gateway && n.interface === name)
  const neighbour = entry === undefined ? 'absent' : entry.complete ? 'known' : 'failed'
  const mac = entry?.complete ? entry.mac : null
  return { kind: 'gateway', id: gateway, body: { interface: name, neighbour, mac } }
}
