import type { Route } from '@infra-home/shared/messages/routes.ts'
import { asInteger, asList, asObject, asText, type Loose, parseObjects } from './json.ts'

type Family = Route['family']

/** What the kernel keeps for itself: its own addresses and broadcasts. */
const OWN_KINDS = new Set(['local', 'broadcast', 'multicast', 'anycast'])

/**
 * Reads `ip -j route show table all` of one family, without the kernel's own routes. A route over several next hops is one
 * for each of them. @throws InfraError parse-failed
 */
export const parseRoutes = (text: string, family: Family): Route[] =>
  parseObjects(text, 'ip route')
    .flatMap((item) => toRoutes(item, family))
    .filter(
      ({ kind, table, destination }) =>
        !OWN_KINDS.has(kind) && table !== 'local' && !destination.startsWith('ff00:'),
    )

const toRoutes = (item: Loose, family: Family): Route[] => {
  const hops = asList(item['nexthops'])
  return (hops.length === 0 ? [item] : hops).map((hop) => ({
    family,
    kind: asText(item['type']) ?? 'unicast',
    destination: asText(item['dst']) ?? 'default',
    gateway: asText(hop['gateway']) ?? asText(asObject(hop['via'])['host']), // via: an IPv4 route over an IPv6 neighbour
    interface: asText(hop['dev']),
    source: asText(item['prefsrc']),
    table: asText(item['table']) ?? 'main',
    metric: asInteger(item['metric']),
    protocol: asText(item['protocol']),
  }))
}
