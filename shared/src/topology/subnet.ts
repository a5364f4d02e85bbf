export type Family = 'ipv4' | 'ipv6'

/** An address as a number, with its family. */
export type IpAddress = { readonly family: Family; readonly value: bigint }

/** A network: its first address, its family, and how many leading bits it fixes. */
export type Subnet = IpAddress & { readonly prefix: number }

const BITS: Record<Family, number> = { ipv4: 32, ipv6: 128 }

/** Reads an IPv4 or IPv6 address (RFC 4291 §2.2, embedded IPv4 included); null when it is none. */
export const parseAddress = (text: string): IpAddress | null => {
  const value = text.includes(':') ? parseIpv6(text) : parseIpv4(text)
  return value === null ? null : { family: text.includes(':') ? 'ipv6' : 'ipv4', value }
}

/** Reads `address/prefix`; null when it is none, or when bits behind the prefix are set. */
export const parseSubnet = (text: string): Subnet | null => {
  const [base = '', length = '', ...rest] = text.split('/')
  const address = parseAddress(base)
  if (!address || rest.length > 0 || !/^\d{1,3}$/.test(length)) return null
  const prefix = Number(length)
  if (prefix > BITS[address.family]) return null
  const hostBits = BigInt(BITS[address.family] - prefix)
  return (address.value >> hostBits) << hostBits === address.value ? { ...address, prefix } : null
}

export const contains = (subnet: Subnet, address: IpAddress): boolean => {
  const hostBits = BigInt(BITS[subnet.family] - subnet.prefix)
  return subnet.family === address.family && address.value >> hostBits === subnet.value >> hostBits
}

/** True when one lies in the other; an IPv4 network written as IPv6 (::ffff:0:0/96) is that IPv4 network. */
export const overlap = (a: Subnet, b: Subnet): boolean => {
  const [x, y] = [unmapped(a), unmapped(b)]
  return x.prefix <= y.prefix ? contains(x, y) : contains(y, x)
}

/** The same address, however both are written. */
export const sameAddress = (a: string, b: string): boolean => {
  const [x, y] = [parseAddress(a), parseAddress(b)]
  return x !== null && x.family === y?.family && x.value === y.value
}

/** RFC 4291 §2.5.5.2 */
const unmapped = (net: Subnet): Subnet =>
  net.family === 'ipv6' && net.prefix >= 96 && net.value >> 32n === 0xffffn
    ? { family: 'ipv4', value: net.value & 0xffffffffn, prefix: net.prefix - 96 }
    : net

/** The addresses of an IPv4 network that no host may have: its first and its last, unless it is a /31 or /32 (RFC 3021). */
export const isReserved = (subnet: Subnet, address: IpAddress): boolean => {
  if (subnet.family !== 'ipv4' || subnet.prefix >= 31) return false
  const last = subnet.value + (1n << BigInt(32 - subnet.prefix)) - 1n
  return address.value === subnet.value || address.value === last
}

const parseIpv4 = (text: string): bigint | null => {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  let value = 0n
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null
    value = (value << 8n) + BigInt(part)
  }
  return value
}

const parseIpv6 = (text: string): bigint | null => {
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head, tail] = halves.map((half, i) => (half === '' ? [] : groupsOf(half, i === halves.length - 1)))
  if (!head || tail === null || (halves.length === 1 && head.length !== 8)) return null
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (halves.length === 2 && missing < 1) return null
  const groups = [
    ...head,
    ...Array.from({ length: halves.length === 2 ? missing : 0 }, () => 0n),
    ...(tail ?? []),
  ]
  return groups.reduce((value, group) => (value << 16n) + group, 0n)
}

/** Groups of 16 bits; the last part of an address may be an IPv4 address. */
const groupsOf = (text: string, last: boolean): bigint[] | null => {
  const groups: bigint[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(BigInt(`0x${part}`))
    else {
      const embedded = last && i === parts.length - 1 ? parseIpv4(part) : null
      if (embedded === null) return null
      groups.push(embedded >> 16n, embedded & 0xffffn)
    }
  }
  return groups
}
