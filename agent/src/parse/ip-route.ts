import type { Route, Rule } from '@infra-home/shared/messages/routes.ts'
import { asInteger, asText, type Loose, parseObjects } from './json.ts'

type Family = Route['family']

/** What the kernel keeps for itself: its own addresses and broadcasts. */
const OWN_KINDS = new Set(['local', 'broadcast', 'multicast', 'anycast'])

/** Reads `ip -j route show table all` of one family, without the kernel's own routes. @throws InfraError parse-failed */
export const parseRoutes = (text: string, family: Family): Route[] =>
  parseObjects(text, 'ip route')
    .map((item) => toRoute(item, family))
    .filter(
      ({ kind, table, destination }) =>
        !OWN_KINDS.has(kind) && table !== 'local' && !destination.startsWith('ff00:'),
    )

const toRoute = (item: Loose, family: Family): Route => ({
  family,
  kind: asText(item['type']) ?? 'unicast',
  destination: asText(item['dst']) ?? 'default',
  gateway: asText(item['gateway']),
  interface: asText(item['dev']),
  source: asText(item['prefsrc']),
  table: asText(item['table']) ?? 'main',
  metric: asInteger(item['metric']),
  protocol: asText(item['protocol']),
})

/** Reads `ip -j rule` of one family. @throws InfraError parse-failed */
export const parseRules = (text: string, family: Family): Rule[] =>
  parseObjects(text, 'ip rule').map((item) => ({
    family,
    priority: asInteger(item['priority']) ?? 0,
    selector: selectorOf(item),
    action: asText(item['table']) ? `lookup ${asText(item['table'])}` : (asText(item['action']) ?? 'unknown'),
  }))

/** The rule's own words for whom it is, in the order in which ip prints them. */
const selectorOf = (item: Loose): string => {
  const prefix = (key: string, length: string): string | null => {
    const base = asText(item[key])
    const bits = asInteger(item[length])
    return base === null ? null : bits === null ? base : `${base}/${bits}`
  }
  const words = [
    ['from', prefix('src', 'srclen') ?? 'all'],
    ['to', prefix('dst', 'dstlen')],
    ['fwmark', asText(item['fwmark'])],
    ['iif', asText(item['iif'])],
    ['oif', asText(item['oif'])],
  ] as const
  return words.flatMap(([word, value]) => (value === null ? [] : [`${word} ${value}`])).join(' ')
}
