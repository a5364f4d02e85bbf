import type { Address, LinkKind } from '@infra-home/shared/messages/link.ts'
import { asCount, asInteger, asList, asObject, asText, type Loose, parseObjects } from './json.ts'

/** An interface as `ip -j -d addr` shows it. */
export type IpInterface = {
  readonly name: string
  readonly kind: LinkKind
  readonly adminUp: boolean
  readonly carrier: boolean
  /** Whether whatever is sent there reaches the one at the other end, who is asked for by no address: PPP, a modem without Ethernet. */
  readonly isPointToPoint: boolean
  readonly operState: string
  readonly mtu: number | null
  readonly mac: string | null
  readonly parent: string | null
  readonly vlanId: number | null
  /** Those that may be used, the lasting ones first. */
  readonly addresses: readonly Address[]
}

const MOST_ADDRESSES = 64
const SCOPES: readonly Address['scope'][] = ['global', 'link', 'host', 'site']

/** Reads `ip -j -d addr`. @throws InfraError parse-failed */
export const parseIpAddr = (text: string): IpInterface[] =>
  parseObjects(text, 'ip addr').flatMap((item) => {
    const name = asText(item['ifname'])
    return name === null ? [] : [toInterface(name, item)]
  })

const toInterface = (name: string, item: Loose): IpInterface => {
  const flags = Array.isArray(item['flags']) ? item['flags'] : []
  const info = asObject(item['linkinfo'])
  const infoKind = asText(info['info_kind'])
  const vlanId = infoKind === 'vlan' ? asInteger(asObject(info['info_data'])['id']) : null
  return {
    name,
    kind: kindOf(name, asText(item['link_type']), infoKind),
    adminUp: flags.includes('UP'),
    carrier: flags.includes('LOWER_UP'),
    isPointToPoint: flags.includes('POINTOPOINT') || flags.includes('NOARP'),
    operState: (asText(item['operstate']) ?? 'unknown').toLowerCase(),
    mtu: asCount(item['mtu']),
    mac: asText(item['link_type']) === 'ether' ? asText(item['address']) : null,
    parent: asText(item['link']),
    vlanId,
    addresses: asList(item['addr_info'])
      .filter(isUsable)
      .toSorted((a, b) => Number(isPassing(a)) - Number(isPassing(b)))
      .flatMap(toAddress)
      .slice(0, MOST_ADDRESSES),
  }
}

/** Nothing may be sent from an IPv6 address before it is known that nobody else has it (RFC 4862 §5.4). */
const isUsable = (item: Loose): boolean => item['tentative'] !== true && item['dadfailed'] !== true

/** Of a few days (RFC 8981), or about to end. */
const isPassing = (item: Loose): boolean => item['temporary'] === true || item['deprecated'] === true

const toAddress = (item: Loose): Address[] => {
  const address = asText(item['local'])
  const prefix = asInteger(item['prefixlen'])
  const family = item['family'] === 'inet6' ? 'ipv6' : 'ipv4'
  const scope = SCOPES.find((s) => s === item['scope']) ?? 'global'
  return address === null || prefix === null ? [] : [{ address, prefix, family, scope }]
}

const KINDS: ReadonlyMap<string, LinkKind> = new Map([
  ['vlan', 'vlan'],
  ['bridge', 'bridge'],
  ['veth', 'veth'],
  ['wireguard', 'tunnel'],
  ['vxlan', 'tunnel'],
  ['tun', 'tunnel'],
  ['gre', 'tunnel'],
  ['gretap', 'tunnel'],
  ['ipip', 'tunnel'],
  ['ip6tnl', 'tunnel'],
  ['sit', 'tunnel'],
  ['geneve', 'tunnel'],
  ['rmnet', 'cellular'],
])

/** Whether an ethernet-like interface is Wi-Fi is not in here: /sys knows, and its reader says so. */
const kindOf = (name: string, linkType: string | null, infoKind: string | null): LinkKind => {
  if (linkType === 'loopback') return 'loopback'
  if (infoKind !== null) return KINDS.get(infoKind) ?? 'other'
  if (name.startsWith('wwan') || linkType === 'rawip') return 'cellular'
  return linkType === 'ether' ? 'ethernet' : 'other'
}
